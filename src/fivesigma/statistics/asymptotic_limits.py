"""Asymptotic CLs upper limits on the signal in counts with an uncertain background, many at once.

The likelihood is that of `fivesigma.statistics.on_off_likelihood`, whose background is profiled in closed form: no fit is done. Where
counts are small the approximation excludes too much; `fivesigma.statistics.poisson_limits` has limits that are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.statistics.asymptotic_cls import band_thresholds, log_observed_cls
from fivesigma.statistics.on_off_likelihood import conditional_background, per_tau_of, q_tilde
from fivesigma.statistics.poisson import require_counts
from fivesigma.statistics.poisson_limits import require_level
from fivesigma.statistics.roots import rising_root

__all__ = ["asymptotic_expected_upper_limits", "asymptotic_upper_limit"]


def asymptotic_upper_limit(n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0, level: float = 0.95) -> Floats:
    """Return the asymptotic CLs upper limit on the signal in a count ``n`` with background ``b ± sigma_b``.

    arXiv:1007.1727 section 3.7 with the CLs of its eqs. 64-66, as pyhf has it.

    Parameters
    ----------
    n, b, sigma_b
        Counts, backgrounds and their absolute uncertainties; shapes that broadcast.
    level
        Confidence level.

    Returns
    -------
    Floats
        Limits in events, of the broadcast shape.

    Raises
    ------
    FivesigmaError
        If a number is negative or not finite, or a background of zero has an uncertainty.
    """
    count, mean, error = require_counts(n, b, sigma_b)
    require_level(level)
    per_tau, profiled = per_tau_of(mean, error), _profiled(count, mean, error)

    def excluded(s: Floats) -> Floats:
        q = q_tilde(s, count, mean, per_tau)
        return np.asarray(np.log1p(-level) - log_observed_cls(q, q_tilde(s, profiled, profiled, per_tau)))

    low = np.maximum(count - mean, 0.0)
    return rising_root(excluded, low, np.sqrt(count + np.square(error)) + 1)


def asymptotic_expected_upper_limits(
    b: ArrayLike, sigma_b: ArrayLike = 0.0, level: float = 0.95, *, profiled_on: ArrayLike | None = None
) -> Floats:
    """Return the asymptotic CLs limits on ``s`` at -2, -1, 0, +1, +2 σ of what the background alone gives.

    All five follow from one curve ``q_A(s)`` of Asimov data: each is where ``√q_A`` reaches its
    `~fivesigma.statistics.asymptotic_cls.band_thresholds`.

    Parameters
    ----------
    b, sigma_b
        Backgrounds and their absolute uncertainties; shapes that broadcast.
    level
        Confidence level.
    profiled_on
        Counts on which the background of the Asimov data is fitted first, as pyhf does; the "expected" limits then depend on what
        was seen. None: the Asimov data are at the nominal background, as a blind analysis must have it.

    Returns
    -------
    Floats
        Shape (5, ...), before the broadcast shape.
    """
    mean, error = require_counts(b, sigma_b)
    require_level(level)
    per_tau, asimov = per_tau_of(mean, error), mean
    if profiled_on is not None:
        count, mean, error = require_counts(profiled_on, mean, error)
        per_tau, asimov = per_tau_of(mean, error), _profiled(count, mean, error)
    thresholds = np.broadcast_to(band_thresholds(level).reshape(-1, *[1] * mean.ndim), (5, *mean.shape))

    def excluded(s: Floats) -> Floats:
        return np.asarray(np.sqrt(q_tilde(s, asimov, asimov, per_tau)) - thresholds)

    return rising_root(excluded, np.zeros(thresholds.shape), np.sqrt(mean + np.square(error)) + 1)


def _profiled(count: Floats, mean: Floats, error: Floats) -> Floats:
    """Return the background that fits a count without any signal best: that of Asimov data profiled on it."""
    return conditional_background(0.0, count, mean, per_tau_of(mean, error))
