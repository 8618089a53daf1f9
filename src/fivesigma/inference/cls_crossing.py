"""Where a CLs curve that is known from toys alone falls below its threshold, with the statistical error of that.

Each point is noisy, so the first below the threshold lies too low: the more points there are, the likelier one of them is there by
chance. All points around the crossing are fitted together instead. The toys with signal that lie in the tail are Poisson counts whose
mean falls locally as ``exp(a + c x + d x²)``: a log-linear model (P. McCullagh and J. Nelder, Generalized Linear Models, 1989,
section 6.2), in which points without any toy tell as much as they should.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from fivesigma.core.arrays import Floats

__all__ = ["Crossing", "Tails", "cls_crossing"]

_REACH = np.log(3.0)  # in ln μ, how far from the crossing a point still counts
_TERMS = 3  # of the local polynomial
_ROUNDS, _STEPS = 10, 30
_HALF = 0.5  # toys, where logarithms need more than none


@dataclass(frozen=True, slots=True, kw_only=True)
class Tails:
    """Toys that are as much like background as the data, or more, at each strength.

    Attributes
    ----------
    strength
        Above zero and increasing, shape (points,).
    with_signal
        Numbers in the tail of those with signal, shape (points,).
    expected
        Numbers that would lie there at CLs = 1: the toys with signal times the tail of those without, shape (points,).
    without
        Numbers in the tail of those without signal, shape (points,).
    """

    strength: Floats
    with_signal: Floats
    expected: Floats
    without: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A limit and its relative statistical error; None where too few points lie around it to tell."""

    strength: float
    error: float | None


def cls_crossing(tails: Tails, level: float) -> Crossing:
    """Return where CLs falls below ``1 - level``.

    A local log-linear fit with tricube weights in ln μ (W. Cleveland, JASA 74 (1979) 829, section 2), centred on its own
    crossing; it starts from that of the monotone curve closest to the points.
    """
    wanted = np.log(1 - level)
    centre = _monotone_crossing(tails, wanted)
    error: float | None = None
    for _ in range(_ROUNDS):
        kernel = np.clip(1 - np.abs(np.log(tails.strength / centre) / _REACH) ** 3, 0, None) ** 3
        near = (kernel > 0) & (tails.expected > 0)
        x = tails.strength[near] / centre - 1
        if len(x) <= _TERMS or not np.any(tails.with_signal[near]):
            break
        terms, covariance = _fit(x, tails.with_signal[near], tails.expected[near], kernel[near])
        slope = float(terms[1])
        if not slope < 0:
            break
        step = float(np.clip((wanted - terms[0]) / slope, -0.2, 0.2))
        without = float(np.interp(centre, tails.strength, tails.without))
        error = float(np.sqrt(covariance[0, 0] + 1 / max(without, _HALF)) / -slope)
        centre = float(np.clip(centre * (1 + step), tails.strength[0] / 2, tails.strength[-1]))
        if abs(step) < 1e-6:
            break
    return Crossing(strength=centre, error=error)


def _fit(x: Floats, counts: Floats, expected: Floats, kernel: Floats) -> tuple[Floats, Floats]:
    """Return the coefficients of ``ln(mean / expected)`` in powers of x, and their covariance, by Newton's method."""
    powers = np.vander(x, _TERMS, increasing=True)
    terms = np.linalg.lstsq(
        powers * np.sqrt(kernel * (counts + _HALF))[:, None],
        np.log((counts + _HALF) / expected) * np.sqrt(kernel * (counts + _HALF)),
        rcond=None,
    )[0]
    for _ in range(_STEPS):
        mean = expected * np.exp(np.clip(powers @ terms, -30, 5))
        bread = (powers.T * (kernel * mean)) @ powers
        step = np.linalg.lstsq(bread, powers.T @ (kernel * (counts - mean)), rcond=None)[0]
        terms = terms + step * min(1.0, 2 / max(float(np.abs(powers @ step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    inverse = np.linalg.pinv(bread)
    return terms, inverse @ ((powers.T * (kernel**2 * mean)) @ powers) @ inverse


def _monotone_crossing(tails: Tails, wanted: float) -> float:
    weight = np.maximum(tails.expected, _HALF)
    falling = optimize.isotonic_regression(tails.with_signal / weight, weights=weight, increasing=False).x
    logarithm = np.log(np.clip(falling, _HALF / weight, 1.0))
    strength, curve = np.append(0.0, tails.strength), np.append(0.0, np.minimum.accumulate(logarithm))
    return float(np.interp(-wanted, -curve, strength))
