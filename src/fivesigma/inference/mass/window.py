"""Events in a window of a spectrum over the background that a fit outside it predicts: the count of a bump hunt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, require_length
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground, background_parameters, orders_of
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.order import fit_chosen_order
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.statistics.marginal_counts import MarginalisedP, marginalised_poisson_p
from fivesigma.statistics.significance import gaussian_background_z, log_p_from_z

__all__ = ["TooFewEventsError", "WindowExcess", "window_excess"]

_NOTHING = 1e-290  # events: below, numbers end


class TooFewEventsError(FivesigmaError):
    """Beside a window lie too few events to tell what to expect in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowExcess:
    """A count in a window.

    Attributes
    ----------
    observed
        Events in the window.
    expected, expected_error
        What the fit outside predicts, above zero, and its error from the fit's covariance.
    z, log_p
        Signed significance and ``ln p`` of the excess, the error a Gaussian nuisance: for ten events or more. For fewer there is
        `marginalised`.
    order
        Of the background: its degree, for dijets the number of parameters.
    fit
        The fit outside the window.
    """

    observed: float
    expected: float
    expected_error: float
    z: float
    log_p: float
    order: int
    fit: SpectrumFit

    @property
    def marginalised(self) -> MarginalisedP:
        """The p-value of the count with the error a log-normal nuisance, and its mid-p: right for few events as well."""
        return marginalised_poisson_p(self.observed, self.expected, self.expected_error)


def window_excess(
    spectrum: Spectrum,
    window: Bools,
    family: BackgroundFamily,
    order: int | None = None,
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
        Of the background; the order is chosen outside the window, by `choose_order`, if None.
    energy
        √s in the unit of the mass, for dijets.
    cost
        What the fit makes small; with "weighted_chi2" the errors are the spectrum's Σw².

    Raises
    ------
    TooFewEventsError
        If fewer bins outside hold events than the background has parameters: the likelihood then need have no maximum.
    FivesigmaError
        If the window is empty, leaves no bins beside it on one side, or the fit does not converge.
    """
    require_length(spectrum.bins, window=window)
    inside = np.flatnonzero(window)
    if not len(inside) or inside[0] == 0 or inside[-1] == spectrum.bins - 1:
        raise FivesigmaError(f"{spectrum.name}: a window needs a bin at least, and sidebands below and above it")
    _require_events(spectrum, ~window, family, orders_of(family)[0] if order is None else order)
    if order is None:
        order, fit = fit_chosen_order(spectrum, family, cost=cost, energy=energy, use=~window)
        background = BinnedBackground.of(family, order, spectrum.edges, energy=energy)
    else:
        background = BinnedBackground.of(family, order, spectrum.edges, energy=energy)
        fit = fit_spectrum(spectrum, background, cost=cost, use=~window)
    slope = background.expected(fit.values)[1][window].sum(axis=0)
    expected = float(fit.background[window].sum())
    error = float(np.sqrt(max(slope @ fit.covariance @ slope, 0.0)))
    if not (expected > _NOTHING and np.isfinite(expected) and np.isfinite(error)):
        raise TooFewEventsError(
            f"{spectrum.name}: as fitted beside the window, the {family.replace('_', ' ')} background of order {order} expects"
            f" {expected:.3g} ± {error:.3g} events in the window, which is no prediction; take a lower order, a looser cut or a wider range"
        )
    observed = float(spectrum.sum_w[window].sum())
    z = float(gaussian_background_z(observed, expected, error))
    return WindowExcess(
        observed=observed,
        expected=expected,
        expected_error=error,
        z=z,
        log_p=float(log_p_from_z(z)),
        order=order,
        fit=fit,
    )


def _require_events(spectrum: Spectrum, use: Bools, family: BackgroundFamily, order: int) -> None:
    """Raise TooFewEventsError unless as many of the bins in use hold events as there are parameters.

    As many points on the curve that the family's functions describe are the corners of a simplex, so that their mean lies inside all that
    a spectrum's mean may be: then, and not always otherwise, a log-linear likelihood has its maximum at finite parameters
    (O. Barndorff-Nielsen, Information and Exponential Families, 1978, section 9.3).
    """
    filled, needed = int(np.count_nonzero(spectrum.sum_w[use] > 0)), background_parameters(family, order)
    if filled < needed:
        events = spectrum.sum_w[use].sum()
        raise TooFewEventsError(
            f"{spectrum.name}: {events:g} events in {filled} bins beside the window are too few for the {needed} parameters of the"
            f" {family.replace('_', ' ')} background; take a looser cut or a wider range"
        )
