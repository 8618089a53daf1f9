from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from fivesigma.core.kinematics import four_momentum, mass_of
from fivesigma.simulation.objects.detector import BOTTOM, FAT_JET, JET
from fivesigma.simulation.objects.particles import Batch, Particles

pytest.importorskip("fastjet")
import itertools

from fivesigma.simulation.objects.clustering import Clusters
from fivesigma.simulation.objects.jets import detect_jets

B, D = 511, 411


def clusters(*events):
    """Jets of events, each a list of (pt, eta, phi, mass)."""
    rows = [(number, *jet) for number, event in enumerate(events) for jet in event]
    event, pt, eta, phi, mass = np.array(rows, dtype=float).reshape(-1, 5).T
    none = np.zeros(0, dtype=int)
    return Clusters(event=event.astype(int), momentum=four_momentum(pt, eta, phi, mass), jet=none, particle=none)


def hadrons(*rows):
    event, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 4).T
    return Particles(event=event.astype(int), pdg=np.full(len(event), B), momentum=four_momentum(pt, eta, phi, 5.3))


def seen(given, *, bottom=(), charm=(), response=JET, seed=1, events=10):
    batch = Batch(events=events, visible=hadrons(), bottom=hadrons(*bottom), charm=hadrons(*charm))
    return detect_jets(given, batch, response, BOTTOM, np.random.default_rng(seed))


def many(n, pt=100.0, eta=0.5, mass=20.0):
    return clusters(*([(pt, eta, 1.0, mass)] for _ in range(n)))


@pytest.mark.parametrize("pt", [30.0, 100.0, 1000.0])
def test_measured_pt_has_the_mean_and_width_of_the_resolution(pt):
    n = 20_000
    found = seen(many(n, pt), events=n)
    pull = (found.pt / found.true_pt - 1) / JET.resolution_at(np.array([pt]))[0]
    assert pull.mean() == pytest.approx(0, abs=4 / np.sqrt(n))
    assert pull.std() == pytest.approx(1, abs=4 / np.sqrt(2 * n))
    # the mass is scaled with it
    np.testing.assert_allclose(found.mass / 20, found.pt / pt, rtol=1e-6)


def test_mass_of_a_fat_jet_has_a_resolution_of_its_own():
    n = 20_000
    found = seen(many(n, 500.0, mass=100.0), response=FAT_JET, events=n)
    own = found.mass / 100 / (found.pt / found.true_pt)
    assert own.mean() == pytest.approx(1, abs=4 * FAT_JET.mass / np.sqrt(n))
    assert own.std() == pytest.approx(FAT_JET.mass, rel=4 / np.sqrt(2 * n))


def test_resolution_in_closed_form():
    # sqrt((4/50)^2 + 0.8^2/50 + 0.04^2)
    assert JET.resolution_at(np.array([50.0]))[0] == pytest.approx(0.14422, rel=1e-4)


@pytest.mark.parametrize(("flavour", "fractions"), [(5, BOTTOM.bottom), (4, BOTTOM.charm), (0, BOTTOM.light)])
def test_scores_pass_the_published_thresholds_as_often_as_published(flavour, fractions):
    n = 200_000
    score = BOTTOM.scores(np.full(n, flavour), np.zeros(n), np.random.default_rng(1))
    assert 0 <= score.min() < score.max() <= 1
    for threshold, fraction in zip(BOTTOM.thresholds, fractions, strict=True):
        assert np.mean(score > threshold) == pytest.approx(fraction, abs=4 * np.sqrt(fraction * (1 - fraction) / n))
    ends = (0.0, *BOTTOM.thresholds, 1.0)
    for low, high in itertools.pairwise(ends):
        between = score[(score > low) & (score < high)]
        assert kstest(between, "uniform", args=(low, high - low)).pvalue > 1e-4


def test_beyond_the_tracker_there_is_no_score():
    score = BOTTOM.scores(np.full(100, 5), np.linspace(-4, 4, 100), np.random.default_rng(1))
    assert ((score > 0) == (np.abs(np.linspace(-4, 4, 100)) < 2.4)).all()


NEAR, FAR = (100, 0.0, 0.0, 10), (90, 0.0, 0.7, 10)


@pytest.mark.parametrize(
    ("bottom", "charm", "flavours"),
    [
        ([], [], [0, 0]),
        ([(0, 20, 0.0, 0.1)], [], [5, 0]),
        ([(0, 20, 0.0, 0.38)], [], [0, 5]),  # within 0.4 of both: the nearest
        ([(0, 20, 0.41, 0.0)], [], [0, 0]),
        ([(0, 20, 0.39, 0.0)], [], [5, 0]),
        ([(0, 4.9, 0.0, 0.1)], [], [0, 0]),  # too soft
        ([(1, 20, 0.0, 0.1)], [], [0, 0]),  # of another event
        ([], [(0, 20, 0.0, 0.6)], [0, 4]),
        ([(0, 20, 0.0, 0.1)], [(0, 30, 0.0, 0.0)], [5, 0]),  # charm of a bottom's decay
        ([(0, 20, 0.0, 0.1)], [(0, 30, 0.0, 0.7)], [5, 4]),
        ([(0, 20, 0.0, 0.1), (0, 20, 0.0, -0.1)], [], [5, 0]),  # a gluon that split
    ],
)
def test_a_hadron_gives_its_flavour_to_the_nearest_jet(bottom, charm, flavours):
    assert seen(clusters([NEAR, FAR]), bottom=bottom, charm=charm).flavour.tolist() == flavours


def test_jets_stay_in_order_within_the_acceptance_and_know_their_cluster():
    found = seen(clusters([(100, 4.8, 0, 10), (50, 0, 0, 10)], [], [(80, -4.6, 2.0, 5)]))
    assert found.event.tolist() == [0, 2]
    assert found.cluster.tolist() == [1, 2]
    np.testing.assert_allclose(found.true_pt, [50, 80])
    np.testing.assert_allclose(found.eta, [0, -4.6], atol=1e-12)
    np.testing.assert_allclose(found.phi, [0, 2.0], atol=1e-12)


def test_without_resolution_everything_is_measured_exactly():
    given = clusters([(100, 1.0, 0.5, 10), (50, 0, 0, 7)])
    found = seen(given, response=replace(JET, noise=0.0, stochastic=0.0, constant=0.0))
    np.testing.assert_array_equal(found.pt, found.true_pt)
    np.testing.assert_allclose(found.mass, mass_of(given.momentum))


def test_a_seed_fixes_what_is_seen():
    assert seen(many(50), seed=3, events=50).score.tolist() == seen(many(50), seed=3, events=50).score.tolist()
    assert seen(many(50), seed=3, events=50).pt.tolist() != seen(many(50), seed=4, events=50).pt.tolist()


@pytest.mark.parametrize("events", [(), ([],), ([], [])])
def test_no_jets_are_no_jets(events):
    assert len(seen(clusters(*events), bottom=[(0, 20, 0, 0)], events=len(events))) == 0


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="score has shape"):
        replace(seen(many(3)), score=np.ones(2))
