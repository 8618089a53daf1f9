"""Expected events of a smooth background, with or without a peak on it, in the bins that are fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["Peak", "SpectrumModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A peak of known shape, as the part of it in each bin, shape (n,).

    ``constraint`` is the standard deviation of a Gaussian constraint of its yield around zero: a spurious signal. None leaves it free.
    """

    fractions: Floats
    constraint: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumModel:
    """A background of k parameters and a peak, whose yield is the last of p parameters, for the bins of a spectrum.

    Attributes
    ----------
    spectrum
        What is fitted, in n bins.
    background
        The family's member.
    peak
        None without signal.
    use
        Which bins are fitted, shape (n,).
    fixed_yield
        Holds the signal's yield; None leaves it free.
    """

    spectrum: Spectrum
    background: BinnedBackground
    peak: Peak | None
    use: Bools
    fixed_yield: float | None

    @property
    def names(self) -> list[str]:
        """What the parameters are called."""
        return [*self.background.names, *(["signal yield"] if self.peak is not None else [])]

    @property
    def free(self) -> Bools:
        """Which parameters are fitted, shape (p,)."""
        free = np.ones(len(self.names), dtype=np.bool_)
        if self.peak is not None:
            free[-1] = self.fixed_yield is None
        return free

    @property
    def low(self) -> Floats:
        """The least value of each parameter, shape (p,)."""
        return np.append(self.background.low, [] if self.peak is None else [-np.inf])

    @property
    def ndf(self) -> int:
        """Bins less free parameters."""
        return int(np.count_nonzero(self.use)) - int(self.free.sum())

    def require_bins(self) -> None:
        """Raise FivesigmaError if there are no more bins than parameters."""
        if self.ndf <= 0:
            bins, free = int(np.count_nonzero(self.use)), int(self.free.sum())
            raise FivesigmaError(f"{self.spectrum.name}: {bins} bins are too few to fit {free} parameters")

    def start(self, given: Floats | None) -> Floats:
        """Return where to begin, shape (p,): the background as given, shape (k,), or near the spectrum, and no signal."""
        background = self.background.start(self.spectrum, self.use) if given is None else given
        return background if self.peak is None else np.append(background, self.fixed_yield or 0.0)

    def expected(self, values: Floats) -> tuple[Floats, Floats]:
        """Return expected events at parameters of shape (p,), shape (n,), and their derivatives, shape (n, p)."""
        count = self.background.count
        events, jacobian = self.background.expected(values[:count])
        if self.peak is None:
            return events, jacobian
        with_signal = events + values[count] * self.peak.fractions
        return with_signal, np.concatenate([jacobian, self.peak.fractions[:, None]], axis=1)

    def parts(self, values: Floats) -> tuple[Floats, Floats]:
        """Return expected events of background and of signal, shape (n,) each."""
        background = self.background.expected(values[: self.background.count])[0]
        return background, np.zeros_like(background) if self.peak is None else values[-1] * self.peak.fractions
