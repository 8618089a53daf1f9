"""Two leptons and a fat jet: what is kept, and what stands in the columns, with a detector that sees all."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum, mass_of, pt_of

pytest.importorskip("fastjet")
from fivesigma.simulation.final_states.dilepton_fat_jet import dilepton_fat_jet
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.objects.particles import Batch, Particles


def particles(*events):
    """Massless particles of events, each a list of (pdg, pt, eta, phi)."""
    rows = [(number, *particle) for number, event in enumerate(events) for particle in event]
    event, pdg, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 5).T
    return Particles(event=event.astype(int), pdg=pdg.astype(int), momentum=four_momentum(pt, eta, phi))


def perfect_leptons(response):
    exact = (0.0, 0.0)
    seen = {"efficiency": (1.0,) * len(response.efficiency), "gap_eta": 0.0}
    return replace(response, **seen, stochastic=exact, constant=exact, curvature=exact, wrong_charge=exact)


PERFECT = replace(
    DETECTOR,
    electron=perfect_leptons(DETECTOR.electron),
    muon=perfect_leptons(DETECTOR.muon),
    fat_jet=replace(DETECTOR.fat_jet, noise=0.0, stochastic=0.0, constant=0.0, mass=0.0),
    missing=replace(DETECTOR.missing, soft=0.0),
)
OPENING = 2 * np.arcsin(91 / (2 * 200))  # of two leptons of 200 GeV each with the mass of a Z
ONE, OTHER = (11, 210, 0.0, 0.0), (-11, 190, 0.0, OPENING)
JET = [(211, 200, 0.0, 3.0), (-211, 150, 0.4, 3.0)]
GOOD = [ONE, OTHER, *JET]
SOFT = (211, 5, -0.5, 3.3)


def seen(*events, detector=PERFECT):
    visible = particles(*events)
    batch = Batch(events=len(events), visible=visible, bottom=particles(), charm=particles())
    return dilepton_fat_jet(batch, detector, np.random.default_rng(1))


def four(*parts):
    return sum(four_momentum(*map(np.float64, part[1:])) for part in parts)


def test_columns_are_what_was_put_in_in_mev():
    numbers, columns = seen([ONE], [*GOOD, SOFT], [])
    assert numbers.tolist() == [1]
    pair, jet = four(ONE, OTHER), four(*JET)
    expected = {
        "lep1_pt": 210e3,
        "lep2_pt": 190e3,
        "fatjet_pt": 1e3 * pt_of(jet),
        "fatjet_eta": np.arcsinh(jet[3] / pt_of(jet)),
        "fatjet_mass": 1e3 * mass_of(jet),
        "Zll_mass": 1e3 * mass_of(pair),
        "Zll_pt": 1e3 * pt_of(pair),
        "MET": 1e3 * pt_of(pair + jet + four(SOFT)),
        "reco_zv_mass": 1e3 * mass_of(pair + jet),
    }
    assert {name: column[0] for name, column in columns.items()} == pytest.approx(
        expected | {"fatjet_D2": columns["fatjet_D2"][0]}, rel=1e-5
    )
    assert {column.dtype for column in columns.values()} == {np.dtype(np.float32)}
    assert mass_of(pair) == pytest.approx(91, abs=1)


def test_d2_is_of_the_jet_before_trimming():
    assert seen(GOOD)[1]["fatjet_D2"].tolist() == [0.0]
    assert seen([*GOOD, SOFT])[1]["fatjet_D2"] > 0.1


@pytest.mark.parametrize(
    ("event", "passes"),
    [
        (GOOD, True),
        ([ONE, OTHER], False),
        ([ONE, (11, *OTHER[1:]), *JET], False),
        ([ONE, (-13, *OTHER[1:]), *JET], False),
        ([(13, *ONE[1:]), (-13, *OTHER[1:]), *JET], True),
        ([*GOOD, (13, 8, 1.0, -2.0)], False),
        ([*GOOD, (13, 6, 1.0, -2.0)], True),
        ([*GOOD, (211, 40, 0.0, -0.1)], False),
        ([*GOOD, (211, 40, 0.0, -0.3)], True),
        ([ONE, (-11, 190, 0.0, 0.6 * OPENING), *JET], False),
        ([ONE, (-11, 190, 0.0, 1.4 * OPENING), *JET], False),
        ([ONE, (-11, 190, 0.0, 1.2 * OPENING), *JET], True),
        ([(11, 29, 0, 0), (-11, 29, 2.3, 0), *JET], True),
        ([(11, 27, 0, 0), (-11, 27, 2.4, 0), *JET], False),
        ([ONE, OTHER, (211, 199, 0, 3)], False),
        ([ONE, OTHER, (211, 201, 0, 3)], True),
        ([ONE, OTHER, (211, 201, 2.1, 3)], False),
        ([ONE, OTHER, (211, 201, 0, OPENING + 0.9)], False),
        ([ONE, OTHER, (211, 201, 0, OPENING + 1.1)], True),
    ],
    ids=[
        "good", "no jet", "equal charges", "two flavours", "muons", "third lepton", "soft third lepton", "not isolated",
        "beyond the cone", "light pair", "heavy pair", "pair of 109 GeV", "leading just above", "leading too soft",
        "jet too soft", "jet just above", "jet forward", "jet at a lepton", "jet beside a lepton",
    ],
)  # fmt: skip
def test_what_an_event_has_to_pass(event, passes):
    assert len(seen(event)[0]) == passes


def test_the_leading_fat_jet_is_meant():
    second = [(211, 250, 0.0, -2.0)]
    for event in ([ONE, OTHER, *second, *JET], [ONE, OTHER, *JET, *second]):
        assert seen(event)[1]["fatjet_pt"] == pytest.approx(1e3 * pt_of(four(*JET)), rel=1e-5)


def test_the_mass_has_a_resolution_of_its_own():
    fat = replace(PERFECT.fat_jet, mass=0.1)
    columns = seen(*[GOOD] * 2000, detector=replace(PERFECT, fat_jet=fat))[1]
    assert columns["fatjet_mass"].std() / columns["fatjet_mass"].mean() == pytest.approx(0.1, rel=0.1)
    assert columns["fatjet_pt"].std() == pytest.approx(0.0, abs=1.0)


def test_events_do_not_depend_on_their_neighbours():
    muons = [(13, *ONE[1:]), (-13, *OTHER[1:]), *JET, SOFT]
    alone, together = seen(muons)[1], seen(GOOD, muons, [], [ONE], GOOD)[1]
    assert {name: column[1] for name, column in together.items()} == {name: column[0] for name, column in alone.items()}


def test_batches_without_such_events_give_empty_columns():
    names = tuple(seen(GOOD)[1])
    for events in ([JET], [[]], [[ONE]], [[ONE, OTHER]]):
        numbers, columns = seen(*events)
        assert len(numbers) == 0
        assert tuple(columns) == names
        assert {column.shape for column in columns.values()} == {(0,)}
