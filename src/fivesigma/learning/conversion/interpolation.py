"""Maps that are linear between anchors, in a graph."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.learning.conversion.graph import Graph

__all__ = ["add_interpolation"]


def add_interpolation(graph: Graph, x: str, raw: Floats, value: Floats) -> str:
    """Add what `numpy.interp` does with each column, and return a tensor (n, k) of float64; NaN stays NaN.

    Parameters
    ----------
    x
        What is mapped, float64 of shape (n, k).
    raw, value
        The anchors of each column, shape (m, k); ``raw`` rises, and may repeat its last.

    Notes
    -----
    The anchor below each number is found by bisection, so that the graph grows with log m and nothing of size n·m is made.
    """
    anchors, columns = raw.shape
    width = 1 << max(anchors - 1, 0).bit_length()
    rises = np.diff(raw, axis=0)
    slope = np.zeros_like(raw)
    np.divide(np.diff(value, axis=0), rises, out=slope[:-1], where=rises > 0)
    beyond = np.full((width - anchors, columns), np.inf)
    table = graph.constant(np.concatenate([raw, beyond]).T.ravel())
    place = graph.constant(np.arange(columns, dtype=np.int64)[None] * width)
    lowest = graph.constant(raw[:1])
    x = graph.add("Where", graph.add("Less", x, lowest), lowest, x)
    step = width // 2
    while step:
        further = graph.add("Add", place, graph.constant(np.int64(step)))
        is_above = graph.add("LessOrEqual", graph.add("Gather", table, further), x)
        place = graph.add("Where", is_above, further, place)
        step //= 2
    values, slopes = (graph.constant(np.pad(each, ((0, width - anchors), (0, 0))).T.ravel()) for each in (value, slope))
    above = graph.add("Sub", x, graph.add("Gather", table, place))
    return graph.add(
        "Add", graph.add("Mul", graph.add("Gather", slopes, place), above), graph.add("Gather", values, place)
    )
