"""A parametrised detector for leptons: acceptance, efficiency, resolution and charge, one table of constants.

The constants imitate the ATLAS detector as its public papers describe it; they are round numbers, not a calibration:

- muons: arXiv:1603.05598 (99 % efficient for 5 < pt < 100 GeV and |η| < 2.5, but for the gap at |η| < 0.1; resolution
  1.7 % for muons of J/ψ decays and 2.3 % for those of Z decays at small |η|, 2.9 % at large);
- electrons: arXiv:1902.04655 (loose identification 93 % efficient at 40 GeV and less below; wrong charge by 0.1 % in the
  centre up to a few per cent at the edge); energy resolution 10 %/√E ⊕ 0.7 % of the calorimeter, JINST 3 (2008) S08003;
- thresholds in pt and |η|, the leading three leptons', and the separations: the H → ZZ* → 4ℓ analysis, arXiv:2004.03447.

Left out: isolation, impact parameters, pile-up, triggers (taken as fully efficient), directions (taken as exact) and
photons radiated at large angles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, require_length

__all__ = ["DETECTOR", "ELECTRON", "MUON", "Detector", "LeptonResponse", "Leptons", "detect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leptons:
    """Leptons of many events, flat, each array of shape (n,).

    Attributes
    ----------
    event
        Number of the event that a lepton belongs to.
    pt, eta, phi
        Transverse momentum in GeV, pseudorapidity, azimuth in radians.
    type
        11 for electrons, 13 for muons.
    charge
        +1 or -1.
    """

    event: Ints
    pt: Floats
    eta: Floats
    phi: Floats
    type: Ints
    charge: Ints

    def __post_init__(self) -> None:
        require_length(len(self.event), pt=self.pt, eta=self.eta, phi=self.phi, type=self.type, charge=self.charge)

    def __len__(self) -> int:
        return len(self.event)

    def where(self, mask: Bools | Ints) -> Leptons:
        """Return the leptons that a mask or a list of positions picks."""
        return Leptons(
            event=self.event[mask],
            pt=self.pt[mask],
            eta=self.eta[mask],
            phi=self.phi[mask],
            type=self.type[mask],
            charge=self.charge[mask],
        )


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


ELECTRON = LeptonResponse(
    min_pt=7.0,
    max_eta=2.47,
    efficiency_pt=(7.0, 20.0, 40.0, 80.0),
    efficiency=(0.80, 0.88, 0.93, 0.95),
    barrel_eta=1.5,
    stochastic=(0.10, 0.10),
    constant=(0.007, 0.007),
    wrong_charge=(0.002, 0.02),
)
MUON = LeptonResponse(
    min_pt=5.0,
    max_eta=2.7,
    efficiency_pt=(5.0, 10.0),
    efficiency=(0.96, 0.99),
    gap_eta=0.1,
    gap_efficiency=0.7,
    barrel_eta=1.05,
    constant=(0.0165, 0.028),
    curvature=(3.6e-4, 3.6e-4),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """The whole detector and what it asks of an event.

    Attributes
    ----------
    electron, muon
        What it makes of one lepton.
    dressing
        ΔR around a lepton within which photons count as part of it.
    leading_pt
        Smallest pt in GeV of the leading lepton, the second, and so on.
    min_delta_r
        Smallest ΔR between any two leptons of an event.
    min_pair_mass
        Smallest mass in GeV of any pair of same flavour and opposite charge (which keeps J/ψ and Υ decays out).
    """

    electron: LeptonResponse = ELECTRON
    muon: LeptonResponse = MUON
    dressing: float = 0.1
    leading_pt: tuple[float, ...] = (20.0, 15.0, 10.0, 5.0)
    min_delta_r: float = 0.1
    min_pair_mass: float = 5.0


DETECTOR = Detector()
"""The detector of the shipped events."""


def detect(leptons: Leptons, detector: Detector, generator: np.random.Generator) -> Leptons:
    """Return the leptons that are found, with measured pt and charge.

    Acceptance is in the measured pt. Directions are taken as exact.
    """
    found = np.zeros(len(leptons), dtype=np.bool_)
    pt, charge = leptons.pt.copy(), leptons.charge.copy()
    normal, luck, flip = generator.standard_normal(len(pt)), generator.random(len(pt)), generator.random(len(pt))
    for kind, response in ((11, detector.electron), (13, detector.muon)):
        mine = leptons.type == kind
        true, eta = leptons.pt[mine], leptons.eta[mine]
        pt[mine] = true * np.maximum(1 + response.resolution_at(true, eta) * normal[mine], 0.0)
        found[mine] = response.accepts(pt[mine], eta) & (luck[mine] < response.efficiency_at(true, eta))
        charge[mine] = np.where(flip[mine] < response.wrong_charge_at(eta), -charge[mine], charge[mine])
    return replace(leptons, pt=pt, charge=charge).where(found)
