"""Whether the change of a shape is more than statistical noise, and what of it is known when neighbouring bins are averaged.

A varied template has fluctuations of its own: of the events that moved, of the weights, of the whole alternative sample. In a
fit they are taken for knowledge: the nuisance parameter is constrained by a shape that nature does not have, and pulled by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import stats

from fivesigma.core.arrays import Floats, Ints

__all__ = ["NOISE_ABOVE", "noise_probability", "smoothed_ratios"]

NOISE_ABOVE = 0.05
"""p-value above which the change of a shape is compatible with its statistical error."""


def noise_probability(nominal: Floats, varied: Floats, variances: Floats) -> float:
    """Return the p-value of a varied template being the nominal one times a constant; 1 where there is but one bin.

    Parameters
    ----------
    nominal, varied
        Expected events, shape (bins,).
    variances
        Of varied less nominal at equal total, shape (bins,); see `Template.residual_variances`. That bins share migrating events, so
        that their changes are anticorrelated, is left out.
    """
    known = (variances > 0) & (nominal > 0)
    freedom = int(known.sum()) - 1
    if freedom < 1:
        return 1.0
    nominal, varied, variances = nominal[known], varied[known], variances[known]
    factor = np.sum(nominal * varied / variances) / np.sum(nominal**2 / variances)
    return float(stats.chi2.sf(np.sum(np.square(varied - factor * nominal) / variances), freedom))


def smoothed_ratios(
    nominal: Floats,
    varied: Sequence[Floats],
    moments: Sequence[tuple[Floats, Floats, Floats]],
    rows: Ints,
    error: float,
) -> tuple[list[Floats], int]:
    """Return the ratios of varied to nominal templates, averaged over neighbouring bins, and over how many groups of them.

    From the first bin on, bins are merged until the statistical error of the ratio is at most ``error``, then the next group
    begins; what is left in the end joins the last. Where the error is larger though all bins of a row are merged, the ratio
    is that of the totals. All varied templates have the same groups.

    Parameters
    ----------
    nominal
        Expected events, shape (bins,).
    varied
        Expected events as varied, each of shape (bins,).
    moments
        For each varied template Σw'², Σww' and Σw² per bin, each of shape (bins,).
    rows
        Which row of a grid each bin lies in, shape (bins,); bins of different rows are not merged.
    error
        The largest statistical error of a ratio.
    """
    groups: list[slice] = []
    poor: list[slice] = []
    parts = [nominal, *varied, *(array for one in moments for array in one)]
    starts = [0, *(np.flatnonzero(np.diff(rows)) + 1).tolist(), len(rows)]
    for start, stop in pairwise(starts):
        found, fine = _groups([part[start:stop] for part in parts], len(varied), error)
        (groups if fine else poor).extend(slice(start + g.start, start + g.stop) for g in found)
    ratios = []
    for one in varied:
        total = _ratio(nominal, one)
        ratio = np.full(len(nominal), total)
        for group in groups:
            ratio[group] = _ratio(nominal[group], one[group])
        ratios.append(ratio)
    return ratios, len(groups) + bool(poor)


def _groups(parts: Sequence[Floats], count: int, error: float) -> tuple[list[slice], bool]:
    """Return the groups of a row of bins, and whether the ratio is known as well as it should be in all of them."""
    table = np.stack(parts)
    edges, last = [0], table.shape[1]

    def known(start: int, stop: int) -> bool:
        return _error(table[:, start:stop].sum(axis=1), count) <= error

    for stop in range(1, last + 1):
        if known(edges[-1], stop):
            edges.append(stop)
    if edges[-1] < last:  # what is left joins the group before it, and that the one before if need be
        edges = edges[: max(len(edges) - 1, 1)]
        while len(edges) > 1 and not known(edges[-1], last):
            edges.pop()
        edges.append(last)
    return [slice(low, high) for low, high in pairwise(edges)], known(edges[-2], last)


def _error(sums: Floats, count: int) -> float:
    """Return the largest error of the ratios of a group; infinite where nothing is expected."""
    nominal, varied, moments = sums[0], sums[1 : 1 + count], sums[1 + count :].reshape(count, 3)
    if nominal <= 0:
        return math.inf
    ratio = varied / nominal
    variances = moments[:, 0] - 2 * ratio * moments[:, 1] + ratio**2 * moments[:, 2]
    return math.sqrt(max(float(variances.max()), 0.0)) / float(nominal)


def _ratio(nominal: Floats, varied: Floats) -> float:
    return float(varied.sum() / nominal.sum()) if nominal.sum() > 0 else 1.0
