"""The best bins on some of the folds: simulated events in fine cells of equal background, merged.

Cells are finer towards the highest values, where a score has its signal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.scores import Scores
from fivesigma.inference.region_bins import sums_in_bins
from fivesigma.inference.sensitivity_binning import Cells, Merging, best_mergings
from fivesigma.statistics.weighted import effective_events, weighted_quantile

__all__ = ["BinRule", "FoldEvents", "Mergings", "best_on"]

_EVEN = 50  # cells of even background, up to where the tail begins
_TAIL = 0.02  # of the background, in the tail
_TAIL_CELLS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BinRule:
    """What bins must be."""

    bins: int
    floor: float
    background_uncertainty: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldEvents:
    """Simulated events, arrays of shape (n,)."""

    value: Floats
    weight: Floats
    is_signal: Bools
    fold: NDArray[np.integer]
    folds: int

    @classmethod
    def of(
        cls, dataset: Dataset, values: Scores | Floats, fold: NDArray[np.integer] | None, keep: Bools, name: str
    ) -> FoldEvents:
        """Return the events that a mask keeps; errors as for `fivesigma.inference.honest_bins.honest_bins`."""
        if isinstance(values, Scores):
            value, fold, folds = values.value, values.fold, values.folds
        elif fold is not None:
            value, folds = np.asarray(values, dtype=np.float64), int(fold.max(initial=0)) + 1
        else:
            raise FivesigmaError(f"{name}: bins are chosen on other folds, so give the fold of each event")
        require_length(len(dataset), **{name: value, "fold": fold})
        if folds < 2:
            raise FivesigmaError(f"{name}: an honest choice of bins needs two folds or more, not {folds}")
        if bad := int(np.count_nonzero(~np.isfinite(value[keep]))):
            raise DataError(f"{name} is not finite in {bad} simulated events; bins need a number for each")
        everything = cls(value=value, weight=dataset.weight, is_signal=dataset.signal, fold=fold, folds=folds)
        return everything.where(keep)

    def where(self, keep: Bools) -> FoldEvents:
        """Return the events that a mask of shape (n,) keeps."""
        return replace(
            self,
            value=self.value[keep],
            weight=self.weight[keep],
            is_signal=self.is_signal[keep],
            fold=self.fold[keep],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mergings:
    """The best mergings of cells between ``borders``, shape (m + 1,)."""

    borders: Floats
    mergings: tuple[Merging, ...]

    def edges(self, merging: Merging) -> Floats:
        """Return the edges of a merging, shape (n + 1,)."""
        return self.borders[list(merging.edges)]


def best_on(events: FoldEvents, rule: BinRule, limits: tuple[float, float], scale: float = 1.0) -> Mergings:
    """Return the best mergings of the cells between ``limits``, weights multiplied by ``scale`` to stand for all folds.

    Raises
    ------
    FivesigmaError
        If the background is worth less than one bin must hold.
    """
    weight, background = events.weight * scale, ~events.is_signal
    if (effective := effective_events(weight[background])) < rule.floor or not np.any(background):
        raise FivesigmaError(
            f"the background that bins are chosen on is worth {effective:.3g} events, below the {rule.floor:g} that one bin must"
            " hold; loosen the selection or simulate more"
        )
    inner = weighted_quantile(events.value[background], _fractions(), weight[background])
    inner = np.unique(inner[(inner > limits[0]) & (inner < limits[1])])
    borders = np.concatenate([limits[:1], inner, limits[1:]])
    index = np.searchsorted(inner, events.value, side="right")
    signal, _ = sums_in_bins(index[events.is_signal], weight[events.is_signal], len(inner) + 1)
    yields, variances = sums_in_bins(index[background], weight[background], len(inner) + 1)
    cells = Cells(signal=signal, background=yields, variances=variances)
    mergings = best_mergings(cells, rule.bins, floor=rule.floor, background_uncertainty=rule.background_uncertainty)
    return Mergings(borders=borders, mergings=mergings)


def _fractions() -> Floats:
    """Return what fractions of the background lie below the borders of cells."""
    tail = 1 - np.geomspace(_TAIL, 1e-4, _TAIL_CELLS)
    return np.concatenate([np.linspace(0, 1 - _TAIL, _EVEN + 1)[1:-1], tail])
