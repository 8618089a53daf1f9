"""How much signal a fit finds in background alone, at many masses: what a function that does not fit costs.

ATLAS calls the largest of it the spurious signal (arXiv:1802.04146) and asks that it stay below a fifth of the
statistical error of the signal's yield.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.signals import SignalShape
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["SpuriousPoint", "SpuriousScan", "spurious_scan"]

_WIDTHS = 2.0  # from the ends of the range where no peak is sought: half of it would lie outside
_POINTS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class SpuriousPoint:
    """What a fit finds in background alone at one mass.

    Attributes
    ----------
    mass
        Where the peak is.
    events, error
        The signal's yield, and its error from the simulation's statistics.
    expected_error
        The error that the yield will have in data of that background.
    """

    mass: float
    events: float
    error: float
    expected_error: float

    @property
    def ratio(self) -> float:
        """The yield in units of the error in data."""
        return self.events / self.expected_error

    @property
    def ratio_error(self) -> float:
        """The ratio's own error, from the simulation's statistics."""
        return self.error / self.expected_error


@dataclass(frozen=True, slots=True, kw_only=True)
class SpuriousScan:
    """What a fit finds in background alone.

    Attributes
    ----------
    at_signal
        At the mass of the signal.
    points
        At masses over the range, where the fit converges.
    title
        What figures call the mass, with its unit.
    """

    at_signal: SpuriousPoint
    points: tuple[SpuriousPoint, ...]
    title: str

    @property
    def largest(self) -> SpuriousPoint:
        """Where it is largest, in units of the error in data."""
        return max((self.at_signal, *self.points), key=lambda point: abs(point.ratio))


def spurious_scan(
    simulated: Spectrum, background: BinnedBackground, smooth: SpectrumFit, shape: SignalShape
) -> SpuriousScan:
    """Return the signal that scaled Poisson fits (arXiv:1309.1287) find in simulated background alone.

    Parameters
    ----------
    simulated
        The background.
    background
        The function that is to describe it.
    smooth
        Its fit to the simulated background: what data are expected to be, whence the errors in data.
    shape
        The peak, which is moved over the range.

    Raises
    ------
    FivesigmaError
        If the fit at the mass of the signal does not converge.
    """
    mean, reach = shape.parameters["mean"], _WIDTHS * shape.parameters["width"]
    low, high = simulated.range
    asimov = simulated.filled_with(smooth.background)

    def at(mass: float) -> SpuriousPoint:
        peak = Peak(fractions=shape.at(mass).fractions(simulated.edges))
        found = fit_spectrum(simulated, background, peak, cost="scaled_poisson", start=smooth.values)
        data = fit_spectrum(asimov, background, peak, start=smooth.values)
        return SpuriousPoint(
            mass=mass, events=found.signal_yield, error=found.signal_error, expected_error=data.signal_error
        )

    masses = np.linspace(low + reach, high - reach, _POINTS) if low + reach < high - reach else np.empty(0)
    return SpuriousScan(at_signal=at(mean), points=tuple(_converged(at, masses)), title=simulated.title)


def _converged(at: Callable[[float], SpuriousPoint], masses: Floats) -> Iterator[SpuriousPoint]:
    for mass in masses:
        try:
            yield at(float(mass))
        except FivesigmaError:
            continue
