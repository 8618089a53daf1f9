"""What jets make together, against the same by itertools, jet by jet."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.kinematics import delta_r, four_momentum, mass_of
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
from fivesigma.simulation.objects.jets import Jets

SEEDS = st.integers(0, 2**32 - 1)  # random numbers have no ties, which rounding would break one way or the other
THRESHOLD = 0.5


def random_events(seed):
    """Four events of five to ten jets (pt, eta, phi, mass, score), at masses where W bosons and top quarks are common."""
    random = np.random.default_rng(seed)
    low, high = (25.0, -2.0, -np.pi, 0.0, 0.0), (120.0, 2.0, np.pi, 20.0, 1.0)
    return [[tuple(random.uniform(low, high)) for _ in range(random.integers(5, 11))] for _ in range(4)]


def jets(events):
    """Jets of events, each a list of (pt, eta, phi, mass, score)."""
    rows = [(number, *jet) for number, event in enumerate(events) for jet in event]
    event, pt, eta, phi, mass, score = np.array(rows, dtype=float).reshape(-1, 6).T
    count = np.arange(len(rows))
    return Jets(
        event=event.astype(int),
        pt=pt,
        eta=eta,
        phi=phi,
        mass=mass,
        flavour=0 * count,
        score=score,
        true_pt=pt,
        cluster=count,
    )


def table(events):
    return leading_jets(jets(events), events=len(events), count=8, threshold=THRESHOLD)


def leading_eight(event):
    return sorted(event, key=lambda jet: -jet[0])[:8]


def mass(*members):
    return float(mass_of(sum(four_momentum(*jet[:4]) for jet in members)))


def distance(one, other):
    return float(delta_r(one[1], one[2], other[1], other[2]))


def top_candidates(event):
    count = 0
    for triplet in combinations(event, 3):
        tagged = [jet for jet in triplet if jet[4] > THRESHOLD]
        others = [jet for jet in triplet if jet[4] <= THRESHOLD]
        count += len(tagged) == 1 and abs(mass(*others) - 80) < 15 and abs(mass(*triplet) - 172.5) < 15
    return count


def average_w_mass(event):
    if len(event) < 6:
        return 0.0
    rest, systems = list(event), []
    for _ in range(2):
        first = rest.pop(0)
        near = sorted(rest, key=lambda jet: distance(first, jet))[:2]
        rest = [jet for jet in rest if jet not in near]
        systems.append([mass(*pair) for pair in combinations((first, *near), 2)])
    return min((abs(a - b), (a + b) / 2) for a in systems[0] for b in systems[1])[1]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_systems_are_those_of_brute_force(seed):
    events = random_events(seed)
    made, each = table(events), [leading_eight(event) for event in events]
    pairs = [list(combinations(event, 2)) for event in each]
    np.testing.assert_array_equal(
        boson_pair_count(made), [sum(abs(mass(*p) - 85) < 30 for p in event) for event in pairs]
    )
    np.testing.assert_array_equal(top_candidate_count(made), [top_candidates(event) for event in each])
    np.testing.assert_allclose(mean_separation(made), [np.mean([distance(*p) for p in event]) for event in pairs])
    closest = [mass(*min(event, key=lambda pair: distance(*pair))) for event in pairs]
    np.testing.assert_allclose(closest_pair_mass(made), closest, rtol=1e-6, atol=1e-4)
    expected = [sum(j[0] for j in event) / sum(four_momentum(*j[:4])[0] for j in event) for event in each]
    np.testing.assert_allclose(centrality(made), expected)
    np.testing.assert_allclose(w_mass_average(made), [average_w_mass(event) for event in each], rtol=1e-6, atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_ranks_by_score_are_those_of_sorting(seed):
    events = random_events(seed)
    made = table(events)
    for number, event in enumerate(map(leading_eight, events)):
        by_score = sorted(range(len(event)), key=lambda rank: -event[rank][4])
        assert best_tagged(made)[:, number].tolist() == by_score[:2]
        assert unlikely_tagged(made)[:, number].tolist() == sorted(by_score[2:])[:2]


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_the_order_of_jets_and_a_turn_around_the_beam_change_nothing(seed):
    events = random_events(seed)
    turned = [[(pt, eta, phi + 1.0, *rest) for pt, eta, phi, *rest in reversed(event)] for event in events]
    for function in (
        boson_pair_count,
        top_candidate_count,
        mean_separation,
        centrality,
        closest_pair_mass,
        w_mass_average,
    ):
        np.testing.assert_allclose(function(table(events)), function(table(turned)), rtol=1e-6)


def decayed_top(direction):
    """A top quark of 172.5 GeV at rest in three jets in a plane, two of which have the mass 80.4 GeV."""
    m, w = 172.5, 80.4
    b, q = (m**2 - w**2) / (2 * m), (m**2 + w**2) / (4 * m)
    angle = np.pi - np.arccos((b / 2) / q)
    return [(b, 0.0, direction, 0.0, 0.9), (q, 0.0, direction + angle, 0.0, 0.1), (q, 0.0, direction - angle, 0.0, 0.2)]


def test_a_top_quark_is_one_candidate_and_its_w_boson_a_pair():
    event = [*decayed_top(0.3), (200.0, 2.4, 1.0, 0.0, 0.3), (200.0, -2.4, 1.0, 0.0, 0.4)]
    made = table([event])
    assert mass(*event[:3]) == pytest.approx(172.5)
    assert mass(*event[1:3]) == pytest.approx(80.4)
    assert top_candidate_count(made).tolist() == [1]
    assert boson_pair_count(made).tolist() == [sum(abs(mass(*pair) - 85) < 30 for pair in combinations(event, 2))]
    untagged = [(*jet[:4], 0.1) for jet in event]
    assert top_candidate_count(table([untagged])).tolist() == [0]
    assert top_candidate_count(table([[(*jet[:4], 0.9) for jet in event]])).tolist() == [0]


def test_five_jets_have_no_average_of_two_systems():
    assert w_mass_average(table([decayed_top(0.0) + decayed_top(1.0)[:2]])).tolist() == [0.0]


def test_events_without_jets_are_empty_rows():
    made = leading_jets(jets([]), events=2, count=8, threshold=THRESHOLD)
    assert isinstance(made, JetTable)
    assert not made.present.any()
    assert not made.tagged.any()
    assert made.momentum.shape == (4, 8, 2)
    assert made.where(np.array([], dtype=int)).momentum.shape == (4, 8, 0)
