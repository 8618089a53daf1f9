from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.final_states.single_lepton import ABSENT, SINGLE_LEPTON_COLUMNS, single_lepton
from fivesigma.simulation.objects.detector import DETECTOR, Detector
from fivesigma.simulation.objects.particles import Batch, Particles

EXACT = Detector(
    electron=replace(
        DETECTOR.electron, efficiency=(1.0,) * 5, stochastic=(0.0, 0.0), constant=(0.0, 0.0), wrong_charge=(0.0, 0.0)
    ),
    muon=replace(DETECTOR.muon, efficiency=(1.0,) * 3, gap_eta=0.0, constant=(0.0, 0.0), curvature=(0.0, 0.0)),
    jet=replace(DETECTOR.jet, noise=0.0, stochastic=0.0, constant=0.0),
    bottom=replace(DETECTOR.bottom, bottom=(1.0, 1.0, 1.0), charm=(1.0, 0.0, 0.0), light=(0.0, 0.0, 0.0)),
    missing=replace(DETECTOR.missing, soft=0.0),
)
PION, MUON, ELECTRON, PHOTON, B_MESON = 211, -13, -11, 22, 511  # leptons of positive charge
JET = (300.0, 0.4, 3.0, PION)
LEPTON = (10.0, 0.5, 0.2, MUON)


def seen(*events, bottom=(), detector=EXACT):
    """What an exact detector makes of events, each a list of (pt, eta, phi, PDG code); ``bottom`` hadrons are of the first."""
    rows = [(number, *particle) for number, event in enumerate(events) for particle in event]
    event, pt, eta, phi, pdg = np.array(rows).reshape(-1, 5).T
    visible = Particles(event=event.astype(int), pdg=pdg.astype(int), momentum=four_momentum(pt, eta, phi))
    hadrons = four_momentum(*np.array(bottom, dtype=float).reshape(-1, 3).T)
    count = len(bottom)
    heavy = Particles(event=np.zeros(count, dtype=int), pdg=np.full(count, B_MESON), momentum=hadrons)
    batch = Batch(events=len(events), visible=visible, bottom=heavy, charm=visible.where([]))
    return single_lepton(batch, detector, np.random.default_rng(1))


def kept(*event):
    return len(seen(event)[0]) == 1


def test_columns_of_an_event_with_two_jets():
    jets = [(250.0, 1.0, 2.0, PION), (60.0, -0.5, -3.0, PION)]
    _, columns = seen([LEPTON, *jets], bottom=[(40.0, -0.5, -3.0)])
    px = 10 * np.cos(0.2) + 250 * np.cos(2.0) + 60 * np.cos(-3.0)
    py = 10 * np.sin(0.2) + 250 * np.sin(2.0) + 60 * np.sin(-3.0)
    met = np.hypot(px, py)
    # m_T² = (E_T1 + E_T2)² - (p_T1 + p_T2)², RPP eq. 49.39, of massless particles
    mt = np.sqrt((10 + met) ** 2 - (10 * np.cos(0.2) - px) ** 2 - (10 * np.sin(0.2) - py) ** 2)
    leptonic = {"LepPt": 10, "LepEta": 0.5, "LepChg": 1, "Met": met, "mt": mt, "nVert": 1}
    hadronic = {"Jet1Pt": 250, "Jet2Pt": 60, "HT": 310, "DPhiJet1Jet2": 2 * np.pi - 5, "Njet": 2}
    bottom = {"NbLoose": 1, "JetHBpt": 60, "DrJetHBLep": np.hypot(1.0, 2 * np.pi - 3.2)}
    expected = leptonic | hadronic | bottom
    assert {name: columns[name][0] for name in expected} == pytest.approx(expected, rel=1e-5)
    assert columns["JetHBCSV"][0] > EXACT.bottom.thresholds[-1]


def test_columns_are_those_of_the_lesson():
    _, columns = seen([LEPTON, JET])
    assert tuple(columns) == SINGLE_LEPTON_COLUMNS
    assert {name for name, column in columns.items() if column.dtype == np.int32} == {
        "LepChg",
        "NbLoose",
        "Njet",
        "nVert",
    }


def test_what_is_not_there_is_marked_and_nothing_else():
    _, columns = seen([LEPTON, JET])
    assert {name for name, column in columns.items() if column[0] == ABSENT} == {"Jet2Pt", "DPhiJet1Jet2"}


def test_numbers_stay_with_their_events():
    other = (11.0, -0.5, 0.0, ELECTRON)
    numbers, columns = seen([JET], [LEPTON, JET], [LEPTON], [], [JET, other])
    assert numbers.tolist() == [1, 4]
    assert columns["LepPt"] == pytest.approx([10, 11])


def test_nothing_in_is_nothing_out():
    numbers, columns = seen([], [])
    assert len(numbers) == 0
    assert {len(column) for column in columns.values()} == {0}


