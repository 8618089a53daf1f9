"""Quantiles of one continuous quantity as smooth functions of the mass.

The place of a mass is t, which goes from -1 to 1 with its logarithm. The spread of the quantity is a polynomial in t, its mean one
plus a multiple of the mass itself, so that such a multiple added to the quantity changes no quantile; both by least squares. Of
what is left, (x - mean) / spread, quantiles are taken in wide overlapping slices of t of equal population; each quantile is
smoothed over the slices by a polynomial, and curves that cross are put in order again (the rearrangement of Chernozhukov,
Fernández-Val and Galichon, arXiv:0704.3649). Beyond the means of the outermost slices the curves stay what they are there; the
mean and the spread go on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["QuantileCurves", "fit_curves", "fit_trend", "polynomials"]

_SLICES, _LEAST_IN_SLICE = 24, 500
_KNOTS = 129
_CORE = np.linspace(0.05, 0.95, 37)
_TAIL_STEPS = 6  # levels for each factor of ten
_OUTERMOST = 2
"""How many events of a slice lie beyond the outermost level."""
_LEAST_SPREAD = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileCurves:
    """Quantiles of a continuous quantity as functions of t.

    Attributes
    ----------
    growth
        Half the logarithm of the largest mass over the smallest.
    mean
        Coefficients of Legendre polynomials in t and, last, of the mass over the largest, shape (order + 2,).
    spread
        Coefficients of Legendre polynomials in t, shape (order + 1,).
    least_spread
        What the spread is at least.
    levels
        Probabilities, ascending from 0 to 1, shape (l,).
    knots
        Places in t, evenly spaced, shape (m,).
    curves
        Quantile of (x - mean) / spread at each knot for each level, not descending, shape (m, l).
    ends
        The smallest and the largest value in the events fitted; no quantile lies outside.
    """

    growth: float
    mean: Floats
    spread: Floats
    least_spread: float
    levels: Floats
    knots: Floats
    curves: Floats
    ends: tuple[float, float]

    def probability(self, x: Floats, t: Floats) -> Floats:
        """Return P(X ≤ x | t) of each pair of ``x`` and ``t``, both of shape (n,)."""
        z = (x - self._mean(t)) / self._spread(t)
        row, share = self._place(t)
        low, high = np.zeros(len(z), dtype=np.intp), np.full(len(z), len(self.levels) - 1, dtype=np.intp)
        for _ in range(math.ceil(math.log2(len(self.levels)))):
            middle = (low + high) // 2
            below = self._curve(row, share, middle) <= z
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        left, right = self._curve(row, share, low), self._curve(row, share, low + 1)
        width = right - left
        part = np.clip(np.divide(z - left, width, out=np.ones_like(z), where=width > 0), 0.0, 1.0)
        part[z < left] = 0.0
        probability: Floats = self.levels[low] + part * (self.levels[low + 1] - self.levels[low])
        return probability

    def value(self, u: Floats, t: Floats) -> Floats:
        """Return the x at which P(X ≤ x | t) is ``u``, each of shape (n,)."""
        row, share = self._place(t)
        low = np.clip(np.searchsorted(self.levels, u, side="right") - 1, 0, len(self.levels) - 2)
        part = (u - self.levels[low]) / (self.levels[low + 1] - self.levels[low])
        left, right = self._curve(row, share, low), self._curve(row, share, low + 1)
        return np.clip((left + part * (right - left)) * self._spread(t) + self._mean(t), *self.ends)

    def _mean(self, t: Floats) -> Floats:
        mean: Floats = _basis(t, len(self.mean) - 2, self.growth) @ self.mean
        return mean

    def _spread(self, t: Floats) -> Floats:
        return np.maximum(legendre.legval(t, self.spread), self.least_spread)

    def _place(self, t: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Return the knot below each ``t`` and how far it is to the next one, in [0, 1]."""
        step = self.knots[1] - self.knots[0]
        if step == 0:
            return np.zeros(len(t), dtype=np.intp), np.zeros(len(t))
        place = (np.clip(t, self.knots[0], self.knots[-1]) - self.knots[0]) / step
        row = np.minimum(place.astype(np.intp), len(self.knots) - 2)
        return row, np.clip(place - row, 0.0, 1.0)

    def _curve(self, row: NDArray[np.intp], share: Floats, level: NDArray[np.intp]) -> Floats:
        between: Floats = (1 - share) * self.curves[row, level] + share * self.curves[row + 1, level]
        return between


