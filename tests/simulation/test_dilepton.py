"""Two leptons and missing momentum: what is kept, and what stands in the columns, with a detector that sees all."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum

pytest.importorskip("fastjet")
from fivesigma.simulation.final_states.dilepton import DILEPTON_COLUMNS, dilepton
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.objects.dressing import dressed_leptons, outside_leptons
from fivesigma.simulation.objects.particles import Batch, Particles


def particles(*events):
    """Massless particles of events, each a list of (pdg, pt, eta, phi)."""
    rows = [(number, *particle) for number, event in enumerate(events) for particle in event]
    event, pdg, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 5).T
    return Particles(event=event.astype(int), pdg=pdg.astype(int), momentum=four_momentum(pt, eta, phi))


def batch(*events, bottom=()):
    none = particles()
    hadrons = particles(*bottom) if bottom else none
    return Batch(events=len(events), visible=particles(*events), bottom=hadrons, charm=none)


def perfect_leptons(response):
    exact = (0.0, 0.0)
    seen = {"efficiency": (1.0,) * len(response.efficiency), "gap_eta": 0.0}
    return replace(response, **seen, stochastic=exact, constant=exact, curvature=exact, wrong_charge=exact)


PERFECT = replace(
    DETECTOR,
    electron=perfect_leptons(DETECTOR.electron),
    muon=perfect_leptons(DETECTOR.muon),
    jet=replace(DETECTOR.jet, noise=0.0, stochastic=0.0, constant=0.0),
    bottom=replace(DETECTOR.bottom, bottom=(1.0, 1.0, 1.0), charm=(0.0, 0.0, 0.0), light=(0.0, 0.0, 0.0)),
    missing=replace(DETECTOR.missing, soft=0.0),
)
GOOD = [(11, 40, 0.5, 0.0), (-13, 30, -1.0, 1.0), (211, 5, 2.0, 2.0)]


def seen(*events, **hadrons):
    return dilepton(batch(*events, **hadrons), PERFECT, np.random.default_rng(1))


def test_two_leptons_and_what_is_missing():
    numbers, columns = seen([(211, 50, 0, 0)], GOOD, [])
    assert numbers.tolist() == [1]
    assert tuple(columns) == DILEPTON_COLUMNS
    values = {name: column[0] for name, column in columns.items()}
    px, py = -(40 + 30 * np.cos(1) + 5 * np.cos(2)), -(30 * np.sin(1) + 5 * np.sin(2))
    expected = {"lep_pt_0": 40, "lep_pt_1": 30, "lep_eta_0": 0.5, "lep_eta_1": -1, "lep_phi_0": 0, "lep_phi_1": 1}
    expected |= {"met": np.hypot(px, py), "met_phi": np.arctan2(py, px)}
    assert {name: values[name] for name in expected} == pytest.approx(expected, abs=1e-5)
    assert [values[f"lep_{kind}_{rank}"] for kind in ("type", "charge") for rank in (0, 1)] == [11, 13, -1, 1]
    assert [values["njet"], values["nbjet"]] == [0, 0]


BALANCED = [
    (11, 40, 0.5, 0.0),
    (-13, 30, -1.0, 1.0),
    (211, 59, 2.0, np.arctan2(30 * np.sin(1), 40 + 30 * np.cos(1)) + np.pi),
]


@pytest.mark.parametrize(
    ("event", "passes"),
    [
        (GOOD, True),
        ([*GOOD, (13, 9, 0, 2)], True),
        ([*GOOD, (13, 11, 0, 2)], False),
        ([(11, 40, 0.5, 0), (13, 30, -1, 1)], False),
        ([(11, 40, 0.5, 0), (-11, 30, -1, 1)], True),
        ([(11, 23, 0.5, 0), (-13, 16, -1, 1)], True),
        ([(11, 21, 0.5, 0), (-13, 16, -1, 1)], False),
        ([(11, 23, 0.5, 0), (-13, 14, -1, 1)], False),
        ([(11, 40, 0.5, 0), (-13, 30, 0.5, 0.28)], False),
        ([(11, 40, 0.5, 0), (-13, 30, 0.5, 0.3)], True),
        ([(11, 40, 2.5, 0), (-13, 30, -1, 1)], False),
        ([*GOOD, (211, 5.9, 0.5, 0.2)], True),
        ([*GOOD, (211, 6.1, 0.5, 0.2)], False),
        ([*GOOD, (211, 6.1, 0.5, 0.31)], True),
        (BALANCED, False),
    ],
    ids=[
        "good", "soft third lepton", "third lepton", "equal charges", "one flavour", "just above", "leading too soft",
        "second too soft", "9.7 GeV", "10.4 GeV", "beyond the tracker", "isolated", "not isolated", "beyond the cone",
        "nothing missing",
    ],
)  # fmt: skip
def test_what_an_event_has_to_pass(event, passes):
    assert len(seen(event)[0]) == passes


def test_jets_are_made_of_what_is_no_lepton_and_counted_above_their_thresholds():
    jets = [(211, 31, 1.0, -2.0), (211, 29, -2.0, -1.0), (211, 25, 0.0, 2.5), (211, 100, 4.9, 1.0), (211, 40, 4.0, 3.0)]
    bottom = [(511, 31, 1.0, -2.0), (511, 29, -2.0, -1.0), (511, 40, 4.0, 3.0)]
    _, columns = seen([*GOOD, *jets], bottom=[bottom])
    assert columns["njet"].tolist() == [2]  # 31 GeV and, forward, 40 GeV
    assert columns["nbjet"].tolist() == [2]  # 31 and 29 GeV; 40 GeV is beyond the tracker


def test_a_muon_that_is_not_found_is_missing_and_an_electron_is_not():
    hidden = [(13, 20, 2.8, 2.0), (11, 20, 2.8, -2.0)]
    pair = [(11, 40, 0.5, 0.0), (-13, 30, -1.0, 1.0)]
    _, columns = seen([*pair, hidden[0]], [*pair, hidden[1]])
    px = 40 + 30 * np.cos(1) + np.array([0, 20 * np.cos(-2)])
    py = 30 * np.sin(1) + np.array([0, 20 * np.sin(-2)])
    np.testing.assert_allclose(columns["met"], np.hypot(px, py), rtol=1e-5)


def test_leptons_and_their_photons_are_in_no_jet_and_other_photons_are():
    event = [(11, 40, 0.0, 0.0), (22, 4, 0.05, 0.0), (22, 5, 0.2, 0.0), (211, 6, 0.0, 0.02), (13, 2, 1.0, 1.0)]
    elsewhere = [(22, 7, 0.0, 0.0)]
    visible = particles(event, elsewhere)
    leptons = dressed_leptons(visible, min_pt=5.0, dressing=0.1)
    assert outside_leptons(leptons, visible, dressing=0.1).tolist() == [False, False, True, True, True, True]


def test_batches_without_such_events_give_empty_columns():
    for events in ([[(211, 50, 0, 0)]], [[]], [GOOD[:1]]):
        numbers, columns = seen(*events)
        assert len(numbers) == 0
        assert tuple(columns) == DILEPTON_COLUMNS
        assert {column.shape for column in columns.values()} == {(0,)}


def test_events_do_not_depend_on_their_neighbours():
    jets = [*GOOD, (211, 50, 1.0, -2.0)]
    alone, together = seen(jets)[1], seen(GOOD, jets, [], GOOD)[1]
    assert {name: column[1] for name, column in together.items()} == {name: column[0] for name, column in alone.items()}
