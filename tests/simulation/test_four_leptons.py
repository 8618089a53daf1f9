from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.final_states.four_leptons import LEPTON_COLUMNS, four_leptons
from fivesigma.simulation.objects.detector import DETECTOR, Detector
from fivesigma.simulation.objects.particles import Batch, Particles

EXACT = Detector(
    electron=replace(
        DETECTOR.electron, efficiency=(1.0,) * 5, stochastic=(0.0, 0.0), constant=(0.0, 0.0), wrong_charge=(0.0, 0.0)
    ),
    muon=replace(DETECTOR.muon, efficiency=(1.0,) * 3, gap_eta=0.0, constant=(0.0, 0.0), curvature=(0.0, 0.0)),
)


def seen(*events):
    """What an exact detector makes of events, each a list of (pt, eta, phi, type, charge)."""
    rows = [(number, *lepton) for number, event in enumerate(events) for lepton in event]
    event, pt, eta, phi, kind, charge = np.array(rows).reshape(-1, 6).T
    visible = Particles(event=event.astype(int), pdg=(-kind * charge).astype(int), momentum=four_momentum(pt, eta, phi))
    none = visible.where([])
    batch = Batch(events=len(events), visible=visible, bottom=none, charm=none)
    return four_leptons(batch, EXACT, np.random.default_rng(1))


GOOD = [(12, 0.0, 0.0, 11, 1), (50, 1.0, 2.0, 11, -1), (25, -1.0, -2.0, 13, 1), (30, 0.5, 1.0, 13, -1)]


def changed(index, **fields):
    names = ("pt", "eta", "phi", "type", "charge")
    lepton = dict(zip(names, GOOD[index], strict=True)) | fields
    return [*GOOD[:index], tuple(lepton.values()), *GOOD[index + 1 :]]


def kept(event):
    return len(seen(event)[0]) == 1


def test_leptons_come_in_falling_order_of_pt_with_their_own_directions_and_charges():
    numbers, columns = seen(GOOD)
    assert numbers.tolist() == [0]
    assert [columns[f"lep_pt_{i}"][0] for i in range(4)] == [50, 30, 25, 12]
    assert [columns[f"lep_type_{i}"][0] for i in range(4)] == [11, 13, 13, 11]
    assert [columns[f"lep_charge_{i}"][0] for i in range(4)] == [-1, -1, 1, 1]
    assert [columns[f"lep_phi_{i}"][0] for i in range(4)] == [2, 1, -2, 0]


def test_columns_are_those_of_the_lesson():
    _, columns = seen(GOOD)
    assert tuple(columns) == LEPTON_COLUMNS
    assert {columns[name].dtype for name in LEPTON_COLUMNS[:12]} == {np.dtype(np.float32)}
    assert len(LEPTON_COLUMNS) == 20


def test_events_of_three_leptons_go_and_numbers_stay_with_their_events():
    numbers, columns = seen(GOOD[:3], GOOD, GOOD[1:], changed(0, pt=13))
    assert numbers.tolist() == [1, 3]
    assert columns["lep_pt_3"].tolist() == [12, 13]


def test_a_fifth_lepton_is_left_out():
    _, columns = seen([*GOOD, (11, 2.0, 3.0, 11, 1)])
    assert columns["lep_pt_3"].tolist() == [12]


@pytest.mark.parametrize(
    ("event", "passes"),
    [
        (GOOD, True),
        (changed(1, charge=1), True),
        (changed(1, type=13), True),
        ([(19, *GOOD[1][1:]), (18, *GOOD[3][1:]), (17, *GOOD[2][1:]), GOOD[0]], False),
        (changed(3, eta=1.0, phi=2.05), False),
        ([(11, 0.0, 0.0, 11, 1), (11, 0.0, 0.3, 11, -1), GOOD[1], GOOD[3]], False),
        ([(11, 0.0, 0.0, 11, 1), (11, 0.0, 0.3, 11, 1), GOOD[1], GOOD[3]], True),
        ([(11, 0.0, 0.0, 11, 1), (11, 0.0, 0.3, 13, -1), GOOD[1], GOOD[3]], True),
    ],
    ids=["good", "charge 2", "types 46", "leading pt", "too near", "pair of 3.3 GeV", "same charge", "other flavour"],
)
def test_what_an_event_has_to_pass(event, passes):
    assert kept(event) == passes


def test_thresholds_of_electrons_and_muons_differ():
    assert not kept(changed(0, pt=6.9))
    assert kept(changed(0, pt=6.9, type=13))


@pytest.mark.parametrize("events", [(), ([],), ([], [], [])], ids=["no event", "an empty event", "empty events"])
def test_nothing_gives_empty_columns(events):
    numbers, columns = seen(*events)
    assert len(numbers) == 0
    assert tuple(columns) == LEPTON_COLUMNS
    assert {len(column) for column in columns.values()} == {0}
