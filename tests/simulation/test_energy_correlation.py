"""D2 against its definition summed by hand, FastJet's own, and what a jet of two parts must give."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.kinematics import delta_phi, four_momentum

fastjet = pytest.importorskip("fastjet")
import awkward as ak

from fivesigma.simulation.objects.clustering import Clusters
from fivesigma.simulation.objects.energy_correlation import d2
from fivesigma.simulation.objects.particles import Particles


def jets(*parts):
    """Jets, each a list of massless (pt, rapidity, φ), and their particles."""
    rows = np.array([(number, *part) for number, jet in enumerate(parts) for part in jet], dtype=float).reshape(-1, 4)
    jet = rows[:, 0].astype(int)
    momentum = four_momentum(*rows[:, 1:].T)
    total = np.stack([np.bincount(jet, weights=each, minlength=len(parts)) for each in momentum])
    clusters = Clusters(event=np.arange(len(parts)), momentum=total, jet=jet, particle=np.arange(len(rows)))
    return clusters, Particles(event=jet, pdg=np.full(len(rows), 211), momentum=momentum)


def by_hand(jet):
    def angle(a, b):
        return float(np.hypot(a[1] - b[1], delta_phi(a[2], b[2])))

    one = sum(pt for pt, _, _ in jet)
    two = sum(a[0] * b[0] * angle(a, b) for a, b in combinations(jet, 2))
    three = sum(a[0] * b[0] * c[0] * angle(a, b) * angle(b, c) * angle(c, a) for a, b, c in combinations(jet, 3))
    return three * one**3 / two**3 if two else 0.0


def random_jets(seed, sizes):
    random = np.random.default_rng(seed)
    return [
        list(zip(random.exponential(20, n), random.normal(0.3, 0.4, n), random.normal(3.1, 0.4, n), strict=True))
        for n in sizes
    ]


@given(seed=st.integers(0, 1000), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_it_is_the_sum_over_pairs_and_triples(seed, sizes):
    made = random_jets(seed, sizes)
    np.testing.assert_allclose(d2(*jets(*made)), [by_hand(jet) for jet in made], rtol=1e-9, atol=1e-12)


def test_it_is_what_fastjet_calls_d2():
    made = random_jets(7, (5, 12, 30))
    momenta = [four_momentum(*np.array(jet).T) for jet in made]
    events = ak.zip(
        {name: ak.Array([list(each[i]) for each in momenta]) for i, name in enumerate(("E", "px", "py", "pz"))},
        with_name="Momentum4D",
    )
    sequence = fastjet.ClusterSequence(events, fastjet.JetDefinition(fastjet.cambridge_algorithm, 100.0))
    theirs = ak.to_numpy(sequence.exclusive_jets_energy_correlator(njets=1, func="D2", beta=1)).ravel()
    np.testing.assert_allclose(d2(*jets(*made)), theirs, rtol=1e-6)


def test_three_equal_parts_at_equal_angles_have_one():
    # ECF1 = 3, ECF2 = 3 ΔR, ECF3 = ΔR³: 27/27
    side, height = 0.4, 0.4 * np.sqrt(3) / 2
    assert d2(*jets([(10, 0, 0), (10, side, 0), (10, side / 2, height)])) == pytest.approx([1.0])


def test_one_or_two_parts_have_none():
    assert d2(*jets([(10, 0, 0)], [(10, 0, 0), (5, 0.3, 0.1)])).tolist() == [0.0, 0.0]
    assert d2(*jets()).shape == (0,)


@given(scale=st.floats(0.1, 100), shift=st.floats(-2, 2), turn=st.floats(-3, 3))
def test_it_knows_no_scale_and_no_direction(scale, shift, turn):
    jet = random_jets(3, (8,))[0]
    moved = [(pt * scale, rapidity + shift, phi + turn) for pt, rapidity, phi in jet]
    one, other = d2(*jets(jet, moved))
    assert other == pytest.approx(one, rel=1e-6)


def test_two_parts_with_soft_radiation_have_less_than_a_broad_jet():
    random = np.random.default_rng(1)
    soft = [(0.3, *random.normal(0, 0.3, 2)) for _ in range(20)]
    two, one = [(100, 0.2, 0), (80, -0.2, 0), *soft], [(180, 0, 0), *soft]
    narrow, broad = d2(*jets(two, one))
    assert narrow < 0.5
    assert broad > 2


def test_jets_of_all_sizes_keep_their_own_value():
    made = random_jets(5, (3, 40, 1, 7) * 40)
    together = d2(*jets(*made))
    np.testing.assert_allclose(together[[0, 1, 3]], [by_hand(made[i]) for i in (0, 1, 3)], rtol=1e-9)
    np.testing.assert_allclose(together[-4:], [by_hand(jet) for jet in made[-4:]], rtol=1e-9)
