"""The answer of a search in a mass spectrum: fits without and with a peak, what to expect of data, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fivesigma.core.display import Entry, facts
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding, remarks
from fivesigma.core.format import number
from fivesigma.core.parallel import Workers
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground
from fivesigma.inference.mass.checks import check_mass_fit, require_beside, require_spectra
from fivesigma.inference.mass.costs import Cost, require_cost
from fivesigma.inference.mass.fitting import Hypotheses, SpectrumFit, fit_spectrum, likelihood_ratio_z
from fivesigma.inference.mass.intervals import yield_interval
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.order import OrderStep, choose_order
from fivesigma.inference.mass.signals import SignalFamily, SignalShape, fit_signal_shape
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.spurious import SpuriousScan, spurious_scan
from fivesigma.inference.mass.toys import Toys, throw_toys

__all__ = ["BackgroundChoice", "MassFitResult", "fit_mass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundChoice:
    """The function of the background.

    Attributes
    ----------
    family, order
        Which.
    steps
        The F-tests that chose the order; empty where it was given.
    coefficients
        Of the family's own functions, fitted to simulated background.
    """

    family: BackgroundFamily
    order: int
    steps: tuple[OrderStep, ...]
    coefficients: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MassFitResult:
    """What fits of a mass spectrum say.

    Attributes
    ----------
    name
        What figures and findings call it.
    range
        Where it was fitted.
    signal_shape
        The peak, from simulated signal alone.
    background
        The function of the background, from simulated background.
    signal, background_events
        Expected events in the range.
    fits
        H0 and H1 of the spectrum and with the cost that were asked for: the data with a Poisson likelihood if there are any,
        else the weighted simulation with a scaled one.
    z
        Significance to expect of data at this luminosity, by Wilks' theorem: on Asimov data of the two fitted shapes.
    z_with_spurious_signal
        The same with a spurious signal of the size found at this mass as a Gaussian nuisance of the signal's yield.
    z_simulation
        √Δχ² of the weighted simulation of signal and background: limited by the number of simulated events, not by luminosity. None where
        that fit does not converge.
    z_observed
        Of the data; None without.
    p_toys
        Part of the pseudo-experiments of H0 that look as signal-like as the data, or as expected without data; None unless asked.
    signal_yield
        Events of the peak, in the data, or expected without; its interval by the likelihood.
    spurious_signal
        What the fit finds in simulated background alone.
    findings
        What a reader should know before believing all this.
    """

    name: str
    range: tuple[float, float]
    signal_shape: SignalShape
    background: BackgroundChoice
    signal: float
    background_events: float
    fits: Hypotheses
    z: float
    z_with_spurious_signal: float
    z_simulation: float | None
    z_observed: float | None
    p_toys: float | None
    signal_yield: Estimate
    spurious_signal: SpuriousScan
    findings: tuple[Finding, ...]

    @property
    def signal_strength(self) -> Estimate:
        """The yield over the expected one."""
        found = self.signal_yield
        return replace(
            found, value=found.value / self.signal, low=found.low / self.signal, high=found.high / self.signal
        )

    def _repr_html_(self) -> str:
        values: dict[str, Entry] = {
            "signal": self.signal,
            "background": self.background_events,
            "function": f"{self.background.family} of order {self.background.order}",
            "χ² without a peak": f"{number(self.fits.without.chi2)} / {self.fits.without.ndf}",
            "fitted signal": self.signal_yield,
            "spurious signal": (self.spurious_signal.at_signal.events, self.spurious_signal.at_signal.error),
            "significance expected": self.z,
            "with the spurious signal": self.z_with_spurious_signal,
            "of the simulation": self.z_simulation,
            "observed": self.z_observed,
        }
        return facts(self.name, values, notes=remarks(self.findings)).html


def fit_mass(
    signal: Spectrum,
    background: Spectrum,
    observed: Spectrum | None = None,
    *,
    signal_shape: SignalFamily = "double_crystal_ball",
    family: BackgroundFamily = "power_law",
    order: int | None = None,
    cost: Cost | None = None,
    energy: float | None = None,
    toys: int = 0,
    name: str = "mass fit",
    seed: int = 0,
    workers: Workers | None = None,
) -> MassFitResult:
    """Return the fits of a spectrum without and with a peak.

    Shapes come from simulation alone: the peak's from the signal's, the order of the background's function from F-tests on the
    background's. Data are looked at last, and nothing expected depends on them.

    Parameters
    ----------
    signal, background
        Simulated events at the luminosity, in the same bins.
    observed
        Data, counts in the same bins; None while blind or without.
    signal_shape
        "gaussian", "crystal_ball" or "double_crystal_ball".
    family, order
        Of the background; the order is chosen by F-test if None.
    cost
        What ``fits`` make small: "poisson" asks for data, the others are for the weighted simulation of signal and background. Poisson
        for data and scaled Poisson without if None; ``z_simulation`` is of the weighted χ² always.
    energy
        √s in the unit of the mass, for dijets.
    toys
        Pseudo-experiments for a p-value; none if zero.
    name
        What findings call the fit.
    seed
        Of the toys.
    workers
        Where toys are fitted.

    Raises
    ------
    FivesigmaError
        If spectra make no sense together, the signal has no sidebands, or a fit does not converge.
    """
    asked: Cost = cost or ("scaled_poisson" if observed is None else "poisson")
    require_cost(asked)
    require_spectra(signal, background, observed, asked)
    signal, background = signal.pooled(), background.pooled()
    shape = fit_signal_shape(signal, signal_shape)
    require_beside(shape, signal)
    order, steps = choose_order(background, family, energy=energy) if order is None else (order, ())
    function = BinnedBackground.of(family, order, background.edges, energy=energy)
    smooth = fit_spectrum(background, function, cost="scaled_poisson")
    peak = Peak(fractions=shape.fractions(background.edges))
    context = _Context(function=function, peak=peak, smooth=smooth)
    asimov = context.hypotheses(background.filled_with(smooth.background + signal.total * peak.fractions), "poisson")
    simulation = signal.plus(background)
    seen = None if observed is None else context.hypotheses(observed, "poisson")
    spurious = spurious_scan(background, function, smooth, shape)
    shown = seen if seen is not None and asked == "poisson" else context.hypotheses(simulation, asked)
    told = seen or asimov
    weighted = context.weighted(simulation)
    thrown = context.toys(told, toys, seed, workers) if toys else None
    return MassFitResult(
        name=name,
        range=background.range,
        signal_shape=shape,
        background=BackgroundChoice(
            family=family, order=order, steps=steps, coefficients=function.coefficients(smooth.values)
        ),
        signal=signal.total,
        background_events=background.total,
        fits=shown,
        z=asimov.z,
        z_with_spurious_signal=context.z_with_spurious_signal(asimov, abs(spurious.at_signal.events)),
        z_simulation=None if isinstance(weighted, FivesigmaError) else weighted.z,
        z_observed=None if seen is None else seen.z,
        p_toys=None if thrown is None else thrown.p_value(told.z),
        signal_yield=context.signal_yield(told),
        spurious_signal=spurious,
        findings=tuple(
            check_mass_fit(
                name=name,
                simulated=simulation if observed is None else background,
                background=background,
                function=function,
                smooth=smooth,
                fits=shown,
                spurious=spurious,
                told=told.with_signal,
                weighted=weighted if isinstance(weighted, FivesigmaError) else None,
                toys=thrown,
            )
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What every fit of one search has in common."""

    function: BinnedBackground
    peak: Peak
    smooth: SpectrumFit

    def hypotheses(self, spectrum: Spectrum, cost: Cost) -> Hypotheses:
        without = fit_spectrum(spectrum, self.function, cost=cost, start=self.smooth.values)
        best = fit_spectrum(spectrum, self.function, self.peak, cost=cost, start=without.values)
        return Hypotheses(spectrum=spectrum, cost=cost, without=without, with_signal=best)

    def z_with_spurious_signal(self, asimov: Hypotheses, size: float) -> float:
        """Return Z where H0 may have a peak as well, of a yield that a Gaussian of width ``size`` holds at zero."""
        if not size > 0:
            return asimov.z
        held = Peak(fractions=self.peak.fractions, constraint=size)
        without = fit_spectrum(asimov.spectrum, self.function, held, start=asimov.without.values)
        return likelihood_ratio_z(without, asimov.with_signal)

    def weighted(self, simulation: Spectrum) -> Hypotheses | FivesigmaError:
        """Return the weighted χ² fits, or why there are none: nothing else depends on them."""
        try:
            return self.hypotheses(simulation, "weighted_chi2")
        except FivesigmaError as error:
            return error

    def toys(self, told: Hypotheses, toys: int, seed: int, workers: Workers | None) -> Toys:
        return throw_toys(
            told.spectrum,
            told.without.background,
            self.function,
            self.peak,
            told.without.values,
            toys=toys,
            seed=seed,
            workers=workers,
        )

    def signal_yield(self, told: Hypotheses) -> Estimate:
        best = told.with_signal
        low, high = yield_interval(told.spectrum, self.function, self.peak, best)
        return Estimate(value=best.signal_yield, low=low, high=high, method="profile likelihood, Poisson")
