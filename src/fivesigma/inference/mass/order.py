"""How many parameters of a family a spectrum asks for, by F-test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from fivesigma.core.arrays import Bools
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground, background_parameters, orders_of
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.fitting import SpectrumFit, fit_p_value, fit_spectrum
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["OrderStep", "choose_order", "fit_chosen_order"]

_POOR, _THRESHOLD = 0.01, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """One order that was tried.

    Attributes
    ----------
    order
        The family's member.
    chi2, ndf
        Least cost of a fit without signal, and bins less parameters.
    p_value
        How often the step from the order before would bring as much as it did if that one were right, by F-test, or by the likelihood
        ratio where that is larger; None for the first.
    """

    order: int
    chi2: float
    ndf: int
    p_value: float | None


def choose_order(
    spectrum: Spectrum,
    family: BackgroundFamily,
    *,
    cost: Cost = "scaled_poisson",
    energy: float | None = None,
    use: Bools | None = None,
    threshold: float = _THRESHOLD,
) -> tuple[int, tuple[OrderStep, ...]]:
    """Return the order of a family beyond which the next one is not worth its parameter, and the steps up to there.

    ``F = (χ²_1 - χ²_2) / (ndf_1 - ndf_2) / (χ²_2 / ndf_2)`` with ``ndf_1 - ndf_2`` and ``ndf_2`` degrees of freedom (R. Fisher; as CMS uses it, arXiv:1806.00843).
    For likelihoods its p-value is no less than that of ``χ²_1 - χ²_2`` itself by Wilks' theorem: where events are few ``χ²_2`` is far below ``ndf_2`` and
    F would find something in every step. Steps are taken while its p-value is below the threshold, or the fit before is one that chance brings in less than a hundredth of
    cases: a step from such a fit proves nothing. Orders that do not converge are left out.

    Parameters
    ----------
    spectrum
        Background, without signal or with so little that it does not matter.
    family
        Which functions.
    cost
        What is made small; the Poisson deviances stand for χ².
    energy
        √s in the unit of the mass, for dijets.
    use
        Which bins are fitted, shape (n,); all if None.
    threshold
        On the p-value.

    Raises
    ------
    FivesigmaError
        If not even the first order can be fitted.
    """
    chosen, steps, _ = _ascend(spectrum, family, cost=cost, energy=energy, use=use, threshold=threshold)
    return steps[chosen].order, tuple(steps)


def fit_chosen_order(
    spectrum: Spectrum, family: BackgroundFamily, *, cost: Cost = "poisson", energy: float | None = None, use: Bools
) -> tuple[int, SpectrumFit]:
    """Return the order that `choose_order` chooses, which see, and the fit of the bins in use that it rests on."""
    chosen, steps, fits = _ascend(spectrum, family, cost=cost, energy=energy, use=use, threshold=_THRESHOLD)
    return steps[chosen].order, fits[chosen]


def _ascend(
    spectrum: Spectrum,
    family: BackgroundFamily,
    *,
    cost: Cost,
    energy: float | None,
    use: Bools | None,
    threshold: float,
) -> tuple[int, list[OrderStep], list[SpectrumFit]]:
    """Return which of the orders that were tried is chosen, their steps, and their fits."""
    low, high = orders_of(family)
    bins = spectrum.bins if use is None else int(np.count_nonzero(use))
    steps: list[OrderStep] = []
    fits: list[SpectrumFit] = []
    failure: FivesigmaError | None = None
    for order in range(low, high + 1):
        if background_parameters(family, order) >= bins:
            break
        function = BinnedBackground.of(family, order, spectrum.edges, energy=energy)
        try:
            fit = fit_spectrum(spectrum, function, cost=cost, use=use)
        except FivesigmaError as error:
            failure = error
            continue
        p_value = _p_value(fits[-1], fit, cost) if fits else None
        steps.append(OrderStep(order=order, chi2=fit.chi2, ndf=fit.ndf, p_value=p_value))
        fits.append(fit)
        enough = p_value is not None and p_value > threshold
        if enough and fit_p_value(fits[-2], spectrum, cost, use=use) > _POOR:
            return len(fits) - 2, steps, fits
    if not steps and failure is not None:
        raise failure
    if not steps:
        raise FivesigmaError(f"{spectrum.name}: {bins} bins are too few for a {family.replace('_', ' ')} background")
    return len(fits) - 1, steps, fits


def _p_value(before: SpectrumFit, fit: SpectrumFit, cost: Cost) -> float:
    more = before.ndf - fit.ndf
    gain = max(before.chi2 - fit.chi2, 0.0)
    by_ratio = 0.0 if cost == "weighted_chi2" else float(stats.chi2.sf(gain, more))
    by_f = float(stats.f.sf(gain / more / (fit.chi2 / fit.ndf), more, fit.ndf)) if fit.chi2 > 0 else 0.0
    return max(by_f, by_ratio)