def polynomials(t: Floats, order: int) -> Floats:
    """Return the Legendre polynomials up to an order at each ``t``, shape (n, order + 1)."""
    return np.asarray(legendre.legvander(t, order), dtype=np.float64)


def fit_trend(x: Floats, basis: Floats, weight: Floats) -> Floats:
    """Return the coefficients, shape (b, ...), with which a basis, shape (n, b), is nearest to ``x``, shape (n, ...), in squares."""
    weighed = basis * weight[:, None]
    return np.asarray(np.linalg.lstsq(weighed.T @ basis, weighed.T @ x)[0], dtype=np.float64)


def fit_curves(x: Floats, t: Floats, weight: Floats, *, order: int, growth: float) -> QuantileCurves:
    """Return the quantiles of ``x`` as functions of ``t``, with ``weight``, each of shape (n,), n > 0."""
    basis = _basis(t, order, growth)
    mean = fit_trend(x, basis, weight)
    rest = x - basis @ mean
    spread = fit_trend(np.abs(rest), basis[:, :-1], weight)
    least = _LEAST_SPREAD * float(np.abs(rest).mean()) or 1.0
    rest = rest / np.maximum(basis[:, :-1] @ spread, least)
    by_t = np.argsort(t, kind="stable")
    slices = _slices(by_t)
    levels = _levels(len(slices[0]))
    quantiles = np.stack([weighted_quantile(rest[chosen], levels[1:-1], weight[chosen]) for chosen in slices])
    centres = np.array([t[chosen].mean() for chosen in slices])
    knots = np.linspace(centres[0], centres[-1], _KNOTS)
    degree = min(order, len(centres) - 1)
    smooth = fit_trend(quantiles, polynomials(centres, degree), np.ones(len(centres)))
    inner = np.clip(polynomials(knots, degree) @ smooth, rest.min(), rest.max())
    ends = (np.full((_KNOTS, 1), end) for end in (rest.min(), rest.max()))
    curves = np.sort(np.concatenate([*ends, inner], axis=1), axis=1)
    return QuantileCurves(
        growth=growth,
        mean=mean,
        spread=spread,
        least_spread=least,
        levels=levels,
        knots=knots,
        curves=curves,
        ends=(float(x.min()), float(x.max())),
    )


def _basis(t: Floats, order: int, growth: float) -> Floats:
    """Return the polynomials in t and the mass over the largest, shape (n, order + 2)."""
    return np.column_stack([polynomials(t, order), np.exp(growth * (t - 1))])


def _slices(order: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the events of each slice: equally many, each sharing half of them with the next."""
    count = int(np.clip(2 * len(order) // _LEAST_IN_SLICE - 1, 1, _SLICES))
    edges = np.linspace(0, len(order), count + 2).round().astype(int)
    return [order[edges[i] : edges[i + 2]] for i in range(count)]


def _levels(events: int) -> Floats:
    """Return the probabilities of the curves: even steps, and steps of equal ratio in the tails as far as the events go."""
    last = min(_OUTERMOST / events, _CORE[0])
    count = math.ceil(_TAIL_STEPS * math.log10(_CORE[0] / last)) + 1
    tail = np.geomspace(last, _CORE[0], count)[:-1]
    return np.concatenate([[0.0], tail, _CORE, 1 - tail[::-1], [1.0]])
