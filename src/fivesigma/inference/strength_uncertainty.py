"""What a counted signal strength costs in statistics and in each systematic, by linear propagation of uncertainties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.quadrature import quadrature

__all__ = ["StrengthUncertainty", "strength_uncertainty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthUncertainty:
    """The standard deviation of the signal strength μ at μ = 1, by source; every array of the same shape.

    Attributes
    ----------
    statistics
        From the Poisson number of events.
    signal, background
        From the efficiencies of signal and background.
    luminosity
        From the luminosity, which moves signal and background together.
    detector
        From changes of the number of events that shifted features make.
    systematic
        The last four, in quadrature.
    total
        ``statistics`` and ``systematic``, in quadrature.
    """

    statistics: Floats
    signal: Floats
    background: Floats
    luminosity: Floats
    detector: Floats
    systematic: Floats
    total: Floats


def strength_uncertainty(
    signal: ArrayLike,
    background: ArrayLike,
    *,
    luminosity: ArrayLike = 0.0,
    signal_efficiency: ArrayLike = 0.0,
    background_efficiency: ArrayLike = 0.0,
    detector: ArrayLike = 0.0,
) -> StrengthUncertainty:
    """Return the uncertainty of the signal strength in a count ``n = μ S + B``, at μ = 1.

    With ``S = L ε_S σ_S`` and ``B = L ε_B σ_B`` the strength is ``μ = (n - L ε_B σ_B) / (L ε_S σ_S)``, and its Jacobian at
    μ = 1, where ``n = S + B``, is::

        ∂μ/∂n = 1/S    ∂μ/∂ln ε_S = -μ = -1    ∂μ/∂ln ε_B = -B/S    ∂μ/∂ln L = -(S + B)/S = -n/S

    times the standard deviations ``√n``, those of the logarithms, which are the relative ones, and the change ``detector`` of n.
    The sources are independent, so they add in quadrature. What is left out is of second order in the relative
    uncertainties (PDG review of statistics, section 40.2.6, error propagation).

    Parameters
    ----------
    signal, background
        Expected events S > 0 and B ≥ 0 at μ = 1, at the luminosity: of one cut or of many; shapes that broadcast, with all others.
    luminosity, signal_efficiency, background_efficiency
        Relative uncertainties, 0.02 for 2 %.
    detector
        The change of the number of events, ``ΔS + ΔB``, that a shift of the features by one standard deviation makes; its sign
        does not matter.

    Returns
    -------
    StrengthUncertainty
        Arrays of the broadcast shape.

    Raises
    ------
    FivesigmaError
        If a signal is not positive, a background or an uncertainty is negative, or a number is not finite.
    """
    s, b = _checked("the expected signal", signal), _checked("the expected background", background)
    _require(s > 0, s, "the expected signal is {0}; its strength has no uncertainty without any signal")
    luminosity = _checked("the relative uncertainty of the luminosity", luminosity)
    signal_efficiency = _checked("the relative uncertainty of the signal efficiency", signal_efficiency)
    background_efficiency = _checked("the relative uncertainty of the background efficiency", background_efficiency)
    change = np.asarray(detector, dtype=np.float64)
    _require(
        np.isfinite(change), change, "the change of the number of events by the detector is {0}; it must be finite"
    )
    n = s + b
    statistics, one, two, three, four = np.broadcast_arrays(
        np.sqrt(n) / s, signal_efficiency, b / s * background_efficiency, n / s * luminosity, np.abs(change) / s
    )
    systematic = quadrature(one, two, three, four)
    return StrengthUncertainty(
        statistics=statistics,
        signal=one,
        background=two,
        luminosity=three,
        detector=four,
        systematic=systematic,
        total=quadrature(statistics, systematic),
    )


def _checked(name: str, numbers: ArrayLike) -> Floats:
    array = np.asarray(numbers, dtype=np.float64)
    _require(np.isfinite(array) & (array >= 0), array, f"{name} is {{0}}; it must be finite and not negative")
    return array


def _require(holds: Bools, numbers: Floats, message: str) -> None:
    """Raise FivesigmaError with the first number for which something does not hold, and where it stands if there are many."""
    if np.all(holds):
        return
    place = np.flatnonzero(~np.ravel(holds))[0]
    where = f"entry {place} of {numbers.size}: " if numbers.size > 1 else ""
    raise FivesigmaError(where + message.format(f"{np.ravel(numbers)[place]:g}"))
