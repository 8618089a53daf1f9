"""What spectra and their fits are examined for before anybody believes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fivesigma.core.errors import FivesigmaError, first_line
from fivesigma.core.finding import Finding
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.fitting import Hypotheses, SpectrumFit, fit_p_value
from fivesigma.inference.mass.signals import SignalShape
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.spurious import SpuriousScan
from fivesigma.inference.mass.toys import Toys
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["check_mass_fit", "require_beside", "require_spectra"]

_POOR_FIT = 0.01
_TOLERATED, _SERIOUS = 0.2, 1.0  # of the error in data
_FEW = 5.0  # effective events of a bin, below which a χ² is none
_FAILED = 0.01  # part of the pseudo-experiments
_EMPTIED = 1e-3  # part of the background's events that a negative yield leaves at its bound
_CORE = (0.16, 0.84)
_BESIDE = 2.0  # widths of the peak that must lie in the range


def require_spectra(signal: Spectrum, background: Spectrum, observed: Spectrum | None, cost: Cost) -> None:
    """Raise FivesigmaError unless spectra can be fitted together, naming what is wrong and where.

    Refused: different bins, no signal or no background in the range, a signal whose core reaches an end of the range so that
    nothing beside it tells the background, counts that are negative, and a Poisson fit of simulation.
    """
    for other in (background, *(() if observed is None else (observed,))):
        if not np.array_equal(signal.edges, other.edges):
            raise FivesigmaError(f"{signal.name}: signal, background and data need the same bins")
    low, high = signal.range
    for what, spectrum in (("signal", signal), ("background", background)):
        if not spectrum.total > 0:
            raise FivesigmaError(
                f"{signal.name}: no {what} is expected between {low:g} and {high:g}; is the range right?"
            )
    if observed is not None and np.any(observed.sum_w < 0):
        raise FivesigmaError(f"{signal.name}: data of negative counts cannot be fitted")
    if cost == "poisson" and observed is None:
        raise FivesigmaError(
            f"{signal.name}: there are no data for a Poisson fit; simulation takes scaled_poisson or weighted_chi2"
        )
    _require_sidebands(signal)


def _require_sidebands(signal: Spectrum) -> None:
    centres = (signal.edges[1:] + signal.edges[:-1]) / 2
    left, right = weighted_quantile(centres, np.asarray(_CORE), np.maximum(signal.sum_w, 0.0))
    if left <= centres[0] or right >= centres[-1]:
        low, high = signal.range
        raise FivesigmaError(
            f"{signal.name}: the signal, most of it from {left:g} to {right:g}, leaves no sidebands between {low:g} and {high:g}"
        )


def require_beside(shape: SignalShape, spectrum: Spectrum) -> None:
    """Raise FivesigmaError where the fitted peak reaches beyond the range with two of its widths: then nothing lies beside it."""
    low, high = spectrum.range
    mean, width = shape.parameters["mean"], shape.parameters["width"]
    if mean - _BESIDE * width <= low or mean + _BESIDE * width >= high:
        raise FivesigmaError(
            f"{spectrum.name}: the signal, {width:.4g} wide at {mean:.4g}, leaves no sidebands between {low:g} and {high:g};"
            " the range must reach beyond two widths on either side"
        )


def check_mass_fit(
    *,
    name: str,
    simulated: Spectrum,
    background: Spectrum,
    function: BinnedBackground,
    smooth: SpectrumFit,
    fits: Hypotheses,
    spurious: SpuriousScan,
    told: SpectrumFit,
    weighted: FivesigmaError | None,
    toys: Toys | None,
) -> Iterator[Finding]:
    """Yield what a reader should know of a mass fit.

    Parameters
    ----------
    name
        Of the fit.
    simulated, background
        The simulated spectrum that is shown, and the background's, to which ``function`` fits as ``smooth``.
    fits
        Those that are shown.
    spurious
        What is found in background alone.
    told
        The fit with signal whose yield is quoted.
    weighted
        Why the weighted χ² of simulation could not be fitted; None if it could.
    toys
        The pseudo-experiments; None if none were asked for.
    """
    yield from _poor_fit(name, "the simulated background", smooth, fit_p_value(smooth, background, "scaled_poisson"))
    if fits.cost != "weighted_chi2" or not _few_events(fits.spectrum):
        p_value = fit_p_value(fits.with_signal, fits.spectrum, fits.cost)
        yield from _poor_fit(name, "the spectrum with signal", fits.with_signal, p_value)
    yield from _at_bound(name, function, smooth)
    yield from _yield_at_bound(name, told)
    yield from _spurious(name, spurious)
    yield from _spurious_unknown(name, spurious)
    yield from _bins(name, simulated, fits)
    yield from _weighted(name, weighted)
    yield from _toys(name, toys)


def _weighted(name: str, why: FivesigmaError | None) -> Iterator[Finding]:
    if why is not None:
        yield Finding(
            code="weighted-chi2-not-fitted",
            severity="info",
            subject=name,
            message=f"the weighted χ² of the simulation could not be fitted, so that its significance is not given; no other depends on it. {first_line(why)}",
            evidence={"why": first_line(why)},
        )


def _toys(name: str, toys: Toys | None) -> Iterator[Finding]:
    """Yield a finding where pseudo-experiments could not be fitted: the p-value takes each for as signal-like as the data."""
    if toys is not None and toys.failed:
        thrown = len(toys.z) + toys.failed
        yield Finding(
            code="toys-not-fitted",
            severity="warning" if toys.failed > _FAILED * thrown else "info",
            subject=name,
            message=f"{toys.failed} of {thrown} pseudo-experiments could not be fitted; each counts as if it were at least as signal-like as the"
            f" spectrum, so that the p-value is too large by {toys.failed / thrown:.2g} at most",
            evidence={"failed": toys.failed, "toys": thrown},
        )


def _poor_fit(name: str, what: str, fit: SpectrumFit, p_value: float) -> Iterator[Finding]:
    if p_value < _POOR_FIT:
        yield Finding(
            code="poor-mass-fit",
            severity="warning",
            subject=name,
            message=f"the function does not describe {what}: χ² is {fit.chi2:.4g} for {fit.ndf} degrees of freedom"
            f" (p = {p_value:.2g}); take another family, a higher order, or a narrower range",
            evidence={"chi2": fit.chi2, "ndf": fit.ndf, "p_value": p_value},
        )


def _at_bound(name: str, function: BinnedBackground, fit: SpectrumFit) -> Iterator[Finding]:
    """Yield a finding where coefficients of the background are as low as they may be."""
    at = np.isfinite(function.low) & (fit.values <= function.low)
    if at.any():
        names = [of for of, is_at in zip(function.names, at, strict=True) if is_at]
        yield Finding(
            code="parameter-at-bound",
            severity="info",
            subject=name,
            message=f"of the {function.family} background of order {function.order} {', '.join(names)} ended at zero, the least that keeps"
            " it positive; a lower order, or another family, may do as well",
            evidence={"parameters": names},
        )


def _yield_at_bound(name: str, fit: SpectrumFit) -> Iterator[Finding]:
    """Yield a finding where a negative yield takes all events from a bin."""
    if fit.signal_yield < 0 and np.any(fit.expected < _EMPTIED * fit.background):
        yield Finding(
            code="parameter-at-bound",
            severity="warning",
            subject=name,
            message=f"the signal's yield, {fit.signal_yield:.3g}, is as negative as it may be: a bin under the peak expects no events."
            " Its significance is that of the bound; take wider bins, or a looser cut",
            evidence={"events": fit.signal_yield, "parameters": ["signal yield"]},
        )


def _few_events(spectrum: Spectrum) -> int:
    """Return how many bins are worth too few events for a χ²."""
    return int(np.count_nonzero(spectrum.sum_w < _FEW * spectrum.scale))


def _spurious(name: str, scan: SpuriousScan) -> Iterator[Finding]:
    """Yield a finding where the fit sees a signal in background alone that the simulation's own error does not explain."""
    point = scan.at_signal
    sure = abs(point.ratio) - 2 * point.ratio_error
    if sure > _TOLERATED:
        yield Finding(
            code="spurious-signal",
            severity="serious" if sure > _SERIOUS else "warning",
            subject=name,
            message=f"in simulated background alone the fit finds {point.events:.3g} signal events at {point.mass:.4g}, {point.ratio:.2g}"
            f" ± {point.ratio_error:.2g} of the error that data leave; the function does not follow the background",
            evidence={"events": point.events, "ratio": point.ratio, "ratio_error": point.ratio_error},
        )


