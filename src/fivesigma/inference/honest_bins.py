"""Bins chosen for sensitivity where the choice cannot flatter: those of a fold on the events of all other folds.

Each fold is filled with its own edges. So that one template holds all folds, and nothing else need know of it, each fold's values are
mapped onto common edges, the medians of the folds' own: a value in bin i of its fold lands in bin i of the median edges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, facts
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.inference.binning import Axis, Binning
from fivesigma.inference.fold_cells import BinRule, FoldEvents, best_on
from fivesigma.inference.region_bins import sums_in_bins
from fivesigma.inference.sensitivity_binning import expected_significance, settled
from fivesigma.statistics.bootstrap import percentile_interval, scaled_poisson

__all__ = ["HonestBins", "honest_bins"]

_REPLICAS = 400
_METHOD = "bins chosen on the other folds, filled with this one; interval by scaled Poisson sums with the bins held"


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestBins:
    """Bins of each fold, chosen on the other folds for the largest expected significance.

    Attributes
    ----------
    name, label
        What is binned, and what figures call it.
    edges
        Of each fold, shape (k, n + 1): the same first and last ones for all.
    choices
        For each fold how many bins were worth having on the other folds; all have the median of these, or what the floor allows.
    z
        Median expected significance, each fold filled with its own edges.
    naive_edges, naive_z
        Bins chosen on all events and what they promise on the same events: biased upwards.
    floor
        Effective background events in each bin where it was chosen.
    background_uncertainty
        Relative and common to all bins.
    """

    name: str
    label: str
    edges: Floats
    choices: tuple[int, ...]
    z: Estimate
    naive_edges: Floats
    naive_z: float
    floor: float
    background_uncertainty: float

    @property
    def median_edges(self) -> Floats:
        """The median of each edge over the folds, shape (n + 1,)."""
        return np.asarray(np.median(self.edges, axis=0))

    @property
    def binning(self) -> Binning:
        """The median edges as a binning, for values that are `aligned`."""
        edges = tuple(float(edge) for edge in self.median_edges)
        return Binning(axes=(Axis(name=self.name, edges=edges, label=self.label),))

    def index(self, values: Floats, fold: NDArray[np.integer]) -> Ints:
        """Return the bin of each value by its own fold's edges, both of shape (n,); what lies outside is in the bin at that end."""
        inner = self.edges[:, 1:-1][fold]
        return np.asarray(np.count_nonzero(inner <= values[:, None], axis=1), dtype=np.int64)

    @overload
    def aligned(self, values: Scores) -> Scores: ...
    @overload
    def aligned(self, values: Floats, fold: NDArray[np.integer]) -> Floats: ...
    def aligned(self, values: Scores | Floats, fold: NDArray[np.integer] | None = None) -> Scores | Floats:
        """Return scores or values with those of each fold mapped onto the median edges, in the bins where they were.

        The map rises, is linear between edges, and leaves alone what lies outside; `binning` then bins what it returns.

        Parameters
        ----------
        values
            Scores of events, nominal or varied; or an observable, shape (n,).
        fold
            Of each event, shape (n,), for an observable.
        """
        if isinstance(values, Scores):
            return replace(values, value=self.aligned(values.value, values.fold))
        if fold is None:
            raise FivesigmaError(f"{self.name}: bins of each fold need the fold of each value")
        require_length(len(values), fold=fold)
        common, out = self.median_edges, np.array(values, dtype=np.float64)
        inside = (values > common[0]) & (values < common[-1])
        for number, own in enumerate(self.edges):
            here = inside & (fold == number)
            at = self.index(values[here], fold[here])
            # rounding must not carry a value over the edge that it lies beside
            out[here] = np.clip(np.interp(values[here], own, common), common[at], np.nextafter(common[at + 1], -np.inf))
        return out

    def _repr_html_(self) -> str:
        values: dict[str, Entry] = {
            "bins": len(self.median_edges) - 1,
            "expected significance": self.z,
            "read where they were chosen": self.naive_z,
        }
        return facts(f"Bins of {self.label or self.name}", values).html


