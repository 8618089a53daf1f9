"""A Z in two leptons and a fat jet, in the columns of the ATLAS exercise: momenta in MeV, selection after arXiv:1708.09638."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.kinematics import delta_r, four_momentum, mass_of, pt_of
from fivesigma.simulation.objects.clustering import anti_kt
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.dressing import cone_pt, dressed_leptons, outside_leptons
from fivesigma.simulation.objects.energy_correlation import d2
from fivesigma.simulation.objects.grooming import trimmed
from fivesigma.simulation.objects.jets import Jets, detect_jets
from fivesigma.simulation.objects.leptons import Leptons, detect_leptons, measured_beside
from fivesigma.simulation.objects.missing_momentum import lost_muons, missing_momentum
from fivesigma.simulation.objects.pairing import pairs, ranked
from fivesigma.simulation.objects.particles import Batch, Particles

__all__ = ["FAT_JET_MIN_PT", "LEADING_PT", "PAIR_MASS", "dilepton_fat_jet"]

LEADING_PT = (28.0, 7.0)
"""Smallest pt in GeV of the leading lepton and of the other."""

PAIR_MASS = (66.0, 116.0)
"""Range of the leptons' mass in GeV."""

FAT_JET_MIN_PT = 200.0
"""Smallest pt in GeV of the fat jet."""

_FAT_JET_MAX_ETA = 2.0
_MAX_ETA = 3.2  # of what fat jets are made of: enough for those within 2.0
_RADIUS = 1.0
_SUBJET_RADIUS = 0.2
_SUBJET_FRACTION = 0.05
_JET_MIN_PT = 20.0
_ISOLATION_RADIUS = 0.2
_ISOLATION = 0.15
_TRUTH_MARGIN = 0.6
_MEV = 1000.0  # in GeV


def dilepton_fat_jet(
    batch: Batch, detector: Detector, random: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with a Z in two leptons and a fat jet: their numbers in the batch, shape (m,), and their columns.

    There are exactly two isolated leptons; they have one flavour and opposite charges. Fat jets are trimmed anti-kt jets of
    R = 1.0 with neither lepton within ΔR < 1.0; the leading one within |η| < 2.0 is meant. Its D2 is that of all
    its true particles, before trimming: near 1.6 for a boson's jet of 450 GeV, and 4.4 for a parton's of 240 GeV. After
    trimming these would be 1.0 and 2.3, and tell the two no better.
    """
    true = dressed_leptons(batch.visible, min_pt=_TRUTH_MARGIN * detector.muon.min_pt, dressing=detector.dressing)
    found = detect_leptons(true, detector.electron, detector.muon, random)
    central = np.abs(batch.visible.eta) < _MAX_ETA
    leptons = _pairs_of_leptons(found, batch.visible.where(central), batch.events, detector)
    candidate = np.isin(batch.visible.event, leptons.event)
    outside = outside_leptons(leptons, batch.visible, dressing=detector.dressing)
    lost = lost_muons(found, batch.visible)
    particles = batch.visible.where(central & candidate & outside & ~lost)
    clusters = anti_kt(particles, radius=_RADIUS, min_pt=_JET_MIN_PT)
    soft_gone = trimmed(clusters, particles, radius=_SUBJET_RADIUS, fraction=_SUBJET_FRACTION)
    jets = detect_jets(soft_gone, batch, detector.fat_jet, detector.bottom, random)
    fat = _leading_fat(jets, leptons, batch.events)
    met, _ = missing_momentum(batch, measured_beside(leptons, found), jets, detector.missing, random)
    lepton, _ = pairs(leptons.event, fat.event)
    pair = leptons.where(lepton[::2]), leptons.where(lepton[1::2])
    return fat.event, _columns(*pair, fat, met[fat.event], d2(clusters.where(fat.cluster), particles))


def _columns(
    first: Leptons, second: Leptons, fat: Jets, met: Floats, d2_of_fat: Floats
) -> dict[str, NDArray[np.generic]]:
    z, jet = first.momentum + second.momentum, four_momentum(fat.pt, fat.eta, fat.phi, fat.mass)
    columns = {
        "lep1_pt": first.pt * _MEV,
        "lep2_pt": second.pt * _MEV,
        "fatjet_pt": fat.pt * _MEV,
        "fatjet_eta": fat.eta,
        "fatjet_mass": fat.mass * _MEV,
        "fatjet_D2": d2_of_fat,
        "Zll_mass": mass_of(z) * _MEV,
        "Zll_pt": pt_of(z) * _MEV,
        "MET": met * _MEV,
        "reco_zv_mass": mass_of(z + jet) * _MEV,
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def _pairs_of_leptons(leptons: Leptons, visible: Particles, events: int, detector: Detector) -> Leptons:
    """Return the leptons of Z candidates: the leading one and the other of each event that has one, one after the other."""
    leptons = leptons.where(leptons.pt > LEADING_PT[1])
    leptons = leptons.where(np.bincount(leptons.event, minlength=events)[leptons.event] > 1)
    cone = cone_pt(leptons, visible, radius=_ISOLATION_RADIUS, dressing=detector.dressing)
    leptons = leptons.where(cone < _ISOLATION * leptons.pt)
    leading, present = ranked(leptons.event, leptons.pt, events=events, count=3)
    two = leading[:2, present[1] & ~present[2]]
    one, other = leptons.where(two[0]), leptons.where(two[1])
    mass = mass_of(one.momentum + other.momentum)
    passes = (one.type == other.type) & (one.charge == -other.charge) & (one.pt > LEADING_PT[0])
    passes &= (mass > PAIR_MASS[0]) & (mass < PAIR_MASS[1])
    return leptons.where(two[:, passes].T.ravel())


def _leading_fat(jets: Jets, leptons: Leptons, events: int) -> Jets:
    """Return the leading fat jet of each event that has one."""
    jet, lepton = pairs(jets.event, leptons.event)
    near = delta_r(jets.eta[jet], jets.phi[jet], leptons.eta[lepton], leptons.phi[lepton]) < _RADIUS
    fat = (jets.pt > FAT_JET_MIN_PT) & (np.abs(jets.eta) < _FAT_JET_MAX_ETA)
    fat[jet[near]] = False
    jets = jets.where(fat)
    leading, present = ranked(jets.event, jets.pt, events=events, count=1)
    return jets.where(leading[present])
