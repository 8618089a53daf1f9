"""Whether a difference is more than luck: the luck of the events, of the training sample, of the seed, and of many comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import ONE_SIGMA, Estimate

__all__ = ["RETRAINING", "familywise_level", "normal_interval", "seed_variance", "with_seeds"]

RETRAINING = 2.0
"""What the variance of an out-of-fold number grows by if estimators that were trained on other events are meant, too.

The folds are tested by estimators that trained on each other's events. Where labels mean nothing, the score of an event is to
first order a sum over the events trained on, so that each pair of events in different folds counts twice, once with either as the
one that is tested: twice the variance that the events tested have by themselves, whatever the number k of folds. Measured on
differences of AUC between classifiers of equal worth it lies between 0.7 and 2.2, by how much there is to learn and by k.
C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003) 239, give 1 + k n_test / n_train, which is
1 + k / (k - 1): the same for many folds, but 3 for two, where that raises one false alarm in a hundred instead of five.
"""


def familywise_level(error_rate: float, comparisons: int) -> float:
    """Return the level at which so many intervals are all right together but for a probability of at most ``error_rate``.

    It is 1 - error_rate / comparisons (Bonferroni), however the comparisons depend on one another.

    Raises
    ------
    FivesigmaError
        If the error rate is not between 0 and 1.
    """
    if not 0 < error_rate < 1:
        raise FivesigmaError(f"an error rate lies between 0 and 1, and {error_rate:g} does not")
    return 1 - error_rate / max(1, comparisons)


def normal_interval(value: float, variance: float, *, level: float = ONE_SIGMA, method: str) -> Estimate:
    """Return the central interval of a normal distribution about ``value``."""
    half = float(ndtri((1 + level) / 2)) * math.sqrt(variance)
    return Estimate(value=value, low=value - half, high=value + half, level=level, method=method)


def seed_variance(values: Sequence[float]) -> float:
    """Return the variance that the luck of the seed gives a mean over N seeds: that of the N ``values``, over N; 0 for N < 2."""
    return float(np.var(values, ddof=1)) / len(values) if len(values) > 1 else 0.0


def with_seeds(estimate: Estimate, values: Sequence[float]) -> Estimate:
    """Return the estimate of a model of N seeds with the luck of the seeds in its interval.

    Parameters
    ----------
    estimate
        Of the averaged scores, with an interval for the events.
    values
        The same number for the scores of each seed alone, shape (N,); fewer than two change nothing.

    Notes
    -----
    Either side of the interval grows in quadrature by z s / √N, s being the standard deviation of the values and z the normal quantile
    of the interval's level. Averaging scores is taken to average their numbers; and s, of a few seeds, is itself only known to a
    fraction of 1 / √(2 (N - 1)).
    """
    if len(values) < 2:
        return estimate
    luck = float(ndtri((1 + estimate.level) / 2)) * math.sqrt(seed_variance(values))
    below, above = max(0.0, estimate.value - estimate.low), max(0.0, estimate.high - estimate.value)
    return Estimate(
        value=estimate.value,
        low=estimate.value - math.hypot(below, luck),
        high=estimate.value + math.hypot(above, luck),
        level=estimate.level,
        method=f"{estimate.method}; with the spread over {len(values)} seeds",
    )
