"""How two quantities of weighted events depend on each other: Pearson's, Spearman's and the distance correlation.

Pearson's coefficient sees what is linear, Spearman's what is monotone, the distance correlation (Székely, Rizzo and Bakirov,
Ann. Statist. 35 (2007) 2769, arXiv:0803.4101) everything: it is zero for independent quantities only. Negative weights enter all
means as they are, which keeps those unbiased; where the variance of a quantity is then not positive, there is no coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.statistics.bootstrap import require_replicas
from fivesigma.statistics.weighted import empirical_cdf

__all__ = [
    "DistanceCorrelation",
    "correlation_of_moments",
    "distance_correlation",
    "pair_moments",
    "weighted_correlation",
    "weighted_ranks",
]

_LEVELS = 64
_ALPHA = 0.05
_Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceCorrelation:
    """The distance correlation, in [0, 1], and what independence would give.

    Attributes
    ----------
    value
        The estimate; that of finitely many events is above zero whatever they are.
    independence
        What 95 % of permutations of one quantity among the same events stay below.
    events
        How many events were drawn for both.
    """

    value: float
    independence: float
    events: int


def weighted_correlation(columns: Floats, weight: Floats) -> Floats:
    """Return Pearson's coefficients, shape (k, k), of ``columns``, shape (n, k); NaN where a variance is not positive.

    Where values are missing (NaN), each coefficient is that of the events that have both.
    """
    absent = np.isnan(columns)
    if absent.any():
        return _pairwise_correlation(columns, ~absent, weight)
    centred = columns - np.average(columns, axis=0, weights=weight)
    centred[:, np.ptp(columns, axis=0) == 0] = 0.0  # the mean of equal numbers is theirs but for rounding
    covariance = (centred * weight[:, None]).T @ centred
    deviation = _root(np.diagonal(covariance))
    correlation: Floats = covariance / (deviation[:, None] * deviation[None, :])
    return correlation


def weighted_ranks(values: Floats, weight: Floats) -> Floats:
    """Return the fraction of the weight below each of ``values``, shape (n,), ties at the middle of theirs.

    Pearson's coefficient of two such ranks is Spearman's of the values. Under negative weights ranks follow the running maximum
    of the cumulative weight, so that a larger value never has a smaller rank.

    Raises
    ------
    DataError
        If there are no events or their weights do not sum to something positive.
    """
    return empirical_cdf(values, weight)(values)


def pair_moments(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Return what each event adds to six sums, shape (n, 6), from which `correlation_of_moments` makes Pearson's coefficient.

    So a bootstrap is a product of multiplicities and moments. ``x``, ``y`` and ``weight`` have shape (n,) and no NaN.
    """
    x, y = (_standard(values, weight) for values in (x, y))
    moments: Floats = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1) * weight[:, None]
    return moments


def correlation_of_moments(sums: Floats) -> Floats:
    """Return Pearson's coefficients, shape (...), of sums of `pair_moments`, shape (..., 6); NaN without positive variance."""
    one, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums, dtype=np.float64), -1, 0)
    total = np.where(one > 0, one, np.nan)
    coefficient: Floats = (xy - x * y / total) / (_root(xx - x * x / total) * _root(yy - y * y / total))
    return coefficient


def distance_correlation(
    x: Floats, y: Floats, weight: Floats | None = None, *, events: int = 10_000, permutations: int = 100, seed: int = 0
) -> DistanceCorrelation | None:
    """Return the distance correlation of two quantities; None where one does not vary.

    Its square is dCov²(x, y) / √(dCov²(x, x) dCov²(y, y)) with dCov²(x, y) = ⟨|x-x'| |y-y'|⟩ + ⟨|x-x'|⟩ ⟨|y-y'|⟩ -
    2 ⟨|x-x'| |y-y''|⟩, weighted means over independent draws of events, as Kasieczka and Shih write it (arXiv:2001.05310); over a
    sample it is the V-statistic of Székely, Rizzo and Bakirov (2007, Definitions 4 and 5).

    Values that are more than 64 different ones are replaced by the means of 64 groups of equally many events, so that the sums
    over pairs of events become sums over pairs of groups. Negative weights may make a square negative; it then counts as zero.

    Parameters
    ----------
    x, y, weight
        Shape (n,); weights are one if None.
    events
        How many events are drawn at most, evenly, keeping their weights.
    permutations
        How many permutations of ``y`` tell what independence would give.
    seed
        Of the draw and the permutations.

    Raises
    ------
    FivesigmaError
        If there are fewer than one permutation.
    """
    require_replicas(permutations)
    generator = np.random.default_rng(seed)
    drawn = np.arange(len(x))
    if len(drawn) > events:
        drawn = generator.choice(len(x), events, replace=False, shuffle=False)
    weight = np.ones(len(drawn)) if weight is None else weight[drawn]
    (x_codes, x_apart), (y_codes, y_apart) = _levels(x[drawn]), _levels(y[drawn])
    shuffled = [y_codes, *(generator.permutation(y_codes) for _ in range(permutations))]
    tables = np.stack([_table(x_codes, codes, weight, (len(x_apart), len(y_apart))) for codes in shuffled])
    values = _distance_correlations(tables, x_apart, y_apart)
    if not np.isfinite(values[0]):
        return None
    independence = np.nanquantile(values[1:], 1 - _ALPHA)
    return DistanceCorrelation(value=float(values[0]), independence=float(independence), events=len(drawn))


