"""The transverse momentum that is missing: what is left when everything measured is added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.simulation.objects.jets import Jets
from fivesigma.simulation.objects.leptons import Leptons
from fivesigma.simulation.objects.particles import Batch, Particles

__all__ = ["MissingMomentumResponse", "lost_muons", "missing_momentum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingMomentumResponse:
    """How well the transverse momentum of everything is measured.

    Attributes
    ----------
    max_eta
        |η| up to which particles are seen at all.
    soft
        Resolution in GeV of each component of what is in no jet and no lepton, mostly from pile-up.
    """

    max_eta: float
    soft: float


def lost_muons(found: Leptons, visible: Particles) -> Bools:
    """Return which of the visible particles are muons that are not among the leptons that were found, shape (n,)."""
    muon: Bools = np.abs(visible.pdg) == 13
    muon[found.particle] = False
    return muon


def missing_momentum(
    batch: Batch, leptons: Leptons, jets: Jets, response: MissingMomentumResponse, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the size in GeV and the azimuth of the missing transverse momentum, each of shape (events,).

    It balances all that is visible, with every lepton and jet at its measured pt and a blurred rest. A muon that was
    not found is missing; an electron that was not found has left its energy in the calorimeter.

    Parameters
    ----------
    batch
        The events.
    leptons
        All leptons that were found in them, those within jets with their true pt, see `leptons.measured_beside`.
    jets
        The jets; no lepton with a measured pt may be in one.
    response, random
        How well the rest is measured, and the source of its fluctuations.
    """
    visible = batch.visible
    seen = np.abs(visible.eta) < response.max_eta
    lost = lost_muons(leptons, visible)
    components = []
    for px, direction in ((visible.momentum[1], np.cos), (visible.momentum[2], np.sin)):
        total = np.bincount(visible.event, weights=np.where(seen & ~lost, px, 0.0), minlength=batch.events)
        for measured in (leptons, jets):
            shift = (measured.pt - measured.true_pt) * direction(measured.phi)
            total += np.bincount(measured.event, weights=shift, minlength=batch.events)
        components.append(-total + response.soft * random.standard_normal(batch.events))
    return np.hypot(*components), np.arctan2(components[1], components[0])