@pytest.mark.parametrize(
    ("lepton", "passes"),
    [
        ((3.6, 0.5, 0.2, MUON), True),
        ((3.4, 0.5, 0.2, MUON), False),
        ((10.0, 2.38, 0.2, MUON), True),
        ((10.0, 2.45, 0.2, MUON), False),
        ((5.1, 0.5, 0.2, ELECTRON), True),
        ((4.9, 0.5, 0.2, ELECTRON), False),
        ((10.0, 2.45, 0.2, ELECTRON), True),
        ((10.0, 2.55, 0.2, ELECTRON), False),
    ],
)
def test_acceptance_of_the_lepton(lepton, passes):
    assert kept(lepton, JET) is passes


@pytest.mark.parametrize(
    ("pt", "around", "distance", "passes"),
    [(10, 4.9, 0.2, True), (10, 5.1, 0.2, False), (10, 5.1, 0.35, True), (40, 7.9, 0.2, True), (40, 8.1, 0.2, False)],
)
def test_isolation_is_absolute_below_25_gev_and_relative_above(pt, around, distance, passes):
    assert kept((pt, 0.5, 0.2, MUON), (around, 0.5, 0.2 + distance, PION), JET) is passes


def test_the_leading_lepton_is_taken_and_a_hard_second_one_vetoed():
    _, columns = seen([(15.0, 0.0, -0.5, 11), (30.0, 0.5, 0.2, MUON), JET])
    assert (columns["LepPt"][0], columns["LepChg"][0]) == (30, 1)
    assert kept((19.0, 0.0, -0.5, ELECTRON), (30.0, 0.5, 0.2, MUON), JET)
    assert not kept((21.0, 0.0, -0.5, ELECTRON), (30.0, 0.5, 0.2, MUON), JET)
    assert kept((21.0, 0.4, 3.0, ELECTRON), (30.0, 0.5, 0.2, MUON), JET)  # not isolated: in the jet


def test_leptons_that_are_not_isolated_are_part_of_jets_and_isolated_ones_are_not():
    _, columns = seen([LEPTON, (21.0, 0.4, 3.0, MUON), JET, (60.0, 0.0, 1.0, ELECTRON), (50.0, 0.0, 1.1, PION)])
    assert columns["Jet1Pt"][0] == pytest.approx(321, rel=1e-3)
    assert columns["Njet"][0] == 2
    _, columns = seen([(60.0, 0.5, 0.2, ELECTRON), (50.0, 0.5, 0.25, PHOTON), JET])
    assert (columns["Njet"][0], columns["LepPt"][0]) == pytest.approx((1, 110), rel=1e-3)


def test_a_muon_that_is_not_found_is_missing_and_in_no_jet():
    lost = replace(EXACT, muon=replace(EXACT.muon, max_eta=1.0))
    electron, muon = (10.0, 0.5, 0.2, ELECTRON), (80.0, 1.5, 3.0, MUON)
    jet = (300.0, 1.5, 3.1, PION)
    _, columns = seen([electron, jet, muon], detector=lost)
    assert columns["Jet1Pt"][0] == pytest.approx(300)
    assert columns["Met"][0] == pytest.approx(seen([electron, jet])[1]["Met"][0])
    _, columns = seen([electron, jet, muon])
    assert columns["Jet1Pt"][0] == pytest.approx(380, rel=1e-3)


@pytest.mark.parametrize(
    ("jets", "passes"),
    [
        ([(195.0, 0.4, 3.0, PION), (25.0, 0.4, 2.0, PION)], False),  # HT: the second is below 30 GeV
        ([(195.0, 0.4, 3.0, PION), (31.0, 0.4, 3.0 + 0.5, PION)], True),
        ([(195.0, 0.4, 3.0, PION), (31.0, 2.5, 3.0 + 0.5, PION)], False),  # beyond |η| = 2.4
        ([(105.0, 0.4, 3.0, PION), (104.0, 0.4, 3.5, PION), (50.0, 0.4, 2.4, PION)], False),  # leading jet
        ([(115.0, 0.4, 3.0, PION), (104.0, 0.4, 3.5, PION), (50.0, 0.4, 2.4, PION)], True),
        ([(150.0, 0.4, 3.0, PION), (140.0, 0.4, 0.5, PION)], False),  # missing momentum
    ],
)
def test_requirements_of_jets_and_missing_momentum(jets, passes):
    assert kept(LEPTON, *jets) is passes


HADRONS = st.lists(  # none as hard as another, as which is the second would be luck
    st.tuples(st.sampled_from((37.0, 61.0, 97.0, 143.0, 191.0)), st.floats(-2, 2), st.floats(2.2, 4.0)),
    min_size=1,
    unique_by=lambda hadron: hadron[0],
)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 6.28), HADRONS)
def test_turned_and_mirrored_events_have_the_same_columns(angle, hadrons):
    event = [(12.0, 0.3, 0.1, MUON), (250.0, -0.2, 3.1, PION), *((*hadron, PION) for hadron in hadrons)]
    turned = [(pt, -eta, phi + angle, pdg) for pt, eta, phi, pdg in event]
    (_, one), (_, other) = seen(event), seen(turned)
    changed = {name: -column if name == "LepEta" else column for name, column in other.items()}
    for name in SINGLE_LEPTON_COLUMNS:
        assert changed[name] == pytest.approx(one[name], rel=1e-4, abs=1e-3), name