def _spurious_unknown(name: str, scan: SpuriousScan) -> Iterator[Finding]:
    """Yield a finding where the simulation knows the spurious signal worse than data would know a signal."""
    point = scan.at_signal
    if point.ratio_error > 1:
        yield Finding(
            code="spurious-signal-unknown",
            severity="info",
            subject=name,
            message=f"the simulated background is worth too few events to say how large the spurious signal is: {point.ratio:.2g} ± {point.ratio_error:.2g}"
            " of the error that data leave; the significance with it as a nuisance is that of the simulation",
            evidence={"ratio": point.ratio, "ratio_error": point.ratio_error},
        )


def _bins(name: str, simulated: Spectrum, fits: Hypotheses) -> Iterator[Finding]:
    if negative := int(np.count_nonzero(simulated.sum_w < 0)):
        yield Finding(
            code="negative-mass-bins",
            severity="warning",
            subject=name,
            message=f"{negative} of {simulated.bins} bins of the simulated spectrum have a negative sum of weights; likelihoods take"
            " them for empty. Wider bins, or more simulation, have none",
            evidence={"bins": negative},
        )
    spectrum = fits.spectrum
    few = _few_events(spectrum)
    if fits.cost == "weighted_chi2" and few:
        yield Finding(
            code="chi2-of-few-events",
            severity="info",
            subject=name,
            message=f"{few} of {spectrum.bins} bins are worth fewer than {_FEW:g} events: their χ² is none, and the fit is drawn below them;"
            " scaled_poisson is right there",
            evidence={"bins": few},
        )
