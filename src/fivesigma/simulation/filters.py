"""What an event must have before the costly part of its simulation: a filter on the generator's own record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from fivesigma.core.errors import FivesigmaError

__all__ = ["SHOWER_SCALE", "TruthFilter"]

SHOWER_SCALE = 10.0
"""Scale in GeV down to which the showers have come when filters of the stage ``shower`` are asked."""

_Stage: TypeAlias = Literal["process", "shower", "parton"]
_Quantity: TypeAlias = Literal["pt", "mass", "count", "kinds"]


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

    stage: _Stage
    particles: tuple[int, ...]
    quantity: _Quantity
    minimum: float
    maximum: float | None = None
    each_pt: float = 0.0

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise FivesigmaError(f"a filter at the stage {self.stage!r}: {problem}")

    def _problems(self) -> Iterator[str]:
        for what, value, known in (("stage", self.stage, _Stage), ("quantity", self.quantity, _Quantity)):
            if value not in get_args(known):
                yield f"its {what} must be one of {', '.join(get_args(known))}, not {value!r}"
        if not self.particles or min(self.particles) < 1:
            yield f"its particles are PDG codes without their sign, at least one, not {self.particles}"
        if not all(math.isfinite(value) for value in (self.minimum, self.maximum or 0.0, self.each_pt)):
            yield f"its bounds are finite numbers, not {self.minimum}, {self.maximum} and {self.each_pt}"
        if self.maximum is not None and self.maximum < self.minimum:
            yield f"nothing reaches {self.minimum:g} and does not exceed {self.maximum:g}"
