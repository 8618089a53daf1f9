"""Asymptotic CLs upper limits on the signal in one count with an uncertain background, in closed form, many at once.

The background ``b ± σ`` is known from a Poisson measurement off the signal, of ``(b/σ)²`` events at an exposure τ = b/σ² times as
large: what HistFactory calls an uncorrelated shape and pyhf ``shapesys``. Its conditional maximum-likelihood estimate solves a
quadratic equation, so no fit is done. Where counts are small the approximation excludes too much, see
`fivesigma.statistics.poisson_limits` for limits that are exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.statistics.asymptotic_cls import band_thresholds, log_observed_cls
from fivesigma.statistics.poisson import require_counts
from fivesigma.statistics.poisson_limits import require_level

__all__ = [
    "asymptotic_expected_upper_limits",
    "asymptotic_upper_limit",
    "conditional_background",
    "q_tilde",
]

_HALVINGS = 200
_PRECISION = 1e-13


def conditional_background(s: ArrayLike, n: ArrayLike, off: ArrayLike, per_tau: ArrayLike) -> Floats:
    """Return the maximum-likelihood background β of a count ``n`` with a signal ``s``, of the broadcast shape.

    The positive root of ``(1 + 1/τ) β² + ((1 + 1/τ) s - n/τ - b) β - b s = 0`` (physics/0702156 section 5.1, with a signal), where
    ``b = off`` is the background estimate of the off measurement; an exactly known background has 1/τ = 0 and β = b.
    """
    s, n, off, t = (np.asarray(x, dtype=np.float64) for x in (s, n, off, per_tau))
    linear = t * n + off - (1 + t) * s
    root = np.sqrt(np.square(linear) + 4 * (1 + t) * off * s)
    # the form in which nothing cancels, for either sign of the linear term
    below = np.where(root > linear, root - linear, 1.0)
    return np.asarray(np.where(linear > 0, (linear + root) / (2 * (1 + t)), 2 * off * s / below))


def q_tilde(s: ArrayLike, n: ArrayLike, off: ArrayLike, per_tau: ArrayLike) -> Floats:
    """Return q̃ of an upper limit on ``s`` (arXiv:1007.1727 eq. 16), of the broadcast shape.

    0 where more is seen than ``s`` and the background give; where less than the background is seen, relative to no signal.

    Parameters
    ----------
    s
        Signal events tested.
    n, off
        The count, and the background that the measurement off the signal found in it.
    per_tau
        ``1/τ = σ²/b``.
    """
    s, n, off, per_tau = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (s, n, off, per_tau)))
    deviance = _deviance(s, n, off, per_tau)
    fewer = n < off
    reference = np.zeros_like(deviance)
    reference[fewer] = _deviance(np.zeros(np.count_nonzero(fewer)), n[fewer], off[fewer], per_tau[fewer])
    return np.asarray(np.where(n - off > s, 0.0, np.maximum(deviance - reference, 0.0)))


def asymptotic_upper_limit(n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0, level: float = 0.95) -> Floats:
    """Return the asymptotic CLs upper limit on the signal in a count ``n`` with background ``b ± sigma_b``.

    arXiv:1007.1727 section 3.6 with the CLs of its eqs. 64-66, as pyhf has it.

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
    per_tau, profiled = _per_tau(mean, error), _profiled(count, mean, error)

    def excluded(s: Floats) -> Floats:
        q = q_tilde(s, count, mean, per_tau)
        return np.asarray(np.log1p(-level) - log_observed_cls(q, q_tilde(s, profiled, profiled, per_tau)))

    low = np.maximum(count - mean, 0.0)
    return _rising_root(excluded, low, np.sqrt(count + np.square(error)) + 1)


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
    per_tau, asimov = _per_tau(mean, error), mean
    if profiled_on is not None:
        count, mean, error = require_counts(profiled_on, mean, error)
        per_tau, asimov = _per_tau(mean, error), _profiled(count, mean, error)
    thresholds = np.broadcast_to(band_thresholds(level).reshape(-1, *[1] * mean.ndim), (5, *mean.shape))

    def excluded(s: Floats) -> Floats:
        return np.asarray(np.sqrt(q_tilde(s, asimov, asimov, per_tau)) - thresholds)

    return _rising_root(excluded, np.zeros(thresholds.shape), np.sqrt(mean + np.square(error)) + 1)


def _per_tau(mean: Floats, error: Floats) -> Floats:
    return np.divide(np.square(error), mean, out=np.zeros_like(mean), where=mean > 0)


def _profiled(count: Floats, mean: Floats, error: Floats) -> Floats:
    """Return the background that fits a count without any signal best: that of Asimov data profiled on it."""
    return conditional_background(0.0, count, mean, _per_tau(mean, error))


def _deviance(s: Floats, n: Floats, off: Floats, per_tau: Floats) -> Floats:
    """Return -2 ln of the likelihood of the count and of the off measurement at the best background, over its largest value."""
    background = conditional_background(s, n, off, per_tau)
    expected = s + background
    with np.errstate(divide="ignore"):  # n events where none is expected are infinitely unlikely
        on = expected - n + special.xlogy(n, n) - special.xlogy(n, expected)
    shift = np.divide(background - off, off, out=np.zeros_like(on), where=off > 0)
    tau = np.divide(1.0, per_tau, out=np.zeros_like(on), where=per_tau > 0)
    return np.asarray(2 * (on + off * tau * (shift - special.log1p(shift))))


def _rising_root(function: Callable[[Floats], Floats], low: Floats, step: Floats) -> Floats:
    """Return where each of many rising functions crosses zero above ``low``, where all are negative."""
    high = low + step
    while np.any(below := function(high) < 0):
        low, high = np.where(below, high, low), np.where(below, low + 2 * (high - low) + step, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = function(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
        if np.all(high - low <= _PRECISION * (1 + high)):
            break
    return np.asarray((low + high) / 2)
