"""Which leptons stand alone, and which events have just two of them."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.objects.isolation import isolated_leptons, opposite_pairs
from fivesigma.simulation.objects.leptons import Leptons
from fivesigma.simulation.objects.particles import Batch, Particles

pytest.importorskip("fastjet")
from fivesigma.simulation.objects.detector import DETECTOR

MUONS = replace(
    DETECTOR,
    muon=replace(DETECTOR.muon, efficiency=(1.0, 1.0, 1.0), gap_eta=0.0, constant=(0.0, 0.0), curvature=(0.0, 0.0)),
)


def leptons(*rows):
    """Leptons, each (event, pt, charge)."""
    event, pt, charge = (np.array(column) for column in zip(*rows, strict=True))
    zero = np.zeros(len(pt))
    return Leptons(
        event=event,
        pt=pt.astype(float),
        eta=zero,
        phi=zero,
        type=13 + 0 * event,
        charge=charge,
        true_pt=zero,
        particle=event,
    )


def test_pairs_are_of_events_with_exactly_two_of_opposite_charge_above_thresholds():
    rows = [
        (0, 20, 1), (0, 30, -1),  # a pair, the second leads
        (1, 30, 1),
        (3, 40, 1), (3, 30, -1), (3, 11, 1),
        (4, 40, 1), (4, 30, 1),
        (5, 24, 1), (5, 20, -1),
        (6, 40, 1), (6, 14, -1),
        (7, 26, -1), (7, 16, 1),
    ]  # fmt: skip
    leading, second = opposite_pairs(leptons(*rows), events=9, min_pt=(25.0, 15.0))
    assert leading.event.tolist() == second.event.tolist() == [0, 7]
    assert leading.pt.tolist() == [30, 26]
    assert second.pt.tolist() == [20, 16]


@pytest.mark.parametrize(("around", "distance", "isolated"), [(5.9, 0.2, 2), (6.1, 0.2, 1), (6.1, 0.31, 2)])
def test_a_lepton_with_too_much_around_it_is_left_out(around, distance, isolated):
    pdg, pt, phi = np.array([13, -13, 211]), np.array([40.0, 30.0, around]), np.array([0.0, 2.0, distance])
    visible = Particles(event=np.zeros(3, dtype=int), pdg=pdg, momentum=four_momentum(pt, 0.5, phi))
    none = visible.where(np.zeros(0, dtype=int))
    batch = Batch(events=1, visible=visible, bottom=none, charm=none)
    alone, found = isolated_leptons(batch, MUONS, np.random.default_rng(1), min_pt=10.0, at_least=2)
    assert len(alone) == isolated
    assert len(found) == 2
    assert [
        len(each) for each in isolated_leptons(batch, MUONS, np.random.default_rng(1), min_pt=10.0, at_least=3)
    ] == [0, 0]
