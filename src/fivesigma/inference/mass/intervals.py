"""The interval of a signal's yield, by the likelihood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["yield_interval"]

_WIDENINGS = 20


def yield_interval(
    spectrum: Spectrum, background: BinnedBackground, peak: Peak, best: SpectrumFit, *, rise: float = 1.0
) -> tuple[float, float]:
    """Return where the Poisson deviance has risen by ``rise`` on either side of the best yield: 1 for 68 %, 3.84 for 95 %.

    Where the lower end would need expected events below zero, it is the least yield that does not.

    Raises
    ------
    FivesigmaError
        If a fit above the best yield does not converge, or the deviance does not rise by so much within twenty standard deviations.
    """
    begin = best.values[:-1]
    found: dict[float, float] = {}

    def above(events: float) -> float:
        if events not in found:
            held = fit_spectrum(spectrum, background, peak, start=begin, fixed_yield=events)
            found[events] = held.chi2 - best.chi2 - rise
        return found[events]

    step = max(best.signal_error, 1e-6) * float(np.sqrt(rise))
    ends = [_crossing(above, best.signal_yield, side * step) for side in (-1, 1)]
    for side, end in zip(("lower", "upper"), ends, strict=True):
        if end is None:
            raise FivesigmaError(
                f"{spectrum.name}: the {side} end of the interval of the signal's yield is not found: the deviance does not rise by {rise:g}"
                f" within {_WIDENINGS * step:.3g} events of {best.signal_yield:.3g}"
            )
    low, high = (float(end) for end in ends if end is not None)
    return low, high


def _crossing(above: Callable[[float], float], best: float, step: float) -> float | None:
    """Return where a function that is negative at the best yield crosses zero on one side, or below it the last yield that can be fitted.

    None if it does not within so many steps.
    """
    inner, precision = best, 1e-4 * abs(step)
    for _ in range(_WIDENINGS):
        outer = inner + step
        try:
            rises = above(outer) > 0
        except FivesigmaError:
            if step > 0:
                raise
            outer, rises = _edge(above, inner, outer, precision)
            if not rises:
                return outer
        if rises:
            return float(optimize.brentq(above, *sorted((inner, outer)), xtol=precision))
        inner = outer
    return None


def _edge(above: Callable[[float], float], inner: float, outer: float, precision: float) -> tuple[float, bool]:
    """Return a yield at which the function is above zero, and True, or the last one that can be fitted, where it is not, and False."""
    while abs(outer - inner) > precision:
        middle = (inner + outer) / 2
        try:
            if above(middle) > 0:
                return middle, True
            inner = middle
        except FivesigmaError:  # expected events would turn negative there
            outer = middle
    return inner, False
