"""Histograms of files that no memory holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
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
    """Fills what a selection keeps under the name "value" into bins."""

    selection: Selection
    edges: Floats

    def names(self, there: Mapping[str, ColumnInfo]) -> frozenset[str]:
        """Return the columns to be read."""
        return self.selection.names(there)

    def apply(
        self, source: Source, there: Mapping[str, ColumnInfo], span: Span, table: Table, *, first: bool
    ) -> _Filled:
        """Return the histogram of a piece; errors as for `Selection.apply`."""
        left = self.selection.apply(source, there, span, table, first=first)
        value, weight = left.columns["value"], left.weight
        totals, _ = np.histogram(value, self.edges, weights=weight)
        squares, _ = np.histogram(value, self.edges, weights=np.square(weight))
        inside = (value >= self.edges[0]) & (value <= self.edges[-1])
        outside = 0.0 if inside.all() else float(weight[~inside].sum())
        made = StreamedHistogram(edges=self.edges, values=totals, variances=squares, events=len(value), outside=outside)
        return _Filled(made, left.generated)


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
