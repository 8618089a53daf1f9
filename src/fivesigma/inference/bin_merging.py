"""Bins merged until each holds enough background events: nothing is tuned on the signal, and nothing on the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.binning import Binning
from fivesigma.statistics.weighted import effective_numbers

__all__ = ["merged"]


def merged(binning: Binning, values: Floats, variances: Floats, *, minimum: float = 10.0) -> Binning:
    """Return the binning with cells merged until each bin holds ``minimum`` effective background events.

    Along the last axis a bin that holds too few takes in its lower neighbours, from the highest down, so that the
    bins most like signal stay as fine as the background allows; what is left over joins the lowest bin. A row of a grid
    that holds too few altogether joins the row beside it.

    Parameters
    ----------
    binning
        Bins or a grid that has none merged yet.
    values, variances
        Σw and Σw² of all background in each cell, shape (cells,).
    minimum
        Effective events, ``(Σw)² / Σw²``, that each bin must hold.

    Raises
    ------
    FivesigmaError
        If all the background together holds less.
    """
    if binning.groups or values.shape != (binning.cells,) or variances.shape != (binning.cells,):
        raise ValueError(f"merging needs values and variances of shape ({binning.cells},) and a binning not yet merged")
    if (worth := _effective(list(range(binning.cells)), values, variances)) < minimum:
        raise FivesigmaError(
            f"{binning.title}: all background together is worth {worth:.3g}"
            f" events, below the {minimum:g} that one bin must hold; loosen the selection or simulate more"
        )
    width = binning.axes[-1].bins
    rows = [_gather(list(range(at, at + width)), values, variances, minimum) for at in range(0, binning.cells, width)]
    bins = _join_sparse(rows, values, variances, minimum)
    if len(binning.axes) == 1:
        edges = binning.axes[0].edges
        kept = (*(edges[cells[0]] for cells in bins), edges[-1])
        return Binning(axes=(replace(binning.axes[0], edges=kept),))
    groups = np.zeros(binning.cells, dtype=np.int64)
    for number, cells in enumerate(bins):
        groups[cells] = number
    return replace(binning, groups=tuple(int(group) for group in groups))


def _gather(row: list[int], values: Floats, variances: Floats, minimum: float) -> list[list[int]]:
    bins: list[list[int]] = []
    open_bin: list[int] = []
    for cell in reversed(row):
        open_bin.insert(0, cell)
        if _effective(open_bin, values, variances) >= minimum:
            bins.insert(0, open_bin)
            open_bin = []
    if open_bin and bins:
        bins[0] = open_bin + bins[0]
    elif open_bin:
        bins = [open_bin]
    return _sturdy(bins, values, variances, minimum)


def _sturdy(bins: list[list[int]], values: Floats, variances: Floats, minimum: float) -> list[list[int]]:
    """Return bins of which those that hold too little have joined their neighbours: what joins a bin may weaken it."""
    bins = list(bins)
    place = 0
    while place < len(bins) and len(bins) > 1:
        if _effective(bins[place], values, variances) >= minimum:
            place += 1
            continue
        beside = place + 1 if place + 1 < len(bins) else place - 1
        first, second = sorted((place, beside))
        bins[first : second + 1] = [sorted(bins[first] + bins[second])]
        place = first
    return bins


def _join_sparse(rows: list[list[list[int]]], values: Floats, variances: Floats, minimum: float) -> list[list[int]]:
    """Let rows that hold too little altogether join the lowest bin of the next row that does not, else of the last one."""
    joined: list[list[list[int]]] = []
    pending: list[int] = []
    for row in rows:
        first = sorted(pending + row[0])
        if _effective(first, values, variances) >= minimum:
            joined.append([first, *row[1:]])
            pending = []
        else:
            pending = sorted(pending + [cell for cells in row for cell in cells])
    if pending and joined:
        joined[-1][0] = sorted(joined[-1][0] + pending)
    elif pending:
        return [pending]
    return _sturdy([cells for row in joined for cells in row], values, variances, minimum)


def _effective(cells: list[int], values: Floats, variances: Floats) -> float:
    """Return how many events of weight one the background in some cells is worth; 0 where its sum is not positive."""
    total = float(values[cells].sum())
    return float(effective_numbers(total, variances[cells].sum())) if total > 0 else 0.0
