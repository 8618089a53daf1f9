"""Trimming by hand: soft parts go, hard ones stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.kinematics import four_momentum, mass_of, pt_of

pytest.importorskip("fastjet")
from fivesigma.simulation.objects.clustering import anti_kt
from fivesigma.simulation.objects.grooming import trimmed
from fivesigma.simulation.objects.particles import Particles


def particles(*events):
    """Massless particles (pt, η, φ) of events."""
    rows = [(number, *particle) for number, event in enumerate(events) for particle in event]
    event, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 4).T
    return Particles(event=event.astype(int), pdg=np.full(len(pt), 211), momentum=four_momentum(pt, eta, phi))


def trim(found, **changed):
    clusters = anti_kt(found, radius=1.0, min_pt=0.0)
    return clusters, trimmed(clusters, found, **({"radius": 0.2, "fraction": 0.05} | changed))


def test_soft_parts_go_and_soft_particles_beside_hard_ones_stay():
    found = particles([(100, 0, 0), (2, 0.1, 0), (50, 0.5, 0.0), (4, 0.0, 0.6), (3, -0.6, 0)])
    whole, groomed = trim(found)
    assert len(whole) == len(groomed) == 1
    assert groomed.particle.tolist() == [0, 1, 2]
    np.testing.assert_allclose(groomed.momentum[:, 0], found.momentum[:, :3].sum(axis=1))
    assert mass_of(groomed.momentum) < mass_of(whole.momentum)


def test_the_fraction_is_of_the_whole_jet():
    event = [(100, 0, 0), (6, 0.5, 0)]
    assert trim(particles(event))[1].particle.tolist() == [0, 1]
    assert trim(particles(event), fraction=0.06)[1].particle.tolist() == [0]


def test_a_jet_of_many_soft_parts_stays_as_it_is():
    ring = [(1, 0.5 * np.cos(angle), 0.5 * np.sin(angle)) for angle in np.arange(0, 2 * np.pi, 2 * np.pi / 24)]
    whole, groomed = trim(particles([(0.5, 0, 0), *ring]), radius=0.05)
    assert max(np.bincount(whole.jet)) > 20
    np.testing.assert_allclose(groomed.momentum, whole.momentum, atol=1e-9)


def test_jets_keep_their_places():
    random = np.random.default_rng(2)
    events = [[(random.exponential(10), *random.normal(0, 1, 2)) for _ in range(30)] for _ in range(5)]
    whole, groomed = trim(particles(*events))
    assert groomed.event.tolist() == whole.event.tolist()
    assert (np.diff(groomed.jet) >= 0).all()
    assert set(zip(groomed.jet, groomed.particle, strict=True)) < set(zip(whole.jet, whole.particle, strict=True))


@given(seed=st.integers(0, 100))
def test_nothing_is_trimmed_with_a_fraction_of_zero(seed):
    random = np.random.default_rng(seed)
    whole, groomed = trim(
        particles([(random.exponential(10), *random.normal(0, 1, 2)) for _ in range(15)]), fraction=0.0
    )
    np.testing.assert_allclose(groomed.momentum, whole.momentum, atol=1e-9)
    assert (pt_of(groomed.momentum) > 0).all()


def test_no_jets_stay_none():
    assert len(trim(particles())[1]) == 0
