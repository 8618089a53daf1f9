"""N-subjettiness against numbers by hand and against a clustering of its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.kinematics import delta_phi, four_momentum, phi_of, pt_of

pytest.importorskip("fastjet")

from fivesigma.simulation.objects.clustering import anti_kt
from fivesigma.simulation.objects.particles import Particles
from fivesigma.simulation.objects.substructure import n_subjettiness


def jets_of(*jets):
    """Jets of massless particles (pt, eta, phi): as clusters, and the particles."""
    rows = np.array([(number, *particle) for number, jet in enumerate(jets) for particle in jet], dtype=float)
    event, pt, eta, phi = rows.T
    particles = Particles(event=event.astype(int), pdg=np.full(len(rows), 211), momentum=four_momentum(pt, eta, phi))
    return anti_kt(particles, radius=10.0, min_pt=0.0), particles


def taus(*jets, radius=1.0, highest=3):
    clusters, particles = jets_of(*jets)
    assert len(clusters) == len(jets)
    return n_subjettiness(clusters, particles, radius=radius, highest=highest)


def rapidity(momentum):
    return np.arctanh(momentum[3] / momentum[0])


def distance(one, other):
    """ΔR in rapidity and azimuth, shape (n, m), of momenta of shapes (4, n) and (4, m)."""
    return np.hypot(
        np.subtract.outer(rapidity(one), rapidity(other)), delta_phi(phi_of(one)[:, np.newaxis], phi_of(other))
    )


def exclusive_kt(momenta, count):
    """The last so many kt jets (hep-ph/9305266) of particles: the pair of smallest min(pt)² ΔR² is added up, again and again.

    Those that go to the beam stay single: with R = 10 there is none.
    """
    subjets = [momenta[:, i] for i in range(momenta.shape[1])]
    while len(subjets) > count:
        stacked = np.stack(subjets, axis=1)
        pt = pt_of(stacked)
        measure = np.minimum.outer(pt, pt) ** 2 * distance(stacked, stacked) ** 2
        measure[np.tril_indices(len(pt))] = np.inf
        a, b = np.unravel_index(np.argmin(measure), measure.shape)
        merged = subjets[a] + subjets[b]
        subjets = [each for i, each in enumerate(subjets) if i not in {a, b}] + [merged]
    return np.stack(subjets, axis=1)


def by_hand(momenta, count, radius):
    if momenta.shape[1] <= count:
        return 0.0
    pt = pt_of(momenta)
    return (pt * distance(momenta, exclusive_kt(momenta, count)).min(axis=1)).sum() / (pt.sum() * radius)


def test_two_particles_have_tau1_of_their_distances_from_their_sum_and_no_more():
    # at one rapidity the axis is the vector sum: 3 and 4 at a right angle point to atan(4/3) and 3 of 7 lie that far away
    away = np.arctan2(4.0, 3.0)
    expected = (3 * away + 4 * (np.pi / 2 - away)) / 7
    assert taus([(3.0, 0.0, 0.0), (4.0, 0.0, np.pi / 2)])[:, 0] == pytest.approx([expected, 0, 0])


def test_three_particles_have_tau2_of_the_pair_that_merges():
    # two of equal pt, 0.2 apart, and one far off: the axes are the pair's middle and the third
    jet = [(50.0, 0.1, 1.0), (50.0, -0.1, 1.0), (100.0, 0.0, 1.9)]
    assert taus(jet)[1:, 0] == pytest.approx([100 * 0.1 / 200, 0], rel=1e-6)


def test_a_larger_radius_makes_it_smaller_in_proportion():
    jet = [(50.0, 0.1, 1.0), (50.0, -0.1, 1.0), (100.0, 0.0, 1.9)]
    assert taus(jet, radius=0.8) == pytest.approx(taus(jet) / 0.8)


@pytest.mark.parametrize("seed", range(5))
def test_as_a_clustering_by_hand_has_it(seed):
    jets = [random_jet([seed, size], size) for size in range(2, 12)]
    expected = [[by_hand(four_momentum(*jet.T), count, 1.0) for jet in jets] for count in (1, 2, 3, 4)]
    assert taus(*jets, highest=4) == pytest.approx(np.array(expected), rel=1e-6, abs=1e-9)


def random_jet(seed, size):
    """From a generator, not from hypothesis's own floats: of those, ties in distances may be decided either way."""
    random = np.random.default_rng(seed)
    return np.stack([random.exponential(30.0, size=size), *random.normal(0.0, 0.3, size=(2, size))], axis=1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 10), turn=st.floats(-np.pi, np.pi), boost=st.floats(-1.0, 1.0))
def test_neither_a_turn_nor_a_boost_along_the_beam_nor_the_scale_matters(seed, size, turn, boost):
    jet = random_jet(seed, size)
    here = taus(jet)
    assert taus(jet + np.array([0.0, boost, turn])) == pytest.approx(here, rel=1e-4, abs=1e-6)
    assert taus(jet * [7.0, 1.0, 1.0]) == pytest.approx(here, rel=1e-4, abs=1e-6)


def test_across_the_end_of_the_azimuth_distances_go_the_short_way():
    """Where the LHC Olympics' public files go the long way round."""
    around = [(100.0, 0.0, np.pi - 0.1), (100.0, 0.0, 0.1 - np.pi)]
    assert taus(around)[0] == pytest.approx([0.1])


def test_chosen_jets_keep_their_own_particles():
    first, second = [(3.0, 0.0, 0.0), (4.0, 0.0, 1.0)], [(3.0, 0.0, 0.0), (4.0, 0.4, 0.0), (5.0, 1.0, 0.2)]
    clusters, particles = jets_of(first, second, first)
    both = n_subjettiness(clusters.where(np.array([1, 2])), particles, radius=1.0)
    assert both[:, 0] == pytest.approx(taus(second)[:, 0])
    assert both[:, 1] == pytest.approx(taus(first)[:, 0])


def test_no_jets_have_an_empty_row_for_each_axis():
    clusters, particles = jets_of([(3.0, 0.0, 0.0)])
    assert n_subjettiness(clusters.where(np.zeros(0, dtype=int)), particles, radius=1.0, highest=3).shape == (3, 0)
