"""A Z in two leptons and many jets: what is kept, and what stands in the columns, with a detector that sees all."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from fivesigma.core.kinematics import delta_r, four_momentum, mass_of

pytest.importorskip("fastjet")
from fivesigma.simulation.final_states.dilepton_jets import dilepton_jets
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.objects.particles import Batch, Particles

EXERCISE = ("pt4_jet", "pt6_jet", "dRll", "NJetPairsZMass", "Nmbjj_top", "MbbPtOrd", "HT_jet6", "dRbb")
FURTHER = ("ptll", "eta_ll", "pT1b", "MjjMindR", "dRjjave_jet", "CentrJet", "MaxMMindRlepb", "MWavg", "H1")
BESIDES = ("MuuPtOrd", "mll", "met", "njet", "nbjet", "HF_n")


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
    jet=replace(DETECTOR.jet, noise=0.0, stochastic=0.0, constant=0.0),
    bottom=replace(DETECTOR.bottom, bottom=(1.0, 1.0, 1.0), charm=(0.0, 0.0, 0.0), light=(0.0, 0.0, 0.0)),
    missing=replace(DETECTOR.missing, soft=0.0),
)
# m² = 2 pt pt' (cosh Δη - cos Δφ): 2 · 50 · 40 (1 + 1.0) = 89.4² for leptons that are back to back at one η
LEPTONS = [(11, 50.0, 0.3, 0.0), (-11, 40.0, 0.3, np.pi)]
JETS = [
    (211, 120.0, 1.0, 1.0),
    (211, 90.0, -1.2, 2.0),
    (211, 60.0, 0.4, -2.0),
    (211, 45.0, -0.5, -1.0),
    (211, 30.0, 2.0, 2.6),
]
SIXTH = (211, 26.0, -2.0, 0.5)
BOTTOM = [(511, 90.0, -1.2, 2.0), (511, 45.0, -0.5, -1.0)]
CHARM = [(411, 30.0, 2.0, 2.6)]


def seen(*events, bottom=BOTTOM, charm=()):
    """The selected events; the first has the heavy hadrons."""
    visible, heavy, lighter = particles(*events), particles(bottom), particles(charm)
    batch = Batch(events=len(events), visible=visible, bottom=heavy, charm=lighter)
    return dilepton_jets(batch, PERFECT, np.random.default_rng(1))


def momentum(*members):
    return sum(four_momentum(*particle[1:]) for particle in members)


def test_columns_are_those_of_the_exercise_and_the_published_search():
    numbers, columns = seen([*LEPTONS, *JETS], charm=CHARM)
    assert numbers.tolist() == [0]
    assert set(columns) == {*EXERCISE, *FURTHER, *BESIDES}
    whole = {name for name, column in columns.items() if column.dtype == np.int32}
    assert whole == {"NJetPairsZMass", "Nmbjj_top", "njet", "nbjet", "HF_n"}


def test_values_with_five_jets():
    columns = seen([*LEPTONS, *JETS], charm=CHARM)[1]
    values = {name: float(column[0]) for name, column in columns.items()}
    tagged = [JETS[1], JETS[3]]
    nearest = [min(tagged, key=lambda jet, lepton=lepton: delta_r(*lepton[2:], *jet[2:])) for lepton in LEPTONS]
    everything = momentum(*LEPTONS, *JETS)
    expected = {
        "pt4_jet": 45,
        "pt6_jet": 0,
        "dRll": np.pi,
        "MbbPtOrd": mass_of(momentum(*tagged)),
        "dRbb": np.hypot(0.7, 3.0),
        "HT_jet6": 345,
        "ptll": 10,
        "eta_ll": np.arcsinh(90 * np.sinh(0.3) / 10),
        "mll": np.sqrt(2 * 50 * 40 * 2),
        "pT1b": 90,
        "MjjMindR": mass_of(
            momentum(*min(combinations(JETS, 2), key=lambda pair: delta_r(*pair[0][2:], *pair[1][2:])))
        ),
        "MaxMMindRlepb": max(mass_of(momentum(*pair)) for pair in zip(LEPTONS, nearest, strict=True)),
        "MWavg": 0,
        "MuuPtOrd": mass_of(momentum(JETS[0], JETS[2])),
        "H1": (everything[1:] ** 2).sum() / everything[0] ** 2,
        "met": np.hypot(everything[1], everything[2]),
        "njet": 5,
        "nbjet": 2,
        "HF_n": 3,
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(float(value), rel=1e-5, abs=1e-3), name


def test_a_sixth_jet_counts_and_a_ninth_is_not_looked_at():
    six = seen([*LEPTONS, *JETS, SIXTH])[1]
    assert [six["pt6_jet"][0], six["HT_jet6"][0]] == pytest.approx([26, 371], rel=1e-5)
    assert six["MWavg"][0] > 0
    more = [(211, 25.5, -0.1, 0.5), (211, 25.4, -2.1, 1.6), (211, 25.3, 1.2, -1.0)]
    tagged = (511, 25.3, 1.2, -1.0)
    nine = seen([*LEPTONS, *JETS, SIXTH, *more], bottom=[*BOTTOM, tagged])[1]
    assert [nine["njet"][0], nine["nbjet"][0], nine["HF_n"][0]] == [9, 2, 3]
    assert nine["HT_jet6"] == six["HT_jet6"]


def changed(index, **fields):
    lepton = dict(zip(("pdg", "pt", "eta", "phi"), LEPTONS[index], strict=True)) | fields
    return [*LEPTONS[:index], tuple(lepton.values()), *LEPTONS[index + 1 :]]


@pytest.mark.parametrize(
    ("leptons", "jets", "bottom", "passes"),
    [
        (LEPTONS, JETS, BOTTOM, True),
        (LEPTONS, JETS, BOTTOM[:1], True),
        (LEPTONS, JETS, [], False),
        (LEPTONS, JETS[:4], BOTTOM, False),
        (LEPTONS, [*JETS[:4], (211, 24.5, 2.0, 2.6)], BOTTOM, False),
        (LEPTONS, [*JETS[:4], (211, 30.0, 2.6, 2.6)], BOTTOM, False),
        (changed(1, pdg=-13), JETS, BOTTOM, False),
        (changed(1, pdg=11), JETS, BOTTOM, False),
        (changed(0, pt=30.0), JETS, BOTTOM, False),
        ([*LEPTONS, (13, 12.0, -1.5, -2.5)], JETS, BOTTOM, False),
        ([(11, 29.0, 0.3, 0.0), (-11, 71.0, 0.3, np.pi)], JETS, BOTTOM, True),
        ([(11, 29.5, 0.3, 0.0), (-11, 29.0, 1.8, np.pi)], JETS, BOTTOM, False),
    ],
    ids=[
        "good", "one tagged", "none tagged", "four jets", "soft jet", "forward jet", "two flavours", "equal charges",
        "69 GeV", "third lepton", "one soft lepton", "both soft",
    ],
)  # fmt: skip
def test_what_an_event_has_to_pass(leptons, jets, bottom, passes):
    assert len(seen([*leptons, *jets], bottom=bottom)[0]) == passes


def test_batches_without_such_events_give_empty_columns():
    for events in ([[(211, 50, 0, 0)]], [[]], [LEPTONS], [JETS]):
        numbers, columns = seen(*events)
        assert len(numbers) == 0
        assert {column.shape for column in columns.values()} == {(0,)}
        assert len(columns) == 23


def test_events_do_not_depend_on_their_neighbours():
    alone = seen([*LEPTONS, *JETS])[1]
    together = seen([*LEPTONS, *JETS], [], [*LEPTONS, *JETS[:3]], [*LEPTONS, *JETS, SIXTH])[1]
    assert {name: column.tolist() for name, column in together.items()} == {
        name: column.tolist() for name, column in alone.items()
    }
