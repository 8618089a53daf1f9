"""Jets beside leptons: which particles are in them, told by their true momenta."""

import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum

pytest.importorskip("fastjet")
from fivesigma.simulation.objects.beside import jets_beside
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.objects.dressing import dressed_leptons
from fivesigma.simulation.objects.particles import Batch, Particles

# a lepton and its photon, a found muon that is not chosen, a lost muon, an electron, two near hadrons, a soft one; and of
# another event a hadron
PDG = np.array([13, 22, 13, 13, 11, 211, -211, 211, 211])
EVENT = np.array([0] * 8 + [1])
PT = np.array([50.0, 8.0, 30.0, 25.0, 35.0, 40.0, 20.0, 9.0, 60.0])
PHI = np.array([0.0, 0.05, 1.0, 2.0, 3.0, -1.0, -1.0, -2.0, 0.0])


def jets(clustered):
    visible = Particles(event=EVENT, pdg=PDG, momentum=four_momentum(PT, 0.5, PHI))
    none = visible.where(np.zeros(0, dtype=int))
    batch = Batch(events=2, visible=visible, bottom=none, charm=none)
    true = dressed_leptons(visible, min_pt=5.0, dressing=DETECTOR.dressing)
    chosen, found = true.where(true.particle == 0), true.where(np.isin(true.particle, [0, 2]))
    random = np.random.default_rng(1)
    return jets_beside(chosen, found, batch, DETECTOR, random, clustered=clustered, radius=0.4, min_pt=10.0)


def test_chosen_leptons_with_their_photons_and_lost_muons_are_in_no_jet():
    made = jets(np.ones(len(PDG), dtype=bool))
    assert made.event.tolist() == [0, 0, 0, 1]
    assert made.true_pt == pytest.approx([60.0, 35.0, 30.0, 60.0])
    assert made.phi == pytest.approx([-1.0, 3.0, 1.0, 0.0])


def test_only_what_is_asked_for_is_clustered():
    made = jets((EVENT == 0) & (PDG != 11))
    assert made.event.tolist() == [0, 0]
    assert made.true_pt == pytest.approx([60.0, 30.0])
