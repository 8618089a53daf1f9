import awkward as ak
import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.objects.particles import INVISIBLE, Particles, read_batch


def particle(pdg, pt=10.0, eta=0.0, phi=0.0, status=1):
    e, px, py, pz = (float(x) for x in four_momentum(pt, eta, phi))
    return {"id": pdg, "status": status, "p": {"px": px, "py": py, "pz": pz, "e": e}}


def batch(*events):
    typed = ak.Array([{"prt": [particle(21)]}, *({"prt": event} for event in events)])
    return read_batch(typed[1:])


def test_final_particles_but_for_invisible_ones_are_visible():
    event = [
        particle(211),
        particle(-13),
        particle(22),
        *map(particle, INVISIBLE),
        particle(-12),
        particle(11, status=-23),
    ]
    assert batch(event).visible.pdg.tolist() == [211, -13, 22]


def test_numbers_and_momenta_stay_with_their_particles():
    found = batch(
        [particle(211, 5, 1.0, 2.0)], [], [particle(12)], [particle(130, 7, -2.0, -1.0), particle(22, 1, 0.5, 3.0)]
    )
    assert found.events == 4
    assert found.visible.event.tolist() == [0, 3, 3]
    np.testing.assert_allclose(found.visible.pt, [5, 7, 1])
    np.testing.assert_allclose(found.visible.eta, [1, -2, 0.5])
    np.testing.assert_allclose(found.visible.phi, [2, -1, 3])
    np.testing.assert_allclose(found.visible.momentum[0], [5 * np.cosh(1), 7 * np.cosh(2), np.cosh(0.5)])


@pytest.mark.parametrize(
    ("pdg", "bottom", "charm"),
    [
        (511, 1, 0),  # B0
        (-521, 1, 0),  # B-
        (541, 1, 0),  # B_c+: bottom comes first
        (5122, 1, 0),  # Lambda_b
        (553, 1, 0),  # Upsilon
        (10511, 1, 0),  # B0*
        (411, 0, 1),  # D+
        (-4122, 0, 1),  # Lambda_c
        (443, 0, 1),  # J/psi
        (5, 0, 0),  # the quark itself
        (5503, 0, 0),  # a diquark
        (211, 0, 0),
        (1000005, 0, 0),  # a sbottom
        (3122, 0, 0),
    ],
)
def test_heavy_hadrons_are_known_by_their_quarks_decayed_or_not(pdg, bottom, charm):
    for status in (1, -91):
        found = batch([particle(211), particle(pdg, status=status)])
        assert (len(found.bottom), len(found.charm)) == (bottom, charm)


def test_events_without_particles_and_no_events_are_batches():
    empty = batch([], [])
    assert empty.events == 2
    assert len(empty.visible) == len(empty.bottom) == len(empty.charm) == 0
    assert empty.visible.momentum.shape == (4, 0)
    assert batch().events == 0
    assert batch().visible.pt.shape == (0,)


def test_what_flies_along_the_beam_has_an_infinite_pseudorapidity():
    beam = Particles(
        event=np.zeros(2, dtype=int), pdg=np.array([2212, 2212]), momentum=np.array([[7.0, 7], [0, 0], [0, 0], [7, -7]])
    )
    assert beam.eta.tolist() == [np.inf, -np.inf]


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="momentum has shape"):
        Particles(event=np.zeros(2, dtype=int), pdg=np.zeros(2, dtype=int), momentum=np.zeros((4, 3)))
