"""Bins: fixed edges for masses, equal background for scores.

A score on the common scale is the fraction of background below it, so bins of equal width in it hold equal
background; nothing is tuned on the signal, and nothing on the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["Axis", "Binning", "equal_background_bins", "fixed_bins", "score_bins", "trimmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One binned quantity: its name, the edges of its bins, and what figures call it, with its unit.

    Raises
    ------
    FivesigmaError
        If there is no bin or the edges do not increase.
    """

    name: str
    edges: tuple[float, ...]
    label: str = ""

    def __post_init__(self) -> None:
        if len(self.edges) < 2:
            raise FivesigmaError(f"{self.name}: a binning needs two edges or more, not {self.edges}")
        if not all(np.isfinite(self.edges)) or any(low >= high for low, high in pairwise(self.edges)):
            raise FivesigmaError(f"{self.name}: bin edges must be finite and increase, unlike {self.edges}")

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.edges) - 1

    @property
    def title(self) -> str:
        """What figures call the quantity."""
        return self.label or self.name

    def index(self, values: Floats) -> Ints:
        """Return the bin of each value, shape (n,); what lies outside goes to the first or last bin."""
        inner = np.asarray(self.edges[1:-1])
        return np.searchsorted(inner, values, side="right").astype(np.int64)

    def outside(self, values: Floats) -> Bools:
        """Return which values, shape (n,), lie below the first or above the last edge."""
        return np.asarray((values < self.edges[0]) | (values > self.edges[-1]))

    def interval(self, index: int) -> str:
        """Return a bin in words."""
        return f"{self.name} {self.edges[index]:.4g} to {self.edges[index + 1]:.4g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binning:
    """The bins of a template: one axis, or a grid of several, flattened with the last axis fastest.

    Attributes
    ----------
    axes
        The binned quantities.
    groups
        For each cell of the grid the bin it belongs to, 0 ... count - 1; empty when each cell is a bin of its own.
    """

    axes: tuple[Axis, ...]
    groups: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.axes:
            raise FivesigmaError("a binning needs an axis")
        if self.groups and (len(self.groups) != self.cells or set(self.groups) != set(range(max(self.groups) + 1))):
            raise FivesigmaError(f"{len(self.groups)} cells are grouped into bins, but the grid has {self.cells}")

    @property
    def cells(self) -> int:
        """How many cells the grid has."""
        return int(np.prod([axis.bins for axis in self.axes]))

    @property
    def count(self) -> int:
        """How many bins there are."""
        return max(self.groups) + 1 if self.groups else self.cells

    @property
    def title(self) -> str:
        """What figures call the binned quantity."""
        return self.axes[0].title if len(self.axes) == 1 else "bin of " + " × ".join(axis.name for axis in self.axes)

    @property
    def edges(self) -> Floats:
        """Edges to draw the bins with, shape (count + 1,): of the one axis, else bin numbers."""
        edges = self.axes[0].edges if len(self.axes) == 1 else np.arange(self.count + 1) + 0.5
        return np.asarray(edges, dtype=np.float64)

    @property
    def rows(self) -> Ints:
        """For each bin, which bin of the first axis it belongs to, shape (count,); what joined it from elsewhere aside."""
        width = self.cells // self.axes[0].bins
        cells = np.asarray(self.groups or range(self.cells))
        spans = [sorted({int(cell) // width for cell in np.flatnonzero(cells == n)}) for n in range(self.count)]
        owned = {span[0] for span in spans if len(span) == 1}
        return np.asarray([next((row for row in span if row in owned), span[-1]) for span in spans])

    def index(self, *values: Floats) -> Ints:
        """Return the bin of each event, shape (n,), from one array of shape (n,) per axis."""
        shape = tuple(axis.bins for axis in self.axes)
        cells = np.ravel_multi_index(tuple(a.index(v) for a, v in zip(self.axes, values, strict=True)), shape)
        return np.asarray(self.groups, dtype=np.int64)[cells] if self.groups else cells.astype(np.int64)

    def outside(self, *values: Floats) -> Bools:
        """Return which events, shape (n,), lie outside the edges of any axis."""
        outside = [axis.outside(v) for axis, v in zip(self.axes, values, strict=True)]
        return np.asarray(np.any(outside, axis=0))

    def interval(self, index: int) -> str:
        """Return a bin in words, by its lowest and highest cells."""
        cells = np.flatnonzero(np.asarray(self.groups) == index) if self.groups else np.asarray([index])
        corners = [np.unravel_index(cell, tuple(axis.bins for axis in self.axes)) for cell in (cells[0], cells[-1])]
        parts = [
            axis.interval(int(first))
            if first == last
            else f"{axis.name} {axis.edges[min(first, last)]:.4g} to {axis.edges[max(first, last) + 1]:.4g}"
            for axis, first, last in zip(self.axes, *corners, strict=True)
        ]
        return ", ".join(parts)


def score_bins(bins: int, *, name: str = "score", label: str = "") -> Binning:
    """Return ``bins`` bins of equal background: equal widths from 0 to 1 on the common score scale.

    Raises
    ------
    FivesigmaError
        If ``bins`` is less than one.
    """
    if bins < 1:
        raise FivesigmaError(f"{name}: a binning needs one bin or more, not {bins}")
    edges = tuple(float(edge) for edge in np.arange(bins + 1) / bins)
    return Binning(axes=(Axis(name=name, edges=edges, label=label),))


def trimmed(binning: Binning, values: Floats) -> Binning:
    """Return the binning without the bins of its first axis, at either end, in which ``values``, shape (cells,), are zero.

    A region that a cut on the first axis makes is thereby binned where it lies.
    """
    first = binning.axes[0]
    filled = np.flatnonzero(np.any(values.reshape(first.bins, -1) != 0, axis=1))
    if binning.groups or not len(filled):
        return binning
    edges = first.edges[filled[0] : filled[-1] + 2]
    return Binning(axes=(replace(first, edges=edges), *binning.axes[1:]))


def equal_background_bins(values: Floats, weight: Floats, bins: int, *, name: str, label: str = "") -> Axis:
    """Return at most ``bins`` bins that hold equal background, for an observable of which nothing else is known.

    Parameters
    ----------
    values, weight
        Of background events, shape (n,).
    bins
        How many bins; fewer where values repeat.
    name, label
        As for `Axis`.

    Raises
    ------
    FivesigmaError
        If there are no two different values to put edges at.
    """
    inner = weighted_quantile(values, np.arange(1, bins) / bins, weight) if len(values) and bins > 1 else np.empty(0)
    edges = np.unique(
        np.concatenate([values.min(initial=np.inf, keepdims=True), inner, values.max(initial=-np.inf, keepdims=True)])
    )
    if len(edges) < 2 or not np.all(np.isfinite(edges)):
        raise FivesigmaError(f"{name}: {len(values)} background events are too few to put bins; give the edges")
    return Axis(name=name, edges=tuple(float(edge) for edge in edges), label=label)


def fixed_bins(edges: Sequence[float] | Floats, *, name: str, label: str = "") -> Binning:
    """Return bins with the edges given, as for a mass."""
    return Binning(axes=(Axis(name=name, edges=tuple(float(edge) for edge in edges), label=label),))
