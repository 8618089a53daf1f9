"""What a detector makes of leptons: acceptance, efficiency, resolution and charge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.objects.measured import Measured

__all__ = ["LeptonResponse", "Leptons", "detect_leptons", "measured_beside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leptons(Measured):
    """Leptons of many events: what `Measured` has, and more arrays of shape (n,).

    Attributes
    ----------
    type
        11 for electrons, 13 for muons.
    charge
        +1 or -1.
    particle
        Position of the lepton among the visible particles of its batch.
    """

    type: Ints
    charge: Ints
    particle: Ints

    @property
    def momentum(self) -> Floats:
        """(E, px, py, pz) in GeV, shape (4, n); leptons count as massless."""
        return four_momentum(self.pt, self.eta, self.phi)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeptonResponse:
    """What the detector makes of one kind of lepton.

    Attributes
    ----------
    min_pt, max_eta
        Acceptance: smallest pt in GeV, largest |η|.
    efficiency_pt, efficiency
        Efficiency at these pt, straight lines between, constant beyond.
    gap_eta, gap_efficiency
        Half-width in η of an uninstrumented gap around η = 0, and what efficiency it leaves, as a factor.
    barrel_eta
        |η| up to which the first of each pair below holds, the second beyond.
    stochastic, constant, curvature
        Relative resolution of pt: stochastic/√E ⊕ constant ⊕ curvature · pt, in GeV.
    wrong_charge
        Probability that the charge is measured with the wrong sign.
    """

    min_pt: float
    max_eta: float
    efficiency_pt: tuple[float, ...]
    efficiency: tuple[float, ...]
    gap_eta: float = 0.0
    gap_efficiency: float = 1.0
    barrel_eta: float
    stochastic: tuple[float, float] = (0.0, 0.0)
    constant: tuple[float, float]
    curvature: tuple[float, float] = (0.0, 0.0)
    wrong_charge: tuple[float, float] = (0.0, 0.0)

    def accepts(self, pt: Floats, eta: Floats) -> Bools:
        """Return which leptons lie within the acceptance."""
        return (pt > self.min_pt) & (np.abs(eta) < self.max_eta)

    def efficiency_at(self, pt: Floats, eta: Floats) -> Floats:
        """Return the probability that a lepton within the acceptance is found."""
        plateau = np.interp(pt, self.efficiency_pt, self.efficiency)
        return np.where(np.abs(eta) < self.gap_eta, self.gap_efficiency, 1.0) * plateau

    def resolution_at(self, pt: Floats, eta: Floats) -> Floats:
        """Return σ(pt)/pt."""
        region = self._region(eta)
        energy = pt * np.cosh(eta)
        terms = (
            np.take(self.stochastic, region) / np.sqrt(energy),
            np.take(self.constant, region),
            np.take(self.curvature, region) * pt,
        )
        return np.sqrt(sum(np.square(term) for term in terms))

    def wrong_charge_at(self, eta: Floats) -> Floats:
        """Return the probability of the wrong charge."""
        return np.take(self.wrong_charge, self._region(eta))

    def _region(self, eta: Floats) -> Ints:
        return (np.abs(eta) >= self.barrel_eta).astype(np.int64)


def detect_leptons(
    leptons: Leptons, electron: LeptonResponse, muon: LeptonResponse, random: np.random.Generator
) -> Leptons:
    """Return the leptons that are found, with measured pt and charge.

    Acceptance is in the measured pt. Directions are taken as exact.
    """
    found = np.zeros(len(leptons), dtype=np.bool_)
    pt, charge = leptons.pt.copy(), leptons.charge.copy()
    normal, luck, flip = random.standard_normal(len(pt)), random.random(len(pt)), random.random(len(pt))
    for kind, response in ((11, electron), (13, muon)):
        mine = leptons.type == kind
        true, eta = leptons.pt[mine], leptons.eta[mine]
        pt[mine] = true * np.maximum(1 + response.resolution_at(true, eta) * normal[mine], 0.0)
        found[mine] = response.accepts(pt[mine], eta) & (luck[mine] < response.efficiency_at(true, eta))
        charge[mine] = np.where(flip[mine] < response.wrong_charge_at(eta), -charge[mine], charge[mine])
    return replace(leptons, pt=pt, charge=charge).where(found)


def measured_beside(chosen: Leptons, found: Leptons) -> Leptons:
    """Return all leptons that were found, those that are not chosen with their true pt: these are measured within jets."""
    return replace(found, pt=np.where(np.isin(found.particle, chosen.particle), found.pt, found.true_pt))
