"""Fits of a spectrum: a smooth background alone, or with a peak of known shape on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from fivesigma.core.arrays import Bools, Floats
from fivesigma.inference.goodness import deviance_p_value
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.minimisation import least_squares, maximum_likelihood
from fivesigma.inference.mass.model import Peak, SpectrumModel
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["Hypotheses", "SpectrumFit", "fit_p_value", "fit_spectrum", "likelihood_ratio_z"]


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
    has_peak
        Whether a peak was fitted.
    """

    values: Floats
    covariance: Floats
    chi2: float
    ndf: int
    background: Floats
    signal: Floats
    has_peak: bool

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
        """Standard deviation of the signal's yield; zero without a peak."""
        return float(np.sqrt(max(self.covariance[-1, -1], 0.0))) if self.has_peak else 0.0


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
        """The signed significance of the peak."""
        return likelihood_ratio_z(self.without, self.with_signal)


def likelihood_ratio_z(without: SpectrumFit, with_signal: SpectrumFit) -> float:
    """Return ``sign(yield) √(χ²_0 - χ²_1)``: Wilks' theorem with one degree of freedom (arXiv:1007.1727 eqs. 12 and 52)."""
    rise = max(without.chi2 - with_signal.chi2, 0.0)
    return float(np.sign(with_signal.signal_yield) * np.sqrt(rise))


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
    if cost == "weighted_chi2":
        use = use & (spectrum.sum_w2 > 0)
    model = SpectrumModel(
        spectrum=spectrum.where(use), background=background, peak=peak, use=use, fixed_yield=fixed_yield
    )
    model.require_bins()
    begin = model.start(start)
    if cost == "weighted_chi2":
        found = least_squares(model, begin)
    else:
        scale = spectrum.where(use).scale if cost == "scaled_poisson" else np.ones(spectrum.bins)
        found = maximum_likelihood(model, begin, scale)
    events, signal = model.parts(found.values)
    return SpectrumFit(
        values=found.values,
        covariance=found.covariance,
        chi2=found.deviance,
        ndf=model.ndf,
        background=events,
        signal=signal,
        has_peak=peak is not None,
    )


def fit_p_value(fit: SpectrumFit, spectrum: Spectrum, cost: Cost, *, use: Bools | None = None) -> float:
    """Return how often chance brings as bad a fit of a spectrum, by χ² or the moments of its deviance; ``use`` as in the fit."""
    if cost == "weighted_chi2":
        return float(stats.chi2.sf(fit.chi2, fit.ndf))
    used = np.ones(spectrum.bins, dtype=np.bool_) if use is None else use
    scale = spectrum.where(used).scale if cost == "scaled_poisson" else np.ones(spectrum.bins)
    p_value = deviance_p_value(fit.chi2, (fit.expected / scale)[used], int(np.count_nonzero(used)) - fit.ndf)
    return 1.0 if p_value is None else p_value
