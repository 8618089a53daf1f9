"""Are two disjoint weighted samples of one distribution? A Kolmogorov–Smirnov test for weights of either sign.

The distance is the textbook's, the largest difference of the two weighted cumulative fractions. Its null distribution is not: with
weights that depend on the value the distance is not distribution free, and an effective number of events put into the textbook's
formula alarms too often or too rarely. It comes of Gaussian replicas of the sums in bins instead, each sample with its own Σw² in
each bin (the multiplier bootstrap of an empirical process: van der Vaart and Wellner, "Weak Convergence and Empirical Processes"
(1996), theorem 2.9.6), which holds for any weights.

The samples must share no event: what an event does to both of them cancels in the distance and not in the replicas, and the test
then never alarms. For the same reason a model's training events are compared with events it never saw, not with all events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats, require_length
from fivesigma.core.errors import DataError
from fivesigma.statistics.bootstrap import require_replicas

__all__ = ["LEAST_P_VALUE", "EqualityTest", "two_sample_test", "uniformity_test"]

_GRID = 100
_REPLICAS = 999
LEAST_P_VALUE = 1 / (1 + _REPLICAS)
"""The smallest p-value of a test with as many replicas as there are unless told otherwise: a bound, and no more is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualityTest:
    """Whether a sample is of the same distribution as another.

    Attributes
    ----------
    difference
        The difference of the cumulative fractions, first minus second, where it is largest in size.
    at
        The value below which those fractions lie.
    p_value
        Of a distance at least as large; not below 1 / (1 + replicas), for it is (1 + exceeding) / (1 + replicas).
    """

    difference: float
    at: float
    p_value: float

    @property
    def distance(self) -> float:
        """The Kolmogorov–Smirnov distance."""
        return abs(self.difference)


def two_sample_test(
    first: Floats,
    second: Floats,
    *,
    first_weight: Floats | None = None,
    second_weight: Floats | None = None,
    calibration: float = 0.0,
    replicas: int = _REPLICAS,
    seed: int = 0,
) -> EqualityTest:
    """Return whether two samples that share no event are of one distribution.

    Parameters
    ----------
    first, second
        Values, shapes (n,) and (m,), all finite. They are compared at 100 quantiles of each, so at every event of a small sample.
    first_weight, second_weight
        Weights of either sign; all one if None.
    calibration
        The relative variance of what the values of a sample were calibrated with, as 1/n if each sample's values are cumulative
        fractions among n other events, or 1/n + 1/m for two calibrations: that much more may the samples differ by chance.
    replicas, seed
        Of the null distribution.

    Raises
    ------
    DataError
        If a sample has no events, weights that do not sum to something positive, or a value that is not finite.
    FivesigmaError
        If there are fewer than one replica.
    """
    samples = [_checked(first, first_weight), _checked(second, second_weight)]
    steps = np.linspace(0, 1, _GRID + 1)
    grid = np.unique([np.quantile(values, steps, method="inverted_cdf") for values, _ in samples])
    parts = [_binned(values, weight, grid) for values, weight in samples]
    (one, one_variance), (other, other_variance) = parts
    pooled = _pooled(one, one_variance, other, other_variance)
    variance = one_variance + other_variance + calibration * np.maximum(pooled, 0.0)
    return _tested(one - other, pooled, variance, grid, replicas, seed)


def uniformity_test(
    values: Floats, weight: Floats | None = None, *, calibration: float = 0.0, replicas: int = _REPLICAS, seed: int = 0
) -> EqualityTest:
    """Return whether a sample is uniform between 0 and 1; parameters and errors as for `two_sample_test`."""
    values, weight = _checked(values, weight)
    grid = np.linspace(0, 1, 2 * _GRID + 1)[1:]
    fractions, variance = _binned(np.clip(values, 0.0, 1.0), weight, grid)
    uniform = np.diff(grid, prepend=0.0)
    return _tested(fractions - uniform, uniform, variance + calibration * uniform, grid, replicas, seed)


def _checked(values: Floats, weight: Floats | None) -> tuple[Floats, Floats]:
    weight = np.ones(len(values)) if weight is None else weight
    require_length(len(values), weight=weight)
    if not len(values):
        raise DataError("a sample without events cannot be compared")
    if not np.isfinite(values).all():
        raise DataError(f"{np.count_nonzero(~np.isfinite(values))} of {len(values)} values are not finite")
    if not weight.sum() > 0:
        raise DataError(f"the weights of {len(weight)} events sum to {weight.sum():g}, not above 0")
    return values, weight


def _binned(values: Floats, weight: Floats, grid: Floats) -> tuple[Floats, Floats]:
    """Return the fraction of the weight in each bin that ends at a point of the grid, itself included, and Σw² / (Σw)² there."""
    place = np.searchsorted(grid, values, side="left")
    sums, squares = (np.bincount(place, power, minlength=len(grid))[: len(grid)] for power in (weight, weight**2))
    total = weight.sum()
    return sums / total, squares / total**2


def _pooled(one: Floats, one_variance: Floats, other: Floats, other_variance: Floats) -> Floats:
    """Return the fractions of both samples together, each by its effective number of events."""
    share = other_variance.sum() / (one_variance.sum() + other_variance.sum())
    pooled: Floats = share * one + (1 - share) * other
    return pooled


def _tested(
    difference: Floats, shape: Floats, variance: Floats, grid: Floats, replicas: int, seed: int
) -> EqualityTest:
    """Return the test of differences in bins, given the common shape and the variance of each bin."""
    require_replicas(replicas)
    distances = np.cumsum(difference)
    place = int(np.argmax(np.abs(distances)))
    largest = float(distances[place])
    exceeding = np.count_nonzero(_null(shape, variance, replicas, seed) >= abs(largest) * (1 - 1e-9))
    return EqualityTest(difference=largest, at=float(grid[place]), p_value=(1 + int(exceeding)) / (1 + replicas))


def _null(shape: Floats, variance: Floats, replicas: int, seed: int) -> Floats:
    """Return the distances, shape (replicas,), of samples that differ by chance alone."""
    noise = np.random.default_rng(seed).standard_normal((replicas, len(variance)), dtype=np.float32)
    walk = np.cumsum(noise * np.sqrt(variance, dtype=np.float32), axis=1, out=noise)
    walk = walk - walk[:, -1:] * np.cumsum(shape, dtype=np.float32)
    distances: Floats = np.abs(walk).max(axis=1).astype(np.float64)
    return distances
