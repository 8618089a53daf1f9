"""What an event must have before the costly part of its simulation: a filter on the generator's own record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SHOWER_SCALE", "TruthFilter"]

SHOWER_SCALE = 10.0
"""Scale in GeV down to which the showers have come when filters of the stage ``shower`` are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthFilter:
    """A requirement on the generator's record; events without it are dropped there, and the cross section counts that.

    Attributes
    ----------
    stage
        When: ``process``, after the hard process and the decays of its resonances; ``shower``, when all emissions above
        `SHOWER_SCALE` are made, which saves the time of the others; or ``parton``, after the showers and before hadrons
        are made. At the last two resonances have not decayed.
    particles
        PDG codes, of either sign, of the particles that are meant.
    quantity
        Of all such particles together: the transverse momentum of their sum or its mass, in GeV, their number, or how many
        kinds of them there are.
    minimum, maximum
        What it must reach and, None for no bound, must not exceed.
    each_pt
        Only particles above this transverse momentum in GeV are meant.
    """

    stage: Literal["process", "shower", "parton"]
    particles: tuple[int, ...]
    quantity: Literal["pt", "mass", "count", "kinds"]
    minimum: float
    maximum: float | None = None
    each_pt: float = 0.0
