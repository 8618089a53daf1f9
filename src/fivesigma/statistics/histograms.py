"""Contents of bins: which bin a value that repeats is in, which bins are merged, shapes, and how far two shapes are apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Matrix

__all__ = ["jensen_shannon", "merged_bins", "places_with_ties", "unit_sum"]


def merged_bins(
    total: Floats, squares: Floats, *, least_effective: float, least_total: float = 0.0
) -> NDArray[np.int64]:
    """Return where groups of neighbouring bins start, ascending from 0, that are each well enough filled.

    From the first bin on a group grows until its Σw is positive, at least ``least_total``, and of ``least_effective`` effective
    events, (Σw)² / Σw². What is left at the end joins the last group, and that the one before where negative weights then leave it
    too little. Nothing is returned if all bins together are too little.

    Parameters
    ----------
    total, squares
        Σw and Σw² of the bins, shape (m,).
    least_effective, least_total
        What a group holds at least.
    """

    def enough(content: float, square: float) -> bool:
        return content > 0 and content >= least_total and content**2 >= least_effective * square

    groups: list[tuple[int, float, float]] = []
    start, gathered, error = 0, 0.0, 0.0
    for place, (content, square) in enumerate(zip(total.tolist(), squares.tolist(), strict=True)):
        gathered, error = gathered + content, error + square
        if enough(gathered, error):
            groups.append((start, gathered, error))
            start, gathered, error = place + 1, 0.0, 0.0
    while groups and not enough(groups[-1][1] + gathered, groups[-1][2] + error):
        _, content, square = groups.pop()
        gathered, error = gathered + content, error + square
    return np.array([start for start, _, _ in groups], dtype=np.int64)


def places_with_ties(values: Floats | Matrix, edges: Floats | Matrix) -> NDArray[np.intp]:
    """Return the bin of each value, shape (n,), where each of k ascending edges is a bin of its own for what lies on it.

    A value that repeats until a quantile falls on it is so told from its neighbours. Bin 2 i lies below edge i and above the one
    before, bin 2 i + 1 on edge i, bin 2 k above all; bin 2 k + 1 holds what is missing (NaN).
    """
    places = np.searchsorted(edges, values, side="left") + np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), 2 * len(edges) + 1, places)


def unit_sum(total: Floats) -> Floats:
    """Return histograms, shape (..., m), scaled to a sum of one; NaN where theirs is not positive."""
    area = total.sum(axis=-1, keepdims=True)
    shape: Floats = total / np.where(area > 0, area, np.nan)
    return shape


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Return the Jensen–Shannon divergence, in bits, of distributions over m bins, shape (..., m): 0 if equal, at most 1.

    It is the mean of the Kullback–Leibler divergences of both from their mean (Lin, IEEE Trans. Inf. Theory 37 (1991) 145). Its
    inverse is the measure of decorrelation of arXiv:2001.05310. Distributions are scaled to a sum of one, negative entries
    count as zero, and where nothing is left the divergence is NaN.
    """
    first, second = (unit_sum(np.maximum(shape, 0)) for shape in (first, second))
    mean = (first + second) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.where(one > 0, one * np.log2(one / mean), one) for one in (first, second)]
    divergence: Floats = (terms[0] + terms[1]).sum(axis=-1) / 2
    return np.maximum(divergence, 0)
