"""Events in a window of a spectrum over the background that a fit outside it predicts: the count of a bump hunt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, require_length
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.statistics.significance import gaussian_background_z, log_p_from_z

__all__ = ["WindowExcess", "window_excess"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowExcess:
    """A count in a window.

    Attributes
    ----------
    observed
        Events in the window.
    expected, expected_error
        What the fit outside predicts, and its error from the fit's covariance.
    z, log_p
        Signed significance and ``ln p`` of the excess, the error a Gaussian nuisance.
    fit
        The fit outside the window.
    """

    observed: float
    expected: float
    expected_error: float
    z: float
    log_p: float
    fit: SpectrumFit


def window_excess(
    spectrum: Spectrum,
    window: Bools,
    family: BackgroundFamily,
    order: int,
    *,
    energy: float | None = None,
    cost: Cost = "poisson",
) -> WindowExcess:
    """Return the count in a window over a background that is fitted outside it.

    Parameters
    ----------
    spectrum
        The events.
    window
        Which bins are the window, shape (n,).
    family, order
        Of the background.
    energy
        √s in the unit of the mass, for dijets.
    cost
        What the fit makes small; with "weighted_chi2" the errors are the spectrum's Σw².

    Raises
    ------
    FivesigmaError
        If the window is empty, leaves no bins beside it on one side, or the fit does not converge.
    """
    require_length(spectrum.bins, window=window)
    inside = np.flatnonzero(window)
    if not len(inside) or inside[0] == 0 or inside[-1] == spectrum.bins - 1:
        raise FivesigmaError(f"{spectrum.name}: a window needs a bin at least, and sidebands below and above it")
    background = BinnedBackground.of(family, order, spectrum.edges, energy=energy)
    fit = fit_spectrum(spectrum, background, cost=cost, use=~window)
    slope = background.expected(fit.values)[1][window].sum(axis=0)
    expected = float(fit.background[window].sum())
    error = float(np.sqrt(max(slope @ fit.covariance @ slope, 0.0)))
    observed = float(spectrum.sum_w[window].sum())
    z = float(gaussian_background_z(observed, expected, error))
    return WindowExcess(
        observed=observed,
        expected=expected,
        expected_error=error,
        z=z,
        log_p=float(log_p_from_z(z)),
        fit=fit,
    )
