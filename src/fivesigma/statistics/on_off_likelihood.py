"""The likelihood of counts whose background is known from counts off the signal, profiled in closed form, many at once.

A background ``b ± σ`` is taken for a Poisson measurement of ``(b/σ)²`` events off the signal, at an exposure τ = b/σ² times as large:
the on/off problem, or what HistFactory calls an uncorrelated shape and pyhf ``shapesys``. Its conditional maximum-likelihood
estimate solves a quadratic equation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import ONE_SIGMA
from fivesigma.statistics.poisson import require_counts
from fivesigma.statistics.poisson_limits import require_level
from fivesigma.statistics.roots import rising_root

__all__ = ["conditional_background", "deviance", "per_tau_of", "q_tilde", "signal_interval"]


def signal_interval(
    n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0, level: float = ONE_SIGMA
) -> tuple[Floats, Floats]:
    """Return the ends of the profile-likelihood interval of the signal in counts ``n``, around ``n - b``.

    Where the deviance has risen by the quantile of χ² of one degree of freedom (S. Wilks 1938; for the on/off problem W. Rolke, A. López
    and J. Conrad, physics/0403059). The signal may be negative as far as the expectation is not.

    Parameters
    ----------
    n, b, sigma_b
        Counts, backgrounds and their absolute uncertainties; shapes that broadcast.
    level
        Confidence level.

    Returns
    -------
    tuple of Floats
        Lower and upper ends in events, of the broadcast shape.

    Raises
    ------
    FivesigmaError
        If a number is negative or not finite, or a background of zero has an uncertainty.
    """
    count, mean, error = require_counts(n, b, sigma_b)
    require_level(level)
    per_tau, rise = per_tau_of(mean, error), float(stats.chi2.ppf(level, 1))
    best, step = count - mean, np.sqrt(count + np.square(error)) + 0.5

    def end(side: float) -> Floats:
        distance = rising_root(
            lambda x: deviance(best + side * x, count, mean, per_tau) - rise, np.zeros(best.shape), step
        )
        return np.asarray(best + side * distance)

    return end(-1.0), end(1.0)


def conditional_background(s: ArrayLike, n: ArrayLike, off: ArrayLike, per_tau: ArrayLike) -> Floats:
    """Return the maximum-likelihood background β of a count ``n`` with a signal ``s``, of the broadcast shape.

    The larger root of ``(1 + 1/τ) β² + ((1 + 1/τ) s - n/τ - b) β - b s = 0``, where the on/off likelihood (physics/0702156) with a
    given signal is stationary; ``b = off`` is what the off measurement found. A known background has 1/τ = 0 and β = b.
    """
    s, n, off, t = (np.asarray(x, dtype=np.float64) for x in (s, n, off, per_tau))
    linear = t * n + off - (1 + t) * s
    root = np.sqrt(np.maximum(np.square(linear) + 4 * (1 + t) * off * s, 0.0))
    # the form in which nothing cancels, for either sign of the linear term
    below = np.where(root > linear, root - linear, 1.0)
    best = np.where(linear > 0, (linear + root) / (2 * (1 + t)), 2 * off * s / below)
    return np.asarray(np.where(t > 0, best, off))


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
    rise = deviance(s, n, off, per_tau)
    fewer = n < off
    reference = np.zeros_like(rise)
    reference[fewer] = deviance(np.zeros(np.count_nonzero(fewer)), n[fewer], off[fewer], per_tau[fewer])
    return np.asarray(np.where(n - off > s, 0.0, np.maximum(rise - reference, 0.0)))


def deviance(s: Floats, n: Floats, off: Floats, per_tau: Floats) -> Floats:
    """Return ``-2 ln`` of the likelihood at ``s`` and its best background, over the largest there is, that of ``s = n - b``.

    All arrays of one shape; infinite where no background leaves an expectation that can give n.
    """
    background = conditional_background(s, n, off, per_tau)
    expected = s + background
    possible = expected > -1e-12 * background
    expected = np.maximum(expected, 0.0)
    with np.errstate(divide="ignore"):  # n events where none is expected are infinitely unlikely
        on = expected - n + special.xlogy(n, n) - special.xlogy(n, expected)
    shift = np.divide(background - off, off, out=np.zeros_like(on), where=off > 0)
    tau = np.divide(1.0, per_tau, out=np.zeros_like(on), where=per_tau > 0)
    aside = off * tau * (shift - special.log1p(shift))
    return np.asarray(np.where(possible, 2 * np.maximum(on + aside, 0.0), np.inf))


def per_tau_of(mean: Floats, error: Floats) -> Floats:
    """Return ``1/τ = σ²/b``, the exposure on over that off; 0 for a known background."""
    return np.divide(np.square(error), mean, out=np.zeros_like(mean), where=mean > 0)
