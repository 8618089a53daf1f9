"""How far a varied template is known, and together with the nominal one: sums over events that both hold.

Most of a varied template's statistical error is that of the nominal one, as the events are the same. What is left, the error of
their difference, comes from weights that differ from event to event, from events that moved to another bin, and for an alternative
sample from all events of both.
"""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.dataset import Dataset
from fivesigma.inference.templates import VariedStatistics

__all__ = ["same_events", "statistics_of_events", "statistics_of_weights"]


def same_events(nominal: Dataset, varied: Dataset, sample: str) -> tuple[Ints, Ints]:
    """Return where in the nominal events and where in the varied ones the same events of a sample are, by their identifiers."""
    first, second = (np.flatnonzero(dataset.of(sample)) for dataset in (nominal, varied))
    known, wanted = nominal.id[first], varied.id[second]
    if np.array_equal(known, wanted):
        return first, second
    if not len(known):
        return first, second[:0]
    order = np.argsort(known, kind="stable")
    place = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)]
    found = known[place] == wanted
    return first[place[found]], second[found]


def statistics_of_weights(bins: Ints, weight: Floats, other: Floats, count: int) -> VariedStatistics:
    """Return the statistics of the same events with other weights.

    Parameters
    ----------
    bins
        The bin of each event, shape (n,), below zero where it is in none.
    weight, other
        Nominal and varied weights, shape (n,).
    count
        How many bins there are.
    """
    keep = bins >= 0
    bins, weight, other = bins[keep], weight[keep], other[keep]
    return VariedStatistics(
        variances=_sums(bins, np.square(other), count),
        shared=_sums(bins, weight * other, count),
    )


def statistics_of_events(
    bins: tuple[Ints, Ints], weights: tuple[Floats, Floats], same: tuple[Ints, Ints] | None, count: int
) -> VariedStatistics:
    """Return the statistics of varied events.

    Parameters
    ----------
    bins, weights
        Of each nominal and of each varied event, shapes (n,) and (m,), bins below zero where it is in none.
    same
        Where in either the same events are; None if all of them are others.
    count
        How many bins there are.
    """
    keep = bins[1] >= 0
    variances = _sums(bins[1][keep], np.square(weights[1][keep]), count)
    if same is None:
        return VariedStatistics(variances=variances, shared=np.zeros(count))
    before, after = bins[0][same[0]], bins[1][same[1]]
    stays = (before == after) & (before >= 0)
    products = weights[0][same[0][stays]] * weights[1][same[1][stays]]
    return VariedStatistics(variances=variances, shared=_sums(before[stays], products, count))


def _sums(bins: Ints, weight: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(bins, weight, minlength=count), dtype=np.float64)
