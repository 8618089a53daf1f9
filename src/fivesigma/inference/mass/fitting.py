"""Fits of a spectrum: a smooth background alone, or with a peak of known shape on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.scoring import Likelihood, minimise

__all__ = ["Hypotheses", "Peak", "SpectrumFit", "fit_spectrum", "signal_interval"]

_WIDENINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A peak of known shape, as the part of it in each bin, shape (n,).

    ``constraint`` is the standard deviation of a Gaussian constraint of its yield around zero: a spurious signal. None leaves it free.
    """

    fractions: Floats
    constraint: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumFit:
    """What a fit found.

    Attributes
    ----------
    values
        Parameters of the background, and last the signal's yield if there is a peak, shape (p,).
    covariance
        Theirs, shape (p, p).
    chi2, ndf
        The least cost, and bins less parameters.
    background, signal
        Expected events in each bin, shape (n,).
    """

    values: Floats
    covariance: Floats
    chi2: float
    ndf: int
    background: Floats
    signal: Floats

    @property
    def expected(self) -> Floats:
        """Expected events in each bin, shape (n,)."""
        return self.background + self.signal

    @property
    def signal_yield(self) -> float:
        """Events of the peak; zero without one."""
        return float(self.signal.sum())

    @property
    def signal_error(self) -> float:
        """Standard deviation of the signal's yield."""
        return float(np.sqrt(max(self.covariance[-1, -1], 0.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypotheses:
    """Fits of one spectrum without (H0) and with a peak (H1).

    Attributes
    ----------
    spectrum
        What was fitted.
    cost
        What was made small.
    without, with_signal
        The fits.
    """

    spectrum: Spectrum
    cost: Cost
    without: SpectrumFit
    with_signal: SpectrumFit

    @property
    def z(self) -> float:
        """``sign(yield) √(χ²_0 - χ²_1)``: Wilks' theorem with one degree of freedom (arXiv:1007.1727 eqs. 12 and 52)."""
        rise = max(self.without.chi2 - self.with_signal.chi2, 0.0)
        return float(np.sign(self.with_signal.signal_yield) * np.sqrt(rise))


def fit_spectrum(
    spectrum: Spectrum,
    background: BinnedBackground,
    peak: Peak | None = None,
    *,
    cost: Cost = "poisson",
    start: Floats | None = None,
    fixed_yield: float | None = None,
    use: Bools | None = None,
) -> SpectrumFit:
    """Return the fit of a background, and of a peak on it, to a spectrum.

    Parameters
    ----------
    spectrum
        What is fitted.
    background
        The family's member, in the spectrum's bins.
    peak
        The signal; None for a fit without.
    cost
        What is made small.
    start
        Where the background's parameters are sought from, shape (k,); near the spectrum if None.
    fixed_yield
        Holds the signal's yield.
    use
        Which bins are fitted, shape (n,); all if None.

    Raises
    ------
    FivesigmaError
        If the fit does not converge, or there are no more bins than parameters.
    """
    if use is None:
        use = np.ones(spectrum.bins, dtype=np.bool_)
    model = _Model(spectrum.where(use), background, peak, use)
    model.require_bins(fixed_yield)
    begin = model.start(start, fixed_yield)
    if cost == "weighted_chi2":
        return model.least_squares(begin, fixed_yield)
    scale = spectrum.scale if cost == "scaled_poisson" else np.ones(spectrum.bins)
    return model.likelihood(begin, scale, fixed_yield)


def signal_interval(
    spectrum: Spectrum, background: BinnedBackground, peak: Peak, best: SpectrumFit, *, rise: float = 1.0
) -> tuple[float, float]:
    """Return where the Poisson deviance has risen by ``rise`` on either side of the best yield: 1 for 68 %, 3.84 for 95 %.

    Where the lower end would need expected events below zero, it is the least yield that does not.
    """
    begin = best.values[:-1]
    found: dict[float, float] = {}

    def above(events: float) -> float:
        if events not in found:
            held = fit_spectrum(spectrum, background, peak, start=begin, fixed_yield=events)
            found[events] = held.chi2 - best.chi2 - rise
        return found[events]

    return _crossing(above, best, 1.0, rise), _crossing(above, best, -1.0, rise)


def _crossing(above: Callable[[float], float], best: SpectrumFit, side: float, rise: float) -> float:
    """Return where a function that is negative at the best yield crosses zero on one side, or the last yield that can be fitted."""
    step = max(best.signal_error, 1e-6) * np.sqrt(rise)
    inner, outer = best.signal_yield, best.signal_yield + side * step
    for _ in range(_WIDENINGS):
        try:
            if above(outer) > 0:
                low, high = sorted((inner, outer))
                return float(optimize.brentq(above, low, high, xtol=1e-4 * step))
        except FivesigmaError:
            # expected events would turn negative there
            return inner
        inner, outer = outer, outer + side * step
    return inner


@dataclass(frozen=True, slots=True)
class _Model:
    """A background and a peak, and the bins of a spectrum that they are fitted to."""

    spectrum: Spectrum
    background: BinnedBackground
    peak: Peak | None
    use: Bools

    @property
    def count(self) -> int:
        return self.background.count + (self.peak is not None)

    def require_bins(self, fixed_yield: float | None) -> None:
        free = self.count - (fixed_yield is not None)
        bins = int(np.count_nonzero(self.use))
        if bins <= free:
            raise FivesigmaError(f"{self.spectrum.name}: {bins} bins are too few to fit {free} parameters")

    def start(self, given: Floats | None, fixed_yield: float | None) -> Floats:
        background = self.background.start(self.spectrum, self.use) if given is None else given
        return background if self.peak is None else np.append(background, fixed_yield or 0.0)

    def expected(self, values: Floats) -> tuple[Floats, Floats]:
        """Return expected events, shape (n,), and their derivatives, shape (n, p)."""
        count = self.background.count
        events, jacobian = self.background.expected(values[:count])
        if self.peak is None:
            return events, jacobian
        with_signal = events + values[count] * self.peak.fractions
        return with_signal, np.concatenate([jacobian, self.peak.fractions[:, None]], axis=1)

    def free(self, fixed_yield: float | None) -> Bools:
        free = np.ones(self.count, dtype=np.bool_)
        if self.peak is not None:
            free[-1] = fixed_yield is None
        return free

    def names(self) -> list[str]:
        return [*self.background.names, *(["signal yield"] if self.peak is not None else [])]

    def likelihood(self, begin: Floats, scale: Floats, fixed_yield: float | None) -> SpectrumFit:
        counts, used = np.maximum(self.spectrum.sum_w, 0.0) / scale, self.use
        constraint = None if self.peak is None else self.peak.constraint
        normal = np.array([] if constraint is None else [self.count - 1], dtype=np.int64)

        def expected(values: Floats) -> tuple[Floats, Floats]:
            events, jacobian = self.expected(values)
            return (events / scale)[used], (jacobian / scale[:, None])[used]

        likelihood = Likelihood(
            counts=counts[used],
            expected=expected,
            normal=normal,
            centre=np.zeros(len(normal)),
            width=np.full(len(normal), constraint or 1.0),
            low=np.append(self.background.low, [] if self.peak is None else [-np.inf]),
            high=np.full(self.count, np.inf),
        )
        found = minimise(likelihood, begin, self.free(fixed_yield), self.names())
        return self._fit(found.values, found.covariance, found.deviance, fixed_yield)

    def least_squares(self, begin: Floats, fixed_yield: float | None) -> SpectrumFit:
        used = self.use & (self.spectrum.sum_w2 > 0)
        sigma, free = np.sqrt(self.spectrum.sum_w2[used]), self.free(fixed_yield)
        low = np.append(self.background.low, [] if self.peak is None else [-np.inf])

        def all_values(moved: Floats) -> Floats:
            values = begin.copy()
            values[free] = moved
            return values

        def residuals(moved: Floats) -> Floats:
            return np.asarray((self.expected(all_values(moved))[0] - self.spectrum.sum_w)[used] / sigma)

        def jacobian(moved: Floats) -> Floats:
            return np.asarray(self.expected(all_values(moved))[1][used][:, free] / sigma[:, None])

        inside = np.maximum(begin[free], np.where(np.isfinite(low[free]), low[free] + 1e-12, low[free]))
        found = optimize.least_squares(
            residuals,
            inside,
            jac=jacobian,
            bounds=(low[free], np.inf),
            x_scale="jac",
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
        )
        if not found.success:
            raise FivesigmaError(f"{self.spectrum.name}: the weighted χ² fit did not converge: {found.message}")
        rows = jacobian(found.x)
        covariance = np.zeros((self.count, self.count))
        covariance[np.ix_(free, free)] = np.linalg.pinv(rows.T @ rows, hermitian=True)
        fit = self._fit(all_values(found.x), covariance, 2 * float(found.cost), fixed_yield)
        return replace(fit, ndf=int(np.count_nonzero(used)) - int(free.sum()))

    def _fit(self, values: Floats, covariance: Floats, chi2: float, fixed_yield: float | None) -> SpectrumFit:
        background = self.background.expected(values[: self.background.count])[0]
        signal = np.zeros_like(background) if self.peak is None else values[-1] * self.peak.fractions
        ndf = int(np.count_nonzero(self.use)) - int(self.free(fixed_yield).sum())
        return SpectrumFit(
            values=values, covariance=covariance, chi2=chi2, ndf=ndf, background=background, signal=signal
        )
