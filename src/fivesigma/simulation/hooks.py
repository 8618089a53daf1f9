"""Filters as Pythia asks for them: hooks that see its record of an event and may drop it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pythia8mc

from fivesigma.simulation.filters import SHOWER_SCALE, TruthFilter

__all__ = ["FilterHooks"]

_RESONANCES = 5  # what Pythia calls the showers in the decays of resonances


class FilterHooks(pythia8mc.UserHooks):  # type: ignore[misc]  # the library has no types
    """Drop events that do not pass all filters of their stage.

    Attributes
    ----------
    patience
        Events that may be dropped before one passes; Pythia itself would go on for ever.
    exhausted
        Whether none of so many passed and filtering was given up; what comes then is worthless.
    """

    patience = 5_000

    def __init__(self, filters: Sequence[TruthFilter]) -> None:
        super().__init__()
        self.exhausted = False
        self._dropped = 0
        self._passed = False
        self._process = tuple(each for each in filters if each.stage == "process")
        self._shower = tuple(each for each in filters if each.stage == "shower")
        self._parton = tuple(each for each in filters if each.stage == "parton")

    def canVetoProcessLevel(self) -> bool:  # noqa: N802 - the library's name
        """Return whether Pythia is to ask after the hard process."""
        return bool(self._process)

    def doVetoProcessLevel(self, event: Any) -> bool:  # noqa: N802 - the library's name
        """Return whether the event is dropped after the hard process."""
        return self._drops(event, self._process, last=not (self._shower or self._parton))

    def canVetoPT(self) -> bool:  # noqa: N802 - the library's name
        """Return whether Pythia is to ask amid the showers."""
        return bool(self._shower)

    def scaleVetoPT(self) -> float:  # noqa: N802 - the library's name
        """Return the scale in GeV at which it asks."""
        return SHOWER_SCALE

    def doVetoPT(self, position: int, event: Any) -> bool:  # noqa: N802 - the library's name
        """Return whether the event is dropped amid its showers; not asked again amid those of resonances."""
        return position != _RESONANCES and self._drops(event, self._shower, last=not self._parton)

    def canVetoPartonLevelEarly(self) -> bool:  # noqa: N802 - the library's name
        """Return whether Pythia is to ask after the showers."""
        return bool(self._parton)

    def doVetoPartonLevelEarly(self, event: Any) -> bool:  # noqa: N802 - the library's name
        """Return whether the event is dropped after the showers."""
        return self._drops(event, self._parton, last=True)

    def _drops(self, event: Any, filters: Sequence[TruthFilter], *, last: bool) -> bool:
        if self.exhausted:
            return False
        if all(_passes(event, each) for each in filters):
            self._passed = self._passed or last
            return False
        self._dropped += 1
        self.exhausted = not self._passed and self._dropped >= self.patience
        return not self.exhausted


def _passes(event: Any, wanted: TruthFilter) -> bool:
    energy = px = py = pz = 0.0
    codes = []
    for particle in event:
        if particle.status() > 0 and abs(particle.id()) in wanted.particles and particle.pT() > wanted.each_pt:
            codes.append(abs(particle.id()))
            energy, px, py, pz = (energy + particle.e(), px + particle.px(), py + particle.py(), pz + particle.pz())
    value = {
        "count": float(len(codes)),
        "kinds": float(len(set(codes))),
        "pt": math.hypot(px, py),
        "mass": math.sqrt(max(energy**2 - px**2 - py**2 - pz**2, 0.0)),
    }[wanted.quantity]
    return wanted.minimum <= value <= (math.inf if wanted.maximum is None else wanted.maximum)
