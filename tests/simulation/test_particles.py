import awkward as ak
import numpy as np
import pytest

from fivesigma.core.kinematics import four_momentum
from fivesigma.simulation.particles import dressed_leptons


def particle(pdg, pt, eta, phi, status=1):
    e, px, py, pz = (float(x) for x in four_momentum(pt, eta, phi))
    return {"id": pdg, "status": status, "p": {"px": px, "py": py, "pz": pz, "e": e}}


def leptons(*events, min_pt=3.0, first=0):
    return dressed_leptons(ak.Array([{"prt": event} for event in events]), first=first, min_pt=min_pt, dressing=0.1)


QUARK = particle(21, 50.0, 0.0, 0.0)


def test_types_charges_and_event_numbers():
    first, second = [QUARK, particle(-13, 20, 1.0, 2.0), particle(11, 30, -1.0, 0.5)], [QUARK, particle(-11, 9, 0, 0)]
    found = leptons(first, [QUARK], second, first=100)
    assert found.event.tolist() == [100, 100, 102]
    assert found.type.tolist() == [13, 11, 11]
    assert found.charge.tolist() == [1, -1, 1]
    np.testing.assert_allclose(found.pt, [20, 30, 9])
    np.testing.assert_allclose(found.eta, [1, -1, 0], atol=1e-12)
    np.testing.assert_allclose(found.phi, [2, 0.5, 0])


def test_decayed_and_soft_leptons_do_not_count():
    event = [
        particle(11, 40, 0, 0, status=-23),
        particle(11, 2.9, 0, 1),
        particle(15, 40, 0, 2),
        particle(13, 3.1, 0, 3),
    ]
    assert leptons(event).pt.tolist() == pytest.approx([3.1])


def test_a_photon_belongs_to_the_nearest_lepton_within_the_cone():
    one, other = particle(11, 30, 0.0, 0.0), particle(-13, 20, 0.0, 0.15)
    near_other = particle(22, 5, 0.0, 0.10)
    found = leptons([QUARK, one, near_other, other])
    assert found.pt[0] == pytest.approx(30)
    assert found.pt[1] == pytest.approx(np.hypot(20 + 5 * np.cos(0.05), 5 * np.sin(0.05)))
    assert 0.10 < found.phi[1] < 0.15


def test_photons_elsewhere_or_of_other_events_or_without_leptons_are_left():
    far, same_place = particle(22, 5, 0.0, 0.2), particle(22, 5, 0.0, 0.0)
    found = leptons([particle(11, 30, 0.0, 0.0), far], [same_place, QUARK], [particle(11, 30, 0.0, 0.0)])
    np.testing.assert_allclose(found.pt, [30, 30])


def test_a_cone_knows_that_phi_is_round():
    found = leptons([particle(11, 30, 0.0, np.pi - 0.01), particle(22, 5, 0.0, -np.pi + 0.01)])
    assert found.pt[0] == pytest.approx(35, rel=1e-3)
