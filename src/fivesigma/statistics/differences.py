"""Whether a difference is more than luck: the luck of the events, of the training sample, of the seed, and of many comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate

__all__ = ["familywise_level", "normal_interval", "retraining_factor", "seed_variance", "with_seeds"]


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


def normal_interval(value: float, variance: float, *, level: float, method: str) -> Estimate:
    """Return the central interval of a normal distribution about ``value``."""
    half = float(ndtri((1 + level) / 2)) * math.sqrt(variance)
    return Estimate(value=value, low=value - half, high=value + half, level=level, method=method)


def retraining_factor(folds: int) -> float:
    """Return what the variance of an out-of-fold number grows by if estimators trained on other events are meant, too: 1 + k / (k - 1).

    Of k folds each is tested by an estimator that was trained on the k - 1 others. The mean of J tests has the variance
    (1/J + n_test/n_train) σ² where the events that are tested alone give σ²/J: the corrected resampled t-test of C. Nadeau and
    Y. Bengio, "Inference for the generalization error", Machine Learning 52 (2003) 239. Here J = k and n_test/n_train = 1 / (k - 1).

    Notes
    -----
    On labels that mean nothing the factor is 2 at most, whatever k: the score of an event is then a sum over training events, to
    first order, and each pair of events in different folds enters twice, once as training and test, once as test and training.

    Raises
    ------
    FivesigmaError
        If there are fewer than two folds.
    """
    if folds < 2:
        raise FivesigmaError(f"out-of-fold scores need two folds or more, not {folds}")
    return 1 + folds / (folds - 1)


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
