"""The profile likelihood ratio of the signal strength on one set of data, for any engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy import optimize

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.engine import Data, Fit, Model

__all__ = ["Profile", "nominal_asimov", "profiled_asimov", "rising_root"]

_LARGEST = 1e9


class Profile:
    """Fits of one set of data at fixed and at free signal strength μ; each is done once.

    Parameters
    ----------
    model
        The statistical model.
    data
        What is fitted.
    truth
        The strength from which ``data`` are Asimov data, where the free fit starts; None for observed data.
    """

    def __init__(self, model: Model, data: Data, *, truth: float | None = None) -> None:
        self.model, self.data, self._truth = model, data, truth
        self._at: dict[float, Fit] = {}

    @cached_property
    def best(self) -> Fit:
        """The fit with μ free; it may be negative as far as the expected yields stay positive."""
        start = self.model.nominal.copy()
        start[self.model.poi] = 1.0 if self._truth is None else self._truth
        return self.model.fit(self.data, start=start)

    @property
    def strength(self) -> float:
        """The best signal strength."""
        return float(self.best.values[self.model.poi])

    @property
    def error(self) -> float:
        """Standard deviation of the best signal strength, from the Fisher information.

        Raises
        ------
        FivesigmaError
            If the data say nothing of the strength.
        """
        variance = float(self.best.covariance[self.model.poi, self.model.poi])
        if not variance > 0:
            raise FivesigmaError("the expected yields do not depend on the signal strength: there is nothing to fit")
        return float(np.sqrt(variance))

    def at(self, strength: float) -> Fit:
        """Return the fit with μ held at ``strength``, started from the nearest one done before."""
        if strength not in self._at:
            near = min(self._at, key=lambda done: abs(done - strength), default=None)
            start = self.best.values if near is None else self._at[near].values
            self._at[strength] = self.model.fit(self.data, fixed={self.model.poi: strength}, start=start)
        return self._at[strength]

    def rise(self, strength: float) -> float:
        """Return ``-2 ln λ(μ)``, how much the deviance rises from the best fit to μ = ``strength``."""
        return max(self.at(strength).deviance - self.best.deviance, 0.0)

    def q_tilde(self, strength: float) -> float:
        """Return the test statistic of upper limits: arXiv:1007.1727 eq. 16."""
        if self.strength > strength:
            return 0.0
        if self.strength < 0:
            return max(self.at(strength).deviance - self.at(0.0).deviance, 0.0)
        return self.rise(strength)

    def q_zero(self) -> float:
        """Return the test statistic of discovery: arXiv:1007.1727 eq. 12; 0 for a deficit."""
        return self.rise(0.0) if self.strength > 0 else 0.0

    def interval(self) -> tuple[float, float]:
        """Return where the deviance has risen by one on either side; the lower end stops at the parameter's bound."""
        least = self.model.parameters[self.model.poi].low
        high = rising_root(lambda mu: self.rise(mu) - 1, self.strength, self.error)
        if self.strength <= least or self.rise(least) < 1:
            return min(least, self.strength), high
        low = optimize.brentq(lambda mu: self.rise(mu) - 1, least, self.strength, xtol=1e-6 * self.error)
        return float(low), high


def nominal_asimov(model: Model, strength: float) -> Data:
    """Return Asimov data at μ = ``strength`` with every nuisance at its nominal value: what a blind analysis may use."""
    values = model.nominal.copy()
    values[model.poi] = strength
    return model.asimov(values)


def profiled_asimov(profile: Profile, strength: float) -> Data:
    """Return Asimov data at μ = ``strength`` with the nuisances fitted to the data: arXiv:1007.1727 section 3.2; never blind."""
    return profile.model.asimov(profile.at(strength).values)


def rising_root(function: Callable[[float], float], low: float, step: float) -> float:
    """Return where a function that is not positive at ``low`` and rises beyond it crosses zero.

    Few calls are made, as each costs a fit; for many functions at once that cost none see `fivesigma.statistics.roots`.

    Raises
    ------
    FivesigmaError
        If it does not cross below a strength of 1e9.
    """
    high = low + 2 * step
    while function(high) < 0:
        low, high = high, high + 2 * (high - low)
        if high > _LARGEST:
            raise FivesigmaError(
                f"no signal strength below {_LARGEST:g} is excluded: the signal is too small, or too uncertain"
            )
    return float(optimize.brentq(function, low, high, xtol=1e-6 * step, rtol=1e-8))
