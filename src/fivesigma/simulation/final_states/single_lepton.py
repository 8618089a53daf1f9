"""One lepton, hard or soft, with jets and missing momentum: the columns of a search for compressed stops.

Definitions after CMS-SUS-17-005, arXiv:1805.05784, sections 3 and 4; what is cut is looser than there, so that an
analysis has its own cuts to make.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.kinematics import delta_phi, delta_r, pt_of, transverse_mass
from fivesigma.simulation.objects.beside import jets_beside
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.dressing import cone_pt, dressed_leptons
from fivesigma.simulation.objects.jets import Jets
from fivesigma.simulation.objects.leptons import Leptons, detect_leptons, measured_beside
from fivesigma.simulation.objects.missing_momentum import missing_momentum
from fivesigma.simulation.objects.pairing import pairs, ranked
from fivesigma.simulation.objects.particles import Batch

__all__ = ["ABSENT", "MIN_HT", "MIN_JET1_PT", "MIN_MET", "SINGLE_LEPTON_COLUMNS", "single_lepton"]

ABSENT = -9999.0
"""What the columns of the second jet hold in events with one jet."""

MIN_MET, MIN_JET1_PT, MIN_HT = 200.0, 110.0, 200.0
"""What an event needs, in GeV: missing transverse momentum, pt of the leading jet, scalar sum of the jets' pt."""

_WHOLE = ("LepChg", "NbLoose", "Njet", "nVert")
SINGLE_LEPTON_COLUMNS = (
    *("Jet1Pt", "mt", "Met", "LepChg", "LepEta", "LepPt", "HT", "NbLoose", "Njet", "JetHBpt", "DrJetHBLep", "JetHBCSV"),
    *("Jet2Pt", "DPhiJet1Jet2", "nVert"),
)
"""In GeV and radians. JetHB is the jet with the largest b-tag score; NbLoose counts jets above the loose threshold."""

_ELECTRON_PT, _ELECTRON_ETA, _MUON_PT, _MUON_ETA = 5.0, 2.5, 3.5, 2.4
_VETO_PT = 20.0
_CONE, _ABSOLUTE_ISOLATION, _RELATIVE_ISOLATION = 0.3, 5.0, 0.2  # the looser of the two holds; they meet at 25 GeV
_RADIUS, _CLUSTER_PT, _MIN_JET_PT, _MAX_JET_ETA = 0.4, 15.0, 30.0, 2.4
_TRUTH_MARGIN = 0.6
_MISSING_MARGIN = 80.0  # in GeV, between what is truly missing and what is measured


