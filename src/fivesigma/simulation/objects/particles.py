"""Pythia's record of a batch of events as flat arrays: the particles that reach a detector, and the heavy flavour."""

from __future__ import annotations

from dataclasses import dataclass

import awkward as ak
import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, require_length
from fivesigma.core.kinematics import eta_of, phi_of, pt_of

__all__ = ["INVISIBLE", "Batch", "Particles", "read_batch"]

INVISIBLE = (12, 14, 16, 1000022)
"""PDG codes of what leaves no trace: neutrinos and the lightest neutralino."""

_COMPONENTS = ("e", "px", "py", "pz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particles:
    """Particles of many events, flat and in the order of the events.

    Attributes
    ----------
    event
        Number in the batch of the event that a particle belongs to, shape (n,), never falling.
    pdg
        PDG code, shape (n,).
    momentum
        (E, px, py, pz) in GeV, shape (4, n).
    """

    event: Ints
    pdg: Ints
    momentum: Floats

    def __post_init__(self) -> None:
        require_length(len(self.event), pdg=self.pdg, momentum=self.momentum[0])

    def __len__(self) -> int:
        return len(self.event)

    @property
    def pt(self) -> Floats:
        """Transverse momentum in GeV, shape (n,)."""
        return pt_of(self.momentum)

    @property
    def eta(self) -> Floats:
        """Pseudorapidity, shape (n,); infinite along the beam."""
        with np.errstate(divide="ignore"):
            return eta_of(self.momentum)

    @property
    def phi(self) -> Floats:
        """Azimuth in radians, shape (n,)."""
        return phi_of(self.momentum)

    def where(self, mask: Bools | Ints) -> Particles:
        """Return the particles that a mask or a list of positions picks."""
        return Particles(event=self.event[mask], pdg=self.pdg[mask], momentum=self.momentum[:, mask])


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Generated events as a detector and its truth matching need them.

    Attributes
    ----------
    events
        How many; some may have no particle below.
    visible
        Final particles but for the invisible ones.
    bottom, charm
        Hadrons with a bottom quark; those with a charm quark and no bottom quark. All in the record, decayed or not.
    """

    events: int
    visible: Particles
    bottom: Particles
    charm: Particles


def read_batch(events: ak.Array) -> Batch:
    """Return the particles of events as ``Pythia.nextBatch`` gives them."""
    counts = ak.num(events.prt.id).to_numpy()
    event = np.repeat(np.arange(len(counts)), counts)
    pdg = ak.flatten(events.prt.id).to_numpy().astype(np.int64)
    status = ak.flatten(events.prt.status).to_numpy()
    components = [ak.flatten(events.prt.p[name]).to_numpy() for name in _COMPONENTS]

    def picked(mask: Bools) -> Particles:
        at = np.flatnonzero(mask)
        return Particles(event=event[at], pdg=pdg[at], momentum=np.stack([each[at] for each in components]))

    code = np.abs(pdg)
    bottom = _has_quark(code, 5)
    return Batch(
        events=len(counts),
        visible=picked((status > 0) & ~np.isin(code, INVISIBLE)),
        bottom=picked(bottom),
        charm=picked(_has_quark(code, 4) & ~bottom),
    )


def _has_quark(code: Ints, flavour: int) -> Bools:
    """Return which PDG codes, without sign, are hadrons with a quark of this flavour (its digits are those of the quarks)."""
    digits = (code // 1000 % 10 == flavour) | (code // 100 % 10 == flavour)
    diquark = code // 10 % 10 == 0
    hadron: Bools = (code > 100) & (code < 1_000_000) & digits & ~diquark
    return hadron
