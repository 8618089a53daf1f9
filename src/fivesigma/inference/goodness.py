"""Whether a fitted model describes the data."""

from __future__ import annotations

from scipy import stats

from fivesigma.core.arrays import Floats
from fivesigma.inference.engine import Fit, Model
from fivesigma.statistics.poisson import deviance_moments

__all__ = ["deviance_p_value", "goodness_of_fit"]


def goodness_of_fit(model: Model, fit: Fit) -> float | None:
    """Return the p-value of the deviance; None where free parameters are as many as bins."""
    free = sum(parameter.width is None for parameter in model.parameters)
    return deviance_p_value(fit.deviance, model.expected(fit.values), free)


def deviance_p_value(deviance: float, expected: Floats, free: int) -> float | None:
    """Return how often the deviance of Poisson counts is as large; None where free parameters are as many as bins.

    The deviance would follow χ² with bins less free parameters (R. Cousins (2013) on Baker and Cousins (1984)) if
    events were many; at two a bin that rejects a true model several times too often. So a multiple of χ² is taken that has
    the exact mean and variance of the bins' deviances at the fitted yields, both times (bins - free) / bins.

    Parameters
    ----------
    deviance
        ``2 Σ (μ - n + n ln(n/μ))`` at its minimum.
    expected
        Events in each bin there, shape (n,).
    free
        Parameters that were fitted and that nothing else constrains.
    """
    left = 1 - free / len(expected)
    if left <= 0:
        return None
    mean, variance = (float(moment.sum()) for moment in deviance_moments(expected))
    return float(stats.gamma.sf(deviance, left * mean**2 / variance, scale=variance / mean))
