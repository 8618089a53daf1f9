"""Signal windows and sidebands of a scan over mass hypotheses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError

__all__ = ["MassWindow", "mass_windows", "require_coverage", "turn_on"]

_BANDWIDTH = 0.02  # relative: well above the fluctuations of neighbouring masses, well below the width of a turn-on
_POINTS = 400
_REACH = 0.03
_SIGNIFICANT = 3.0
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class MassWindow:
    """A mass hypothesis: its signal window ``[low, high)`` and the sidebands ``[lowest, low)`` and ``[high, highest)``, in GeV."""

    mass: float
    low: float
    high: float
    lowest: float
    highest: float

    def inside(self, mass: Floats) -> Bools:
        """Return which masses, shape (n,), lie in the signal window."""
        return (mass >= self.low) & (mass < self.high)

    def below(self, mass: Floats) -> Bools:
        """Return which masses, shape (n,), lie in the lower sideband."""
        return (mass >= self.lowest) & (mass < self.low)

    def above(self, mass: Floats) -> Bools:
        """Return which masses, shape (n,), lie in the upper sideband."""
        return (mass >= self.high) & (mass < self.highest)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} GeV with sidebands from {self.lowest:g} and to {self.highest:g} GeV"


def mass_windows(
    masses: Sequence[float],
    *,
    width: float,
    sideband: float,
    relative: bool = False,
    within: tuple[float, float] = (0.0, np.inf),
) -> tuple[MassWindow, ...]:
    """Return a window for each mass hypothesis; sidebands end where the range does.

    Parameters
    ----------
    masses
        The hypotheses, in GeV, each above the one before.
    width, sideband
        Full width of the signal window, and of either sideband, in GeV; in units of the mass hypothesis if ``relative``.
    relative
        Whether they are.
    within
        The range of masses, in GeV, that is looked at.

    Raises
    ------
    FivesigmaError
        If there is no hypothesis or they do not rise, a width is not above zero, a window reaches out of the range, or a mass
        between the first and the last window is in none.
    """
    if not len(masses) or not np.all(np.isfinite(masses)) or not np.all(np.diff(masses) > 0) or masses[0] <= 0:
        raise FivesigmaError("a scan needs mass hypotheses above zero, each above the one before")
    if not (width > 0 and sideband > 0):
        raise FivesigmaError(
            f"a window of {width:g} with sidebands of {sideband:g} is none: both widths are above zero"
        )
    windows = []
    for mass in map(float, masses):
        unit = mass if relative else 1.0
        low, high = mass - width * unit / 2, mass + width * unit / 2
        if low <= within[0] or high >= within[1]:
            raise FivesigmaError(
                f"the window of {mass:g} GeV, {low:g} to {high:g} GeV, leaves no sideband in the range from {within[0]:g} to {within[1]:g} GeV"
            )
        windows.append(
            MassWindow(
                mass=mass,
                low=low,
                high=high,
                lowest=max(low - sideband * unit, within[0]),
                highest=min(high + sideband * unit, within[1]),
            )
        )
    require_coverage(windows)
    return tuple(windows)


def require_coverage(windows: Sequence[MassWindow]) -> None:
    """Check that every mass between the first and the last window lies in a window.

    Raises
    ------
    FivesigmaError
        If two neighbours leave a gap.
    """
    for one, other in pairwise(windows):
        if other.low > one.high * (1 + _ROUNDING):
            raise FivesigmaError(
                f"no window looks between {one.high:g} and {other.low:g} GeV: hypotheses {one.mass:g} and {other.mass:g} GeV are too"
                " far apart for their windows; a resonance there would be missed"
            )


def turn_on(mass: ArrayLike) -> float:
    """Return the mass, in GeV, up to which a spectrum rises with the efficiency of trigger and cuts.

    Below where the spectrum is highest (by a Gaussian kernel two per cent wide in the logarithm of the mass), it is the highest mass
    with more events in the three per cent above than in as many GeV below, by three standard deviations; the lowest mass if there is
    none. A bump is none of it: more events lie below one than as far above it. Nor is the edge of what was cut where it falls already.

    Raises
    ------
    FivesigmaError
        If there are no masses above zero.
    """
    values = np.asarray(mass, dtype=np.float64)
    values = np.sort(values[np.isfinite(values) & (values > 0)])
    if not len(values):
        raise FivesigmaError("a spectrum without masses above zero has no turn-on")
    lowest = float(values[0])
    while (rise := _rise(values)) is not None:
        begin, end, highest = rise
        below = int(np.searchsorted(values, begin))
        beyond = np.searchsorted(values, [2 * highest - begin, 2 * highest - lowest])
        if below <= beyond[1] - beyond[0]:
            return end
        values = values[:below]
    return lowest


def _rise(values: Floats) -> tuple[float, float, float] | None:
    """Return where the last rise of sorted masses below the highest density begins and ends, and where that is."""
    first = values[0] / (1 - _REACH)  # from where the three per cent below are looked at in full
    highest = _highest(values)
    if highest <= first:
        return None
    places = np.geomspace(first, highest, _POINTS)
    width = _REACH * places
    below, at, above = (np.searchsorted(values, edge) for edge in (places - width, places, places + width))
    before, after = at - below, above - at
    rising = after - before > _SIGNIFICANT * np.sqrt(np.maximum(after + before, 1))
    if not rising.any():
        return None
    last = np.flatnonzero(rising)[-1]
    flat = np.flatnonzero(~rising[:last])
    return float(places[flat[-1] + 1 if len(flat) else 0]), float(places[last]), highest


def _highest(values: Floats) -> float:
    """Return where the density of masses is highest."""
    logarithm = np.log(values)
    counts, edges = np.histogram(logarithm, bins=_POINTS, range=(logarithm[0] - 0.1, logarithm[-1] + 0.1))
    step = edges[1] - edges[0]
    offsets = np.arange(-np.ceil(4 * _BANDWIDTH / step), np.ceil(4 * _BANDWIDTH / step) + 1) * step
    # per GeV, not per unit of the logarithm, for that is what is fitted
    centres = np.exp((edges[:-1] + edges[1:]) / 2)
    density = np.convolve(counts, np.exp(-(offsets**2) / (2 * _BANDWIDTH**2)), mode="same") / centres
    return float(centres[np.argmax(density)])
