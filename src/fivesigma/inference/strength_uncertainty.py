"""What a counted signal strength costs in statistics and in each systematic, by linear propagation of uncertainties."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.core.display import table
from fivesigma.inference.event_numbers import not_negative, signal_events
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

    def _repr_html_(self) -> str:
        parts = {field.name: np.ravel(getattr(self, field.name)) for field in fields(self)}
        size = len(parts["total"])
        rows = {str(i + 1) if size > 1 else "δμ": {n: float(v[i]) for n, v in parts.items()} for i in range(size)}
        return table(rows, "Uncertainty of the strength").html


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
    s = signal_events(signal, "its strength has no uncertainty without any signal")
    b = not_negative("the expected background", background)
    of_luminosity = not_negative("the relative uncertainty of the luminosity", luminosity)
    of_signal = not_negative("the relative uncertainty of the signal efficiency", signal_efficiency)
    of_background = not_negative("the relative uncertainty of the background efficiency", background_efficiency)
    change = np.abs(np.asarray(detector, dtype=np.float64))
    change = not_negative("the change of the number of events by the detector", change)
    n = s + b
    statistics, one, two, three, four = np.broadcast_arrays(
        np.sqrt(n) / s, of_signal, b / s * of_background, n / s * of_luminosity, change / s
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
