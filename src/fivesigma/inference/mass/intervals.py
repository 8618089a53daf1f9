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

__all__ = ["signal_interval"]

_WIDENINGS = 20


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

    return _crossing(above, best, -1.0, rise), _crossing(above, best, 1.0, rise)


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
