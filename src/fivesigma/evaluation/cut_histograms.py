"""Histograms of an observable before and after cuts on the score, with replicas that both have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import Labelled, label, require_scores
from fivesigma.statistics.bootstrap import poisson_bootstrap
from fivesigma.statistics.histograms import merged_bins

__all__ = ["CutHistograms", "cut_histograms", "observed_events"]

_LEAST_EVENTS = 10.0
_Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutHistograms:
    """Histograms of g groups of events in m bins, before any of c cuts and after each.

    Attributes
    ----------
    total, squares
        Σw and Σw², shape (g, 1 + c, m).
    replicas
        Σw of each bootstrap replica, shape (r, g, 1 + c, m).
    """

    total: Floats
    squares: Floats
    replicas: Floats

    def bins_for(self, efficiency: float) -> _Codes:
        """Return where merged bins start that hold enough of the first group after a cut that shapes nothing; one at least.

        Each has 10 effective events, (Σw)² / Σw², and a positive Σw, after a cut that keeps this fraction of every bin.
        """
        floor = _LEAST_EVENTS / efficiency
        starts = merged_bins(self.total[0, 0], self.squares[0, 0], least_effective=floor)
        return starts if len(starts) else np.zeros(1, dtype=np.int64)


def observed_events(
    dataset: Dataset,
    scores: Scores,
    observable: str,
    signal: Sequence[str] | None,
    background: Sequence[str] | None,
) -> tuple[Labelled, Floats, Floats]:
    """Return the simulated events that have an observable, its values and their scores on the common scale, shape (n,).

    Raises
    ------
    FivesigmaError
        If there is no such observable or sample.
    DataError
        If a class has no events with the observable, or its weights do not sum to something positive.
    """
    if observable not in dataset.observables:
        raise FivesigmaError(f"no observable {observable!r}{suggestion(observable, dataset.observables)}")
    require_scores(scores, len(dataset))
    there = np.isfinite(dataset.observables[observable])
    part = dataset if there.all() else dataset.where(there)
    chosen = label(part, signal=signal, background=background)
    values, score = part.observables[observable][chosen.chosen], scores.value[there][chosen.chosen]
    return chosen, values, score


def cut_histograms(
    values: Floats,
    score: Floats,
    weight: Floats,
    group: _Codes,
    edges: Floats,
    efficiencies: Sequence[float],
    *,
    replicas: int,
    seed: int,
) -> CutHistograms:
    """Return the weighted histograms of groups of events before and after cuts at 1 - efficiency on the common scale.

    Parameters
    ----------
    values, score, weight, group
        Of the events, shape (n,); ``group`` counts from 0.
    edges
        Of the bins, shape (m + 1,); what lies outside is left out, the last bin holds its upper edge too.
    efficiencies
        Descending, each between 0 and 1.
    replicas, seed
        Of the bootstrap, whose multiplicities are the same before and after a cut.

    Raises
    ------
    FivesigmaError
        If an efficiency is not between 0 and 1.
    """
    if wrong := [efficiency for efficiency in efficiencies if not 0 < efficiency < 1]:
        raise FivesigmaError(f"a cut keeps a fraction between 0 and 1 of the background, not {wrong[0]:g}")
    bins, levels = len(edges) - 1, len(efficiencies) + 1
    place = np.searchsorted(edges, values, side="right") - 1
    place[values == edges[-1]] = bins - 1
    inside = np.flatnonzero((place >= 0) & (place < bins))
    passed = np.searchsorted(1 - np.asarray(efficiencies), score, side="right")
    cells = ((group * levels + passed) * bins + place)[inside]
    shape = (int(group.max()) + 1, levels, bins)
    count = int(np.prod(shape))
    cell_of = sparse.csr_matrix((weight[inside], (inside, cells)), shape=(len(values), count))
    sample = poisson_bootstrap(lambda counts: counts @ cell_of, len(values), replicas=replicas, seed=seed)
    total, squares = (
        np.bincount(cells, weight[inside] ** power, minlength=count).astype(np.float64).reshape(shape)
        for power in (1, 2)
    )
    return CutHistograms(
        total=_passing(total),
        squares=_passing(squares),
        replicas=_passing(sample.reshape(-1, *shape)),
    )


def _passing(exclusive: Floats) -> Floats:
    """Return sums over all events that pass at least so many cuts, along the axis before the last."""
    return np.flip(np.cumsum(np.flip(exclusive, axis=-2), axis=-2), axis=-2)
