"""Each feature as its quantile among events of the same mass, u = F(x | m), and back: features that know nothing of the mass.

A classifier of events in a window of mass against those beside it learns the mass from any feature that follows it. Its quantile
among events of the same mass is uniform at every mass, and thereby independent of it. The quantiles follow the mass by
polynomials of low order in log m, so that a resonance, a few per cent wide and of a per cent of the events, hardly bends them:
what it does to the features stays visible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats, require_length
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.statistics.quantile_curves import QuantileCurves, fit_curves, fit_trend, polynomials

__all__ = ["ConditionalFeature", "ConditionalQuantiles"]

_LEAST_EVENTS = 100
_SPIKE = 0.01
_HIGHEST_ORDER = 6
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalFeature:
    """The distribution of a feature given t, the place in log m: spikes at single values, and a continuous rest.

    Attributes
    ----------
    spikes
        Values that a hundredth of the events or more have exactly, ascending, shape (s,).
    shares
        Share of each spike, and last of the rest, as Legendre coefficients in t, shape (order + 1, s + 1).
    rest
        Quantiles of the other events.
    """

    spikes: Floats
    shares: Floats
    rest: QuantileCurves

    def quantile(self, x: Floats, t: Floats) -> Floats:
        """Return F(x | t), shape (n,), in the middle of its step for a spike."""
        shares = self._shares(t)
        steps = np.concatenate([np.zeros((len(t), 1)), np.cumsum(shares[:, :-1], axis=1)], axis=1)
        events = np.arange(len(x))
        below, up_to = (steps[events, np.searchsorted(self.spikes, x, side=side)] for side in ("left", "right"))
        quantile: Floats = (below + up_to) / 2 + shares[:, -1] * self.rest.probability(x, t)
        return np.clip(quantile, 0.0, 1.0)

    def value(self, u: Floats, t: Floats) -> Floats:
        """Return the x at which F(x | t) is ``u``, shape (n,): anywhere on its step, the spike."""
        shares = self._shares(t)
        before, passed, on = np.zeros(len(u)), np.zeros(len(u)), np.full(len(u), np.nan)
        for place, spike in enumerate(self.spikes):
            low = before + shares[:, -1] * self.rest.probability(np.full(len(u), spike), t)
            high = low + shares[:, place]
            on[np.isnan(on) & (low - _ROUNDING <= u) & (u <= high + _ROUNDING)] = spike
            passed += np.where(u > high, shares[:, place], 0.0)
            before += shares[:, place]
        share = shares[:, -1]
        beside = np.divide(u - passed, share, out=np.full(len(u), 0.5), where=share > 0)
        return np.where(np.isnan(on), self.rest.value(np.clip(beside, 0.0, 1.0), t), on)

    def _shares(self, t: Floats) -> Floats:
        """Return the share of each spike and of the rest at each ``t``, shape (n, s + 1)."""
        shares = np.maximum(polynomials(t, len(self.shares) - 1) @ self.shares, 0.0)
        normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
        return normalised


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalQuantiles:
    """Quantiles of features among events of the same mass.

    Attributes
    ----------
    masses
        The smallest and the largest mass in the events fitted; any beyond counts as the nearer of the two.
    order
        Of the polynomials in log m.
    features
        The distribution of each feature given the mass.
    """

    masses: tuple[float, float]
    order: int
    features: tuple[ConditionalFeature, ...]

    @classmethod
    def fit(
        cls, X: ArrayLike, mass: ArrayLike, *, weight: ArrayLike | None = None, order: int = 3
    ) -> ConditionalQuantiles:
        """Return the quantiles of features given the mass, as events have them.

        Parameters
        ----------
        X
            Features, shape (n, k); what is missing (NaN) does not count.
        mass
            Shape (n,), in any unit, above zero; events without one do not count.
        weight
            Shape (n,); all one if None.
        order
            Of the polynomials in log m, from 0, which takes all masses together, to 6. Three follow a spectrum over a factor of
            three in mass; more are bent more by a resonance.

        Raises
        ------
        FivesigmaError
            If there is no such order.
        DataError
            If a mass is not above zero, a feature is infinite or fewer than 100 events have it, or weights do not sum to
            something positive.
        """
        if not 0 <= order <= _HIGHEST_ORDER:
            raise FivesigmaError(f"polynomials in log m are of order 0 to {_HIGHEST_ORDER}, not {order}")
        features, mass = _features_and_mass(X, mass)
        weight = np.ones(len(mass)) if weight is None else np.asarray(weight, dtype=np.float64)
        require_length(len(mass), weight=weight)
        there = ~np.isnan(mass)
        if there.sum() < _LEAST_EVENTS:
            raise DataError(_too_few(int(there.sum()), "a mass"))
        masses = (float(mass[there].min()), float(mass[there].max()))
        t = _place(mass, masses)
        fitted = []
        for j, column in enumerate(features.T):
            used = there & ~np.isnan(column)
            if used.sum() < _LEAST_EVENTS:
                raise DataError(_too_few(int(used.sum()), f"feature {j} (counted from 0) and a mass"))
            fitted.append(_fit_feature(column[used], t[used], weight[used], order, np.log(masses[1] / masses[0]) / 2))
        return cls(masses=masses, order=order, features=tuple(fitted))

    def quantile(self, X: ArrayLike, mass: ArrayLike) -> Floats:
        """Return u = F(x | m) of each feature of each event, in [0, 1], shape (n, k); of a missing value, NaN.

        It never falls as x rises. A value beyond those fitted has quantile 0 or 1, one of many equal values the middle of theirs.

        Raises
        ------
        DataError
            If a mass is not above zero, a feature is infinite, or there are not as many features as were fitted.
        """
        features, mass = _features_and_mass(X, mass)
        return self._each(features, mass, ConditionalFeature.quantile)

    def value(self, u: ArrayLike, mass: ArrayLike) -> Floats:
        """Return the features x = F⁻¹(u | m), shape (n, k), of quantiles ``u`` of that shape; of a missing one, NaN.

        It never falls as u rises, and lies within the values fitted. `quantile` of it gives u again, but for spikes.

        Raises
        ------
        DataError
            If a mass is not above zero, a quantile is not in [0, 1], or there are not as many as features were fitted.
        """
        quantiles, mass = _features_and_mass(u, mass)
        if np.any((quantiles < 0) | (quantiles > 1)):
            raise DataError("quantiles lie in [0, 1]")
        return self._each(quantiles, mass, ConditionalFeature.value)

    def _each(
        self, columns: Floats, mass: Floats, function: Callable[[ConditionalFeature, Floats, Floats], Floats]
    ) -> Floats:
        """Return a function of each feature's column and the place in log m, where there are both."""
        if columns.shape[1] != len(self.features):
            raise DataError(f"{columns.shape[1]} features are given, and {len(self.features)} were fitted")
        t = _place(mass, self.masses)
        result = np.full(columns.shape, np.nan)
        for j, feature in enumerate(self.features):
            there = ~np.isnan(columns[:, j]) & ~np.isnan(mass)
            result[there, j] = function(feature, columns[there, j], t[there])
        return result


