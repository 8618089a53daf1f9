"""How far an asymptotic limit is off where events are few, measured with toys of the counts alone.

What makes asymptotic formulae fail is that counts are small whole numbers, so nuisances are left out: both the asymptotic
limit and that of the toys have them known, which makes a toy a matter of microseconds.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from fivesigma.core.arrays import Floats
from fivesigma.statistics.asymptotic_cls import threshold

__all__ = ["asymptotic_shift"]

_FACTORS = (0.85, 1.0, 1.15, 1.4, 1.8)  # times the asymptotic limit, where toys are made
_NEWTON_STEPS = 12


def asymptotic_shift(
    signal: Floats,
    background: Floats,
    *,
    seed: int,
    sigmas: float = 0.0,
    level: float = 0.95,
    toys: int = 10_000,
) -> float:
    """Return the part by which an asymptotic expected CLs limit falls short of that of toys; negative where it is too weak.

    Parameters
    ----------
    signal, background
        Expected events at μ = 1, shape (bins,); background above zero.
    seed
        Of the toys.
    sigmas
        Which limit of the expected band: 0 is the median, -1 the one that a lucky lack of events would bring.
    level
        Confidence level.
    toys
        How many with and how many without signal, at each of five strengths.

    Returns
    -------
    float
        ``1 - asymptotic / toys``; its statistical error with 10,000 toys is 0.02 for the median and 0.04 at -1 σ.
    """
    limit = _asymptotic_limit(signal, background, sigmas, level)
    rng = np.random.default_rng(seed)
    null = rng.poisson(background, (toys, len(background))).astype(np.float64)
    log_cls = []
    for factor in _FACTORS:
        strength = factor * limit
        with_signal = rng.poisson(strength * signal + background, null.shape).astype(np.float64)
        without = _q_tilde(null, signal, background, strength)
        seen = np.quantile(without, special.ndtr(-sigmas), method="inverted_cdf")
        tail = np.count_nonzero(_q_tilde(with_signal, signal, background, strength) >= seen)
        log_cls.append(np.log((tail + 0.5) / np.count_nonzero(without >= seen)))
    # CLs falls with μ, so the order of the abscissae is turned round
    factor = float(np.interp(np.log(1 - level), np.minimum.accumulate(log_cls)[::-1], _FACTORS[::-1]))
    return 1 - 1 / factor


def _asymptotic_limit(signal: Floats, background: Floats, sigmas: float, level: float) -> float:
    """Return where ``q_A = 2 Σ (μ s - b ln(1 + μ s / b))`` reaches its threshold (1007.1727 section 4.3)."""
    wanted = float(threshold(sigmas, level)) ** 2

    def distance(strength: float) -> float:
        mean = strength * signal
        return float(2 * np.sum(mean - background * np.log1p(mean / background)) - wanted)

    high = 1.0
    while distance(high) < 0:
        high *= 2
    return float(optimize.brentq(distance, 0.0, high))


def _q_tilde(counts: Floats, signal: Floats, background: Floats, strength: float) -> Floats:
    """Return the test statistic of 1007.1727 eq. 16 for each toy, shape (toys,), from counts of shape (toys, bins)."""
    best = _best_strength(counts, signal, background, strength)
    tested, fitted = strength * signal + background, best[:, None] * signal + background
    q = 2 * np.sum(tested - fitted - counts * np.log(tested / fitted), axis=1)
    return np.where(best >= strength, 0.0, np.maximum(q, 0.0))


def _best_strength(counts: Floats, signal: Floats, background: Floats, largest: float) -> Floats:
    """Return the best strength of each toy, shape (toys,), held between 0 and ``largest``.

    The derivative of the log-likelihood falls and is convex in μ, so Newton's method from 0 never overshoots its zero.
    """
    best = np.zeros(len(counts))
    for _ in range(_NEWTON_STEPS):
        mean = best[:, None] * signal + background
        slope = np.sum(counts * signal / mean, axis=1) - signal.sum()
        curvature = np.sum(counts * np.square(signal / mean), axis=1)
        step = np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 0)
        best = np.clip(best + step, 0.0, largest)
    return best