def _distance_correlations(tables: Floats, x_apart: Floats, y_apart: Floats) -> Floats:
    """Return the distance correlation of each joint distribution, shape (r, a, b), given the distances of the levels."""
    x_weight, y_weight = tables.sum(axis=2), tables.sum(axis=1)
    x_mean, y_mean = x_weight @ x_apart, y_weight @ y_apart
    both = np.einsum("rab,rab->r", tables, x_apart @ tables @ y_apart)
    apart = np.einsum("ra,ra->r", x_weight, x_mean) * np.einsum("rb,rb->r", y_weight, y_mean)
    mixed = np.einsum("ra,ra->r", x_mean, np.einsum("rab,rb->ra", tables, y_mean))
    variances = _distance_variance(x_weight, x_mean, x_apart) * _distance_variance(y_weight, y_mean, y_apart)
    square: Floats = np.maximum(both + apart - 2 * mixed, 0) / np.sqrt(np.where(variances > 0, variances, np.nan))
    return np.sqrt(square)


def _distance_variance(weight: Floats, mean: Floats, apart: Floats) -> Floats:
    squares = np.einsum("ra,ra->r", weight, weight @ apart**2)
    variance: Floats = squares + np.einsum("ra,ra->r", weight, mean) ** 2 - 2 * np.einsum("ra,ra->r", weight, mean**2)
    # what rounding leaves of a constant is no variance
    return np.where(variance > 1e-12 * np.abs(squares), variance, 0.0)


def _table(x: _Codes, y: _Codes, weight: Floats, shape: tuple[int, int]) -> Floats:
    filled = np.bincount(x * shape[1] + y, weight, minlength=shape[0] * shape[1])
    table: Floats = filled.reshape(shape) / weight.sum()
    return table


def _levels(values: Floats) -> tuple[_Codes, Floats]:
    """Return which of at most 64 levels each value is on, shape (n,), and how far the levels are apart, shape (k, k)."""
    different, codes = np.unique(values, return_inverse=True)
    if len(different) > _LEVELS:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, _LEVELS + 1)[1:-1]))
        codes = np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)[1]
        different = np.bincount(codes, values) / np.bincount(codes)
    return codes.astype(np.int64), np.abs(different[:, None] - different[None, :])


def _pairwise_correlation(columns: Floats, there: Bools, weight: Floats) -> Floats:
    """Return the coefficients of each pair of columns from the events in which both are ``there``, each of shape (n, k)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        filled = np.where(there, columns, 0.0)
        # a mean near that of any pair keeps sums of squares from drowning their difference
        filled = np.where(there, columns - weight @ filled / (weight @ there), 0.0)
        weighed = filled * weight[:, None]
        total = (there * weight[:, None]).T @ there
        first, second = weighed.T @ there / total, (weighed * filled).T @ there / total
        variance = second - first**2
        covariance = weighed.T @ filled / total - first * first.T
        rounding = np.finfo(np.float64).eps * len(columns) * second
        deviation = np.sqrt(np.where((total > 0) & (variance > rounding), variance, np.nan))
        coefficients: Floats = covariance / (deviation * deviation.T)
    return coefficients


def _standard(values: Floats, weight: Floats) -> Floats:
    """Return values shifted and scaled to a spread of one, so that single precision is enough for their moments."""
    centred = values - np.average(values, weights=weight)
    scale = float(np.abs(centred).mean()) if np.ptp(values) else 0.0
    return centred / scale if scale else np.zeros_like(values)


def _root(variance: Floats) -> Floats:
    return np.sqrt(np.where(variance > 0, variance, np.nan))