def honest_bins(
    dataset: Dataset,
    values: Scores | Floats,
    mask: Bools | None = None,
    *,
    fold: NDArray[np.integer] | None = None,
    bins: int = 10,
    floor: float = 10.0,
    background_uncertainty: float = 0.0,
    gain: float = 0.01,
    name: str = "score",
    label: str = "",
    seed: int = 0,
) -> HonestBins:
    """Return bins for the largest expected significance, those of fold j chosen on all other folds, scaled by k / (k - 1).

    From fine cells of equal background, finer towards the highest values, the best merging for each number of bins is found by
    dynamic programming; more bins are taken while one more raises Z by ``gain``; of a region without signal there is one. Only simulation is looked at, never data.

    How many bins there are is the median of the folds' choices, and so the one number in which a fold has a say in its own
    bins. Scores of the other folds come from estimators that trained on this one; how little that leaves is tested with pure noise.

    Parameters
    ----------
    dataset
        The events.
    values
        Out-of-fold scores; or an observable, shape (n,), with ``fold``.
    mask
        The region, shape (n,); all events if None.
    fold
        Of each event, shape (n,), for an observable.
    bins
        How many bins at most.
    floor
        Effective background events that each bin must hold on the events that choose it.
    background_uncertainty
        Relative and common to all bins; the error of the finite simulation is always there, independent in each bin.
    gain
        The least relative gain of Z for which one more bin is taken.
    name, label
        What is binned and what figures call it.
    seed
        Of the interval of Z.

    Raises
    ------
    FivesigmaError
        If there are fewer than two folds or less background than ``floor``.
    DataError
        If a value of a simulated event is not finite.
    """
    keep = (dataset.signal | dataset.background) & (np.ones(len(dataset), np.bool_) if mask is None else mask)
    events = FoldEvents.of(dataset, values, fold, keep, name)
    rule = BinRule(bins=bins, floor=floor, background_uncertainty=background_uncertainty)
    limits = (0.0, 1.0)
    if not isinstance(values, Scores):
        limits = (float(events.value.min(initial=np.inf)), float(events.value.max(initial=-np.inf)))
    scale = events.folds / (events.folds - 1)
    others = [best_on(events.where(events.fold != j), rule, limits, scale) for j in range(events.folds)]
    chosen = tuple(settled(each.mergings, gain).bins for each in others)
    count = min(int(np.median(chosen)), *(len(each.mergings) for each in others))
    everything = best_on(events, rule, limits)
    naive = settled(everything.mergings, gain)
    edges = np.stack([each.edges(each.mergings[count - 1]) for each in others])
    return HonestBins(
        name=name,
        label=label or (f"{values.model} score" if isinstance(values, Scores) else ""),
        edges=edges,
        choices=chosen,
        z=_read(events, edges, background_uncertainty, seed),
        naive_edges=everything.edges(naive),
        naive_z=naive.z,
        floor=floor,
        background_uncertainty=background_uncertainty,
    )


def _read(events: FoldEvents, edges: Floats, background_uncertainty: float, seed: int) -> Estimate:
    """Return the expected significance of all folds, each in its own bins."""
    count, signal = edges.shape[1] - 1, events.is_signal
    index = np.count_nonzero(edges[:, 1:-1][events.fold] <= events.value[:, None], axis=1)
    sums = [sums_in_bins(index[part], events.weight[part], count) for part in (signal, ~signal)]
    generator = np.random.default_rng(seed)
    drawn = [
        np.stack(
            [scaled_poisson(float(w), float(w2), _REPLICAS, generator) for w, w2 in zip(*both, strict=True)], axis=1
        )
        for both in sums
    ]
    (s, _), (b, variances) = sums
    if np.any(b <= 0):
        raise DataError(f"a bin that was chosen on other folds has {b.min():.3g} events of background; raise the floor")
    value = float(expected_significance(s, b, variances, background_uncertainty))
    usable = np.all(drawn[1] > 0, axis=1)
    replicas = np.full(_REPLICAS, np.nan)
    replicas[usable] = expected_significance(
        drawn[0][usable], drawn[1][usable], np.broadcast_to(variances, drawn[1][usable].shape), background_uncertainty
    )
    return percentile_interval(value, replicas, method=_METHOD)
