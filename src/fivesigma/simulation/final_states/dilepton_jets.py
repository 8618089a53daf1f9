"""A Z in two leptons and many jets, in the columns of the ATLAS open data's exercise on tt̄Z, arXiv:1901.03584."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Ints
from fivesigma.core.kinematics import delta_r, eta_of, mass_of, phi_of, pt_of
from fivesigma.simulation.final_states.jet_systems import (
    JetTable,
    best_tagged,
    boson_pair_count,
    centrality,
    closest_pair_mass,
    leading_jets,
    mean_separation,
    top_candidate_count,
    unlikely_tagged,
    w_mass_average,
)
from fivesigma.simulation.objects.beside import jets_beside
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.isolation import isolated_leptons, opposite_pairs
from fivesigma.simulation.objects.leptons import Leptons, measured_beside
from fivesigma.simulation.objects.missing_momentum import missing_momentum
from fivesigma.simulation.objects.particles import Batch

__all__ = ["dilepton_jets"]

_MIN_LEPTON_PT = 10.0
_MIN_PT = (30.0, 15.0)
_Z_MASS, _WINDOW = 91.1876, 10.0
_RADIUS = 0.4
_MIN_CLUSTER_PT = 15.0
_MIN_JET_PT = 25.0
_MAX_ETA = 2.5
_MIN_JETS = 5
_LOOKED_AT = 8
_COUNTS = ("NJetPairsZMass", "Nmbjj_top", "njet", "nbjet", "HF_n")


def dilepton_jets(
    batch: Batch, detector: Detector, random: np.random.Generator
) -> tuple[Ints, dict[str, NDArray[np.generic]]]:
    """Return the events with a Z in two leptons and five jets: their numbers in the batch, shape (m,), and their columns.

    Kept are events with exactly two isolated electrons or muons of pt > 10 GeV, of one flavour and opposite charge, with
    pt > 30 and 15 GeV and a mass within 10 GeV of the Z's, and with five or more jets, of which one or more are tagged.
    Jets are anti-kt jets of radius 0.4 with pt > 25 GeV and |η| < 2.5, tagged at the medium working point. Of them
    the leading eight are looked at in all that follows.

    The inputs of the exercise's first model, momenta and masses in GeV:

    - ``pt4_jet``, ``pt6_jet``: pt of the fourth and sixth jet; 0 where there are five, so less than any jet has;
    - ``dRll``: ΔR of the leptons;
    - ``NJetPairsZMass``: number of pairs of jets within 30 GeV of 85 GeV;
    - ``Nmbjj_top``: number of triplets of one tagged and two other jets within 15 GeV of 172.5 GeV, the two others being
      within 15 GeV of 80 GeV;
    - ``MbbPtOrd``, ``dRbb``: mass and ΔR of the two jets with the largest tagging scores;
    - ``HT_jet6``: scalar sum of pt of the leading six jets.

    The nine others of the published seventeen:

    - ``ptll``, ``eta_ll``: pt and η of the lepton pair;
    - ``pT1b``: pt of the leading tagged jet;
    - ``MjjMindR``, ``dRjjave_jet``: mass of the pair of jets with the smallest ΔR; mean ΔR of all pairs;
    - ``CentrJet``: scalar sum of pt over the sum of energies of the jets;
    - ``MaxMMindRlepb``: the larger mass of a lepton with the tagged jet nearest to it;
    - ``MWavg``: mean of the two likest pair masses of two three-jet systems, see `w_mass_average`; 0 with five jets;
    - ``H1``: first Fox-Wolfram moment of the leptons and jets, |Σp|²/(ΣE)², Fox and Wolfram, PRL 41, 1581 (1978).

    And ``MuuPtOrd``, used with five jets or one tagged jet: mass of the leading two jets but for those of ``MbbPtOrd``;
    ``mll``, mass of the leptons; ``met``, size of the missing transverse momentum; ``njet`` and ``nbjet``, numbers of jets
    and of tagged ones (of the leading eight). Last ``HF_n``: number of jets that truly hold a bottom or charm hadron, by
    which Z + jets are told apart; data have no such column, and no model may see it.
    """
    leptons, found = isolated_leptons(batch, detector, random, min_pt=_MIN_LEPTON_PT, at_least=2)
    pair = opposite_pairs(leptons, events=batch.events, min_pt=_MIN_PT)
    near = np.abs(mass_of(pair[0].momentum + pair[1].momentum) - _Z_MASS) < _WINDOW
    near &= pair[0].type == pair[1].type
    leading, second = (each.where(near) for each in pair)
    selected = np.zeros(batch.events, dtype=np.bool_)
    selected[leading.event] = True
    leptons = leptons.where(selected[leptons.event])
    clustered = selected[batch.visible.event]
    jets = jets_beside(
        leptons, found, batch, detector, random, clustered=clustered, radius=_RADIUS, min_pt=_MIN_CLUSTER_PT
    )
    hard = jets.where((jets.pt > _MIN_JET_PT) & (np.abs(jets.eta) < _MAX_ETA))
    table = leading_jets(hard, events=batch.events, count=_LOOKED_AT, threshold=detector.bottom.thresholds[1])
    kept = (table.present[_MIN_JETS - 1] & table.tagged.any(axis=0))[leading.event]
    leading, second, table = leading.where(kept), second.where(kept), table.where(leading.event[kept])
    missing, _ = missing_momentum(batch, measured_beside(leptons, found), jets, detector.missing, random)
    counted, heavy = (
        np.bincount(event, minlength=batch.events)[leading.event]
        for event in (hard.event, hard.event[hard.flavour > 0])
    )
    columns = _of_leptons(leading, second) | _of_jets(table) | _of_both((leading, second), table)
    columns |= {"met": missing[leading.event], "njet": counted, "HF_n": heavy}
    return leading.event, {
        name: values.astype(np.int32 if name in _COUNTS else np.float32) for name, values in columns.items()
    }


def _of_leptons(leading: Leptons, second: Leptons) -> dict[str, NDArray[np.generic]]:
    both = leading.momentum + second.momentum
    return {
        "dRll": delta_r(leading.eta, leading.phi, second.eta, second.phi),
        "ptll": pt_of(both),
        "eta_ll": eta_of(both),
        "mll": mass_of(both),
    }


def _of_jets(jets: JetTable) -> dict[str, NDArray[np.generic]]:
    pt, best = pt_of(jets.momentum), best_tagged(jets)
    events = np.arange(pt.shape[1])
    return {
        "pt4_jet": pt[3],
        "pt6_jet": pt[5],
        "NJetPairsZMass": boson_pair_count(jets),
        "Nmbjj_top": top_candidate_count(jets),
        "MbbPtOrd": mass_of(jets.at(best).sum(axis=1)),
        "HT_jet6": pt[:6].sum(axis=0),
        "dRbb": jets.separation[best[0], best[1], events],
        "pT1b": pt[np.argmax(jets.tagged, axis=0), events],
        "MjjMindR": closest_pair_mass(jets),
        "dRjjave_jet": mean_separation(jets),
        "CentrJet": centrality(jets),
        "MWavg": w_mass_average(jets),
        "MuuPtOrd": mass_of(jets.at(unlikely_tagged(jets)).sum(axis=1)),
        "nbjet": np.count_nonzero(jets.tagged, axis=0),
    }


def _of_both(leptons: tuple[Leptons, Leptons], jets: JetTable) -> dict[str, NDArray[np.generic]]:
    masses = []
    for lepton in leptons:
        distance = np.full(jets.present.shape, np.inf)
        rank, event = np.nonzero(jets.tagged)
        tagged = jets.momentum[:, rank, event]
        distance[rank, event] = delta_r(eta_of(tagged), phi_of(tagged), lepton.eta[event], lepton.phi[event])
        masses.append(mass_of(lepton.momentum + jets.at(np.argmin(distance, axis=0))))
    everything = jets.momentum.sum(axis=1) + sum(lepton.momentum for lepton in leptons)
    return {"MaxMMindRlepb": np.maximum(*masses), "H1": (everything[1:] ** 2).sum(axis=0) / everything[0] ** 2}
