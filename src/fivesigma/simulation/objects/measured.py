"""What all measured objects have in common."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from fivesigma.core.arrays import Bools, Floats, Ints, require_length

__all__ = ["Measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Objects of one kind of many events, flat, each array of shape (n,).

    Attributes
    ----------
    event
        Number of the event that an object belongs to.
    pt, eta, phi
        Transverse momentum in GeV, pseudorapidity, azimuth in radians.
    true_pt
        The pt before the detector measured it.
    """

    event: Ints
    pt: Floats
    eta: Floats
    phi: Floats
    true_pt: Floats

    def __post_init__(self) -> None:
        require_length(len(self.event), **{each.name: getattr(self, each.name) for each in fields(self)})

    def __len__(self) -> int:
        return len(self.event)

    def where(self, mask: Bools | Ints) -> Self:
        """Return the objects that a mask or a list of positions picks."""
        return type(self)(**{each.name: getattr(self, each.name)[mask] for each in fields(self)})
