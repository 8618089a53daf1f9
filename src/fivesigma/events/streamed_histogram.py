"""Histograms of files that no memory holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.errors import DataError
from fivesigma.events.selection import Selection
from fivesigma.events.source import ColumnInfo, Source, Span, Table

__all__ = ["Filling", "StreamedHistogram", "added"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedHistogram:
    """A weighted histogram.

    Attributes
    ----------
    edges
        Of the bins, shape (bins + 1,).
    values, variances
        Σw and Σw² in each bin, shape (bins,).
    events
        Events after the cuts, those outside the edges included.
    outside
        Σw of events outside the edges, or without a value.
    """

    edges: Floats
    values: Floats
    variances: Floats
    events: int
    outside: float


@dataclass(frozen=True, slots=True)
class _Filled:
    histogram: StreamedHistogram
    generated: Mapping[float | None, float]


@dataclass(frozen=True, slots=True)
class Filling:
    """Fills what a selection keeps under the name "value" into bins of rising ``edges``."""

    selection: Selection
    edges: Floats

    def names(self, _there: Mapping[str, ColumnInfo]) -> frozenset[str]:
        """Return the columns to be read; a histogram asks not who an event is."""
        return self.selection.used

    def apply(
        self, source: Source, _there: Mapping[str, ColumnInfo], span: Span, table: Table, **_first: bool
    ) -> _Filled:
        """Return the histogram of a piece; errors as for `Selection.apply`."""
        columns, weight, generated = self.selection.passing(source, span, table)
        place = _places(columns["value"], _with_upper_edge(self.edges))
        totals, squares = (_sums(place, each, len(self.edges) + 1) for each in (weight, np.square(weight)))
        made = StreamedHistogram(
            edges=self.edges,
            values=totals[1:-1],
            variances=squares[1:-1],
            events=len(weight),
            outside=float(totals[0] + totals[-1]),
        )
        return _Filled(made, generated)


def _with_upper_edge(edges: Floats) -> Floats:
    """Return edges whose last bin holds its upper edge, as `numpy.histogram` has it."""
    return np.append(edges[:-1], np.nextafter(edges[-1], np.inf))


def _places(value: Floats, edges: Floats) -> Ints:
    """Return ``numpy.searchsorted(edges, value, side="right")``, in a third of the time where bins are about equally wide."""
    with np.errstate(all="ignore"):
        guess = value - edges[0]
        guess *= (len(edges) - 1) / (edges[-1] - edges[0])
    np.fmax(guess, 0, out=guess)  # what is no number becomes one here, and is found out below
    np.fmin(guess, len(edges) - 2, out=guess)
    place: Ints = guess.astype(np.int64)
    found = edges.take(place) <= value
    place += 1
    found &= value < edges.take(place)
    others = np.flatnonzero(~found)
    place[others] = np.searchsorted(edges, value.take(others), side="right")
    return place


def _sums(place: Ints, weight: Floats, places: int) -> Floats:
    return np.asarray(np.bincount(place, weight, minlength=places), dtype=np.float64)


def added(pieces: Sequence[_Filled]) -> StreamedHistogram:
    """Return the sum of the pieces, scaled where the sum of generator weights is only known now."""
    found = [piece.generated[None] for piece in pieces if None in piece.generated]
    total = math.fsum(found) if found else 1.0
    if not total > 0:
        raise DataError(f"the generator weights sum to {total:.6g}; nothing can be scaled by that")
    histograms = [piece.histogram for piece in pieces]
    return StreamedHistogram(
        edges=histograms[0].edges,
        values=np.sum([h.values for h in histograms], axis=0) / total,
        variances=np.sum([h.variances for h in histograms], axis=0) / total**2,
        events=sum(h.events for h in histograms),
        outside=math.fsum(h.outside for h in histograms) / total,
    )