def _features_and_mass(X: ArrayLike, mass: ArrayLike) -> tuple[Floats, Floats]:
    features, mass = np.asarray(X, dtype=np.float64), np.asarray(mass, dtype=np.float64)
    require_length(len(mass), X=features)
    if np.any(mass <= 0) or np.isinf(mass).any():
        raise DataError("masses are above zero and finite; their logarithm is needed")
    if infinite := np.flatnonzero(np.isinf(features).any(axis=0)).tolist():
        raise DataError(f"feature {infinite[0]} (counted from 0) is infinite in some events; it has no quantile there")
    return features, mass


def _too_few(events: int, what: str) -> str:
    return f"{events} events have {what}; quantiles given the mass need {_LEAST_EVENTS} or more"


def _place(mass: Floats, masses: tuple[float, float]) -> Floats:
    """Return where in log m each event is, from -1 at the smallest mass to 1 at the largest."""
    low, high = np.log(masses)
    if low == high:
        return np.zeros_like(mass)
    place: Floats = np.clip(2 * (np.log(mass) - low) / (high - low) - 1, -1.0, 1.0)
    return place


def _fit_feature(x: Floats, t: Floats, weight: Floats, order: int, growth: float) -> ConditionalFeature:
    values, counts = np.unique(x, return_counts=True)
    spikes = values[counts >= _SPIKE * len(x)]
    which, on = np.searchsorted(spikes, x), np.isin(x, spikes)
    indicators = np.zeros((len(x), len(spikes) + 1))
    indicators[np.arange(len(x)), np.where(on, which, len(spikes))] = 1.0
    rest = ~on if not on.all() else on  # without a rest its share is zero, whatever it is
    return ConditionalFeature(
        spikes=spikes,
        shares=fit_trend(indicators, polynomials(t, order), weight),
        rest=fit_curves(x[rest], t[rest], weight[rest], order=order, growth=growth),
    )