def single_lepton(
    batch: Batch, detector: Detector, random: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with an isolated lepton, no second one above 20 GeV, a hard jet and missing momentum.

    Their numbers in the batch, shape (m,), and the columns of `SINGLE_LEPTON_COLUMNS`. Isolated is a lepton with less
    than 5 GeV, or less than 20 % of its pt, within ΔR < 0.3. Those that are not are part of jets.
    """
    true = dressed_leptons(batch.visible, min_pt=_TRUTH_MARGIN * _MUON_PT, dressing=detector.dressing)
    found = detect_leptons(true, detector.electron, detector.muon, random)
    isolated = _isolated(found, batch, detector)
    good = found.where(isolated)
    leading, present = ranked(good.event, good.pt, events=batch.events, count=2)
    second = np.zeros(batch.events)
    second[present[1]] = good.pt[leading[1, present[1]]]
    candidate = present[0] & (second < _VETO_PT) & _may_miss(batch)
    jets = _jets(batch, detector, random, found, good, candidate)
    missing = missing_momentum(batch, measured_beside(good, found), jets, detector.missing, random)
    hard = jets.where((jets.pt > _MIN_JET_PT) & (np.abs(jets.eta) < _MAX_JET_ETA))
    kept = np.flatnonzero(candidate & _passes(hard, missing[0]))
    lepton = good.where(leading[0, kept])
    columns = _leptonic(lepton, missing[0][kept], missing[1][kept]) | _hadronic(hard, lepton, kept, batch, detector)
    whole = {name: np.int32 if name in _WHOLE else np.float32 for name in SINGLE_LEPTON_COLUMNS}
    return kept, {name: columns[name].astype(dtype) for name, dtype in whole.items()}


def _isolated(leptons: Leptons, batch: Batch, detector: Detector) -> Bools:
    """Return which leptons are within the search's acceptance and isolated."""
    muon = leptons.type == 13
    accepted = leptons.pt > np.where(muon, _MUON_PT, _ELECTRON_PT)
    accepted &= np.abs(leptons.eta) < np.where(muon, _MUON_ETA, _ELECTRON_ETA)
    around = cone_pt(leptons, batch.visible, radius=_CONE, dressing=detector.dressing)
    isolated: Bools = accepted & (around < np.maximum(_ABSOLUTE_ISOLATION, _RELATIVE_ISOLATION * leptons.pt))
    return isolated


def _may_miss(batch: Batch) -> Bools:
    """Return which events could have enough missing momentum, whether their muons are found or not: the rest is not clustered."""
    muon = np.abs(batch.visible.pdg) == 13
    largest = np.zeros(batch.events)
    for seen in (np.ones_like(muon), ~muon):
        total = [
            np.bincount(batch.visible.event, weights=seen * component, minlength=batch.events)
            for component in batch.visible.momentum
        ]
        largest = np.maximum(largest, pt_of(np.stack(total)))
    enough: Bools = largest > MIN_MET - _MISSING_MARGIN
    return enough


def _jets(
    batch: Batch, detector: Detector, random: np.random.Generator, found: Leptons, good: Leptons, candidate: Bools
) -> Jets:
    """Return the jets of what is neither a good lepton nor a muon that was not found; none is near a good lepton."""
    visible = batch.visible
    clustered = candidate[visible.event] & (np.abs(visible.eta) < detector.missing.max_eta)
    jets = jets_beside(good, found, batch, detector, random, clustered=clustered, radius=_RADIUS, min_pt=_CLUSTER_PT)
    jet, lepton = pairs(jets.event, good.event)
    close = delta_r(jets.eta[jet], jets.phi[jet], good.eta[lepton], good.phi[lepton]) < _RADIUS
    clean = np.ones(len(jets), dtype=np.bool_)
    clean[jet[close]] = False
    return jets.where(clean)


def _passes(jets: Jets, met: Floats) -> Bools:
    first = np.zeros(len(met))
    np.maximum.at(first, jets.event, jets.pt)
    scalar_sum = np.bincount(jets.event, weights=jets.pt, minlength=len(met))
    passes: Bools = (met > MIN_MET) & (first > MIN_JET1_PT) & (scalar_sum > MIN_HT)
    return passes


def _leptonic(lepton: Leptons, met: Floats, met_phi: Floats) -> dict[str, NDArray[np.generic]]:
    return {
        "Met": met,
        "mt": transverse_mass(lepton.pt, lepton.phi, met, met_phi),
        "LepPt": lepton.pt,
        "LepEta": lepton.eta,
        "LepChg": lepton.charge,
        "nVert": np.ones_like(lepton.charge),  # there is no pile-up
    }


def _hadronic(
    jets: Jets, lepton: Leptons, kept: Ints, batch: Batch, detector: Detector
) -> dict[str, NDArray[np.generic]]:
    """Return the columns of jets, each of shape (kept,), of events that have one jet or more."""
    (first, second), present = ranked(jets.event, jets.pt, events=batch.events, count=2)
    (tagged,), _ = ranked(jets.event, jets.score, events=batch.events, count=1)
    one, two, best = (jets.where(order[kept]) for order in (first, second, tagged))
    loose = jets.event[jets.score > detector.bottom.thresholds[0]]
    return {
        "Jet1Pt": one.pt,
        "Jet2Pt": np.where(present[1, kept], two.pt, ABSENT),
        "DPhiJet1Jet2": np.where(present[1, kept], np.abs(delta_phi(one.phi, two.phi)), ABSENT),
        "HT": np.bincount(jets.event, weights=jets.pt, minlength=batch.events)[kept],
        "Njet": np.bincount(jets.event, minlength=batch.events)[kept],
        "NbLoose": np.bincount(loose, minlength=batch.events)[kept],
        "JetHBpt": best.pt,
        "JetHBCSV": best.score,
        "DrJetHBLep": delta_r(best.eta, best.phi, lepton.eta, lepton.phi),
    }
