"""Weighted histograms, counts of data, and the edges of bins that show the bulk of an input or of a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.errors import DataError
from fivesigma.statistics.poisson import garwood_interval
from fivesigma.statistics.weighted import effective_events

__all__ = ["DataHistogram", "Histogram", "binning", "data_histogram", "histogram", "score_edges"]

_SPAN = 60
_TAIL = 0.01
_LAST = 50.0
_CLOSEST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Σw and its error √Σw² in each of m bins, of how many events, and how many of these lack the value.

    What lies outside the edges is left out.
    """

    total: Floats
    error: Floats
    events: int
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DataHistogram:
    """Counts of data in each of m bins, the ends of the central 68 % interval (Garwood) for the mean of each, and how many lie outside."""

    counts: Ints
    low: Floats
    high: Floats
    outside: int = 0


def histogram(values: Floats, weight: Floats, edges: Floats) -> Histogram:
    """Return the weighted histogram of ``values``, shape (n,), NaN where there is none; the last bin holds its upper edge too."""
    total, _ = np.histogram(values, edges, weights=weight)
    squares, _ = np.histogram(values, edges, weights=np.square(weight))
    missing = int(np.count_nonzero(np.isnan(values)))
    return Histogram(total=total, error=np.sqrt(squares), events=len(values), missing=missing)


def data_histogram(values: Floats, edges: Floats) -> DataHistogram:
    """Return the counts of data, shape (n,), in bins; the last bin holds its upper edge too."""
    counts, _ = np.histogram(values, edges)
    low, high = garwood_interval(counts)
    outside = int(np.count_nonzero((values < edges[0]) | (values > edges[-1])))
    return DataHistogram(counts=counts.astype(np.int64), low=low, high=high, outside=outside)


def binning(values: Floats, bins: int) -> Floats:
    """Return edges that show the bulk of ``values``: one bin for each whole value if they lie close together, else even ones.

    An even range leaves out 1 % at either end if those would take up more than a fifth of it; a range that ends sharply, as
    that of an angle does, is kept whole.

    Raises
    ------
    DataError
        If there is no finite value.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        raise DataError("there is no finite value to fill into a histogram")
    different = np.unique(values)
    if np.array_equal(different, np.round(different)) and np.ptp(different) <= _SPAN:
        return np.arange(different[0] - 0.5, different[-1] + 1)
    low, high = np.quantile(values, [_TAIL, 1 - _TAIL])
    room = (high - low) / 10
    low = different[0] if different[0] > low - room else low
    high = different[-1] if different[-1] < high + room else high
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


def score_edges(background_weight: Floats, bins: int) -> Floats:
    """Return edges, shape (bins + 1,), on the common scale: each bin keeps the same fraction of the background above it.

    Cuts are made close to one, where even bins would show one bin. The last bin holds 50 effective background events or so, by
    the scale's own meaning: a fraction 1 - s of the background lies above s.
    """
    above = np.clip(_LAST / max(effective_events(background_weight), _LAST), _CLOSEST, 0.5)
    return np.append(1 - np.geomspace(1, above, bins), 1.0)
