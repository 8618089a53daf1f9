"""Quantiles, cumulative fractions, efficiencies and effective numbers of weighted events.

Weights may be negative, as those of next-to-leading-order simulation are, as long as their sum is positive. A cumulative sum
of such weights is not monotone; where one is inverted (quantiles, fractions below) its running maximum stands in for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.errors import DataError
from fivesigma.core.estimate import ONE_SIGMA, Estimate

__all__ = [
    "EmpiricalCDF",
    "effective_events",
    "effective_numbers",
    "empirical_cdf",
    "negative_fraction",
    "weighted_efficiency",
    "weighted_quantile",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmpiricalCDF:
    """The weighted fraction of events below any value.

    Attributes
    ----------
    points
        The different values of the events, ascending, shape (m,).
    below
        Fraction of the weight at smaller values than each point, shape (m,).
    up_to
        Fraction of the weight at smaller values or at the point itself, shape (m,).
    """

    points: Floats
    below: Floats
    up_to: Floats

    def __call__(self, values: ArrayLike) -> Floats:
        """Return the fraction below each value, in [0, 1]; events at exactly that value count half."""
        values = np.asarray(values, dtype=np.float64)
        place = np.searchsorted(self.points, values, side="left")
        inside = np.minimum(place, len(self.points) - 1)
        tied = self.points[inside] == values
        steps = np.concatenate([[0.0], self.up_to])
        half: Floats = np.where(tied, (self.below[inside] + self.up_to[inside]) / 2, steps[place])
        return half


def empirical_cdf(values: Floats, weight: Floats | None = None) -> EmpiricalCDF:
    """Return the weighted empirical cumulative distribution of ``values``, shape (n,).

    With negative weights the cumulative sum is replaced by its running maximum, cut to [0, 1].

    Raises
    ------
    DataError
        If there are no events or their weights do not sum to something positive.
    """
    weight = _weights(values, weight)
    points = np.unique(values)
    order = np.argsort(values, kind="stable")
    start = np.searchsorted(values[order], points, side="left")
    sums = np.add.reduceat(weight[order], start)
    up_to = np.clip(np.maximum.accumulate(np.cumsum(sums)) / weight.sum(), 0.0, 1.0)
    up_to[-1] = 1.0
    below = np.concatenate([[0.0], up_to[:-1]])
    return EmpiricalCDF(points=points, below=below, up_to=up_to)


def weighted_quantile(values: Floats, probabilities: ArrayLike, weight: Floats | None = None) -> Floats:
    """Return the smallest values whose cumulative weight reaches each of the ``probabilities``.

    Without weights this is the quantile of type 1 of Hyndman and Fan (1996), the inverse of the empirical distribution.

    Parameters
    ----------
    values
        Shape (n,).
    probabilities
        In [0, 1], of any shape; the result has the same.
    weight
        Shape (n,); all one if None.

    Raises
    ------
    DataError
        If there are no events or their weights do not sum to something positive.
    ValueError
        If a probability is not in [0, 1].
    """
    wanted = np.asarray(probabilities, dtype=np.float64)
    if not np.all((wanted >= 0) & (wanted <= 1)):
        raise ValueError(f"probabilities lie in [0, 1], not {probabilities!r}")
    cdf = empirical_cdf(values, weight)
    # a sum of n weights is good to about n rounding errors: 0.3 must not miss the third of ten equal weights
    slack = 4 * np.finfo(np.float64).eps * len(values)
    place = np.searchsorted(cdf.up_to, wanted - slack, side="left")
    quantiles: Floats = cdf.points[np.minimum(place, len(cdf.points) - 1)]
    return quantiles


def effective_events(weight: Floats) -> float:
    """Return (Σw)² / Σw², how many events of weight one would have the same relative error; 0 without events."""
    # of weights in units of the largest no square is too large or too small
    weight = weight / (np.abs(weight).max(initial=0.0) or 1.0)
    return float(effective_numbers(weight.sum(), np.square(weight).sum()))


def effective_numbers(total: ArrayLike, squares: ArrayLike) -> Floats:
    """Return (Σw)² / Σw² of sums Σw and Σw², of any one shape; 0 where there are no events."""
    total, squares = np.asarray(total, dtype=np.float64), np.asarray(squares, dtype=np.float64)
    numbers: Floats = np.divide(total**2, squares, out=np.zeros_like(squares), where=squares > 0)
    return numbers


def negative_fraction(weight: Floats) -> float:
    """Return the fraction of Σ|w| that negative weights have, shape (n,)."""
    return float(np.abs(weight[weight < 0]).sum() / np.abs(weight).sum())


def weighted_efficiency(passes: Bools, weight: Floats | None = None, *, level: float = ONE_SIGMA) -> Estimate:
    """Return the fraction of the weight that passes, with its interval.

    The variance, valid for weights of either sign, is ((1-ε)² Σw²(passing) + ε² Σw²(failing)) / (Σw)², by propagation of the
    independent sums. The interval is Wilson's score interval (Brown, Cai, DasGupta 2001, eq. 4) with the number of events that
    has this variance; where ε lies outside [0, 1], as negative weights allow, it is ε ± z σ.

    Raises
    ------
    DataError
        If there are no events or their weights do not sum to something positive.
    """
    weight = _weights(passes, weight)
    total = float(weight.sum())
    value = float(weight[passes].sum()) / total
    squares = np.square(weight)
    passed, failed = float(squares[passes].sum()), float(squares[~passes].sum())
    variance = ((1 - value) ** 2 * passed + value**2 * failed) / total**2
    z = float(ndtri((1 + level) / 2))
    if not 0 <= value <= 1:
        half = z * math.sqrt(variance)
        return Estimate(value=value, low=value - half, high=value + half, level=level, method="propagated, normal")
    events = value * (1 - value) / variance if variance > 0 and 0 < value < 1 else total**2 / (passed + failed)
    centre = (value + z**2 / (2 * events)) / (1 + z**2 / events)
    half = z / (1 + z**2 / events) * math.sqrt(value * (1 - value) / events + z**2 / (4 * events**2))
    low, high = min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half))
    return Estimate(value=value, low=low, high=high, level=level, method="Wilson, effective number of events")


def _weights(values: Floats | Bools, weight: Floats | None) -> Floats:
    """Return the weights as floats, one if there are none, after the check that their sum is positive."""
    weights: Floats = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=np.float64)
    require_length(len(values), weight=weights)
    if len(weights) == 0:
        raise DataError("there are no events")
    if not weights.sum() > 0:
        raise DataError(
            f"the weights of {len(weights)} events sum to {weights.sum():g}; a fraction of that means nothing"
        )
    return weights
