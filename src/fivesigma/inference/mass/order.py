"""How many parameters of a family a spectrum asks for, by F-test."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground, background_parameters, orders_of
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.fitting import fit_p_value, fit_spectrum
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["OrderStep", "choose_order"]

_POOR = 0.01


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
        How often the step from the order before would bring as much as it did if that one were right, by F-test; None for the first.
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
    threshold: float = 0.05,
) -> tuple[int, tuple[OrderStep, ...]]:
    """Return the order of a family beyond which the next one is not worth its parameter, and the steps up to there.

    ``F = (χ²_1 - χ²_2) / (ndf_1 - ndf_2) / (χ²_2 / ndf_2)`` with ``ndf_1 - ndf_2`` and ``ndf_2`` degrees of freedom (R. Fisher; as CMS uses it, arXiv:1806.00843).
    Steps are taken while its p-value is below the threshold, or the fit before is one that chance brings in less than a hundredth of
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
    threshold
        On the p-value.

    Raises
    ------
    FivesigmaError
        If not even the first order can be fitted.
    """
    low, high = orders_of(family)
    steps: list[OrderStep] = []
    failure: FivesigmaError | None = None
    fits = False
    for order in range(low, high + 1):
        if background_parameters(family, order) >= spectrum.bins:
            break
        try:
            fit = fit_spectrum(spectrum, BinnedBackground.of(family, order, spectrum.edges, energy=energy), cost=cost)
        except FivesigmaError as error:
            failure = error
            continue
        p_value = _p_value(steps[-1], fit.chi2, fit.ndf) if steps else None
        fits_before, fits = fits, fit_p_value(fit, spectrum, cost) > _POOR
        steps.append(OrderStep(order=order, chi2=fit.chi2, ndf=fit.ndf, p_value=p_value))
        if p_value is not None and p_value > threshold and fits_before:
            return steps[-2].order, tuple(steps)
    if not steps and failure is not None:
        raise failure
    if not steps:
        raise FivesigmaError(
            f"{spectrum.name}: {spectrum.bins} bins are too few for a {family.replace('_', ' ')} background"
        )
    return steps[-1].order, tuple(steps)


def _p_value(before: OrderStep, chi2: float, ndf: int) -> float:
    more = before.ndf - ndf
    gain = max(before.chi2 - chi2, 0.0) / more
    return float(stats.f.sf(gain / (chi2 / ndf), more, ndf)) if chi2 > 0 else 0.0
