"""Jets against clustering by hand: all distances, the smallest first."""

import math

import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum, pt_of
from fivesigma.simulation.objects.particles import Particles

pytest.importorskip("fastjet")
from fivesigma.simulation.objects.clustering import anti_kt, kt

RADIUS = 0.6


def particles(events):
    """Particles of events, each an array of four-momenta of shape (4, n)."""
    momentum = np.concatenate([np.zeros((4, 0)), *events], axis=1)
    event = np.repeat(np.arange(len(events)), [each.shape[1] for each in events])
    return Particles(event=event, pdg=np.full(len(event), 211), momentum=momentum)


def some_events(seed, sizes=(5, 0, 1, 9, 7)):
    random = np.random.default_rng(seed)
    return [
        four_momentum(random.exponential(20, n) + 0.5, random.normal(0, 1, n), random.uniform(-np.pi, np.pi, n), 0.14)
        if n
        else np.zeros((4, 0))
        for n in sizes
    ]


def by_hand(momenta, power):
    """Return (momentum, members) of each jet: arXiv:0802.1189, eq. 1, with rapidity, and momenta added up."""
    left, jets = [(momentum, {i}) for i, momentum in enumerate(momenta.T)], []
    while left:
        smallest, which = math.inf, None
        for i, (a, _) in enumerate(left):
            beam = _pt(a) ** (2 * power)
            if beam < smallest:
                smallest, which = beam, (i, None)
            for j in range(i):
                b = left[j][0]
                distance = min(beam, _pt(b) ** (2 * power)) * _distance(a, b) ** 2 / RADIUS**2
                if distance < smallest:
                    smallest, which = distance, (i, j)
        i, j = which
        one = left.pop(i)
        if j is None:
            jets.append(one)
        else:
            left[j] = (left[j][0] + one[0], left[j][1] | one[1])
    return jets


def _pt(momentum):
    return math.hypot(momentum[1], momentum[2])


def _distance(a, b):
    rapidity = [0.5 * math.log((each[0] + each[3]) / (each[0] - each[3])) for each in (a, b)]
    phi = abs(math.atan2(a[2], a[1]) - math.atan2(b[2], b[1]))
    return math.hypot(rapidity[0] - rapidity[1], min(phi, 2 * math.pi - phi))


@pytest.mark.parametrize(("algorithm", "power"), [(anti_kt, -1), (kt, 1)])
@pytest.mark.parametrize("seed", range(8))
def test_jets_are_those_of_clustering_by_hand(algorithm, power, seed):
    events = some_events(seed)
    found = algorithm(particles(events), radius=RADIUS, min_pt=10.0)
    start = np.cumsum([0, *(each.shape[1] for each in events)])
    position = 0
    for number, momenta in enumerate(events):
        jets = sorted((jet for jet in by_hand(momenta, power) if _pt(jet[0]) > 10), key=lambda jet: -_pt(jet[0]))
        for momentum, members in jets:
            assert found.event[position] == number
            np.testing.assert_allclose(found.momentum[:, position], momentum, rtol=1e-9, atol=1e-9)
            mine = found.particle[found.jet == position]
            assert set(mine.tolist()) == {int(start[number]) + i for i in members}
            position += 1
    assert len(found) == position
    assert (np.diff(found.jet) >= 0).all()


def test_jets_come_in_the_order_of_events_and_of_falling_pt():
    found = anti_kt(particles(some_events(1, sizes=(40, 30, 50))), radius=0.4, min_pt=1.0)
    pt = pt_of(found.momentum)
    assert (np.diff(found.event) >= 0).all()
    assert (np.diff(pt)[np.diff(found.event) == 0] <= 0).all()


def test_what_is_picked_from_a_batch_keeps_the_numbers_of_its_events():
    events = some_events(3)
    given = particles(events)
    last = given.where(given.event == 4)
    found = anti_kt(last, radius=RADIUS, min_pt=5.0)
    assert set(found.event.tolist()) == {4}
    # particles are counted among those that were given
    assert max(found.particle.tolist()) < len(last)


@pytest.mark.parametrize("algorithm", [anti_kt, kt])
@pytest.mark.parametrize("sizes", [(), (0,), (0, 0, 0)])
def test_no_particles_make_no_jets(algorithm, sizes):
    found = algorithm(particles(some_events(1, sizes)), radius=0.4, min_pt=10.0)
    assert len(found) == 0
    assert found.momentum.shape == (4, 0)
    assert found.event.dtype == found.jet.dtype == found.particle.dtype == np.int64


def test_soft_events_make_no_jets():
    found = anti_kt(particles(some_events(1)), radius=0.4, min_pt=10_000.0)
    assert len(found) == len(found.jet) == len(found.particle) == 0
    assert found.momentum.shape == (4, 0)


def test_what_flies_along_the_beam_is_in_no_jet():
    beam = np.array([[6500.0], [0.0], [0.0], [6500.0]])
    given = particles([np.concatenate([beam, some_events(2, (5,))[0]], axis=1)])
    found = anti_kt(given, radius=0.4, min_pt=1.0)
    assert 0 not in found.particle
