"""Dressing and isolation, against particles one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.kinematics import delta_r, eta_of, four_momentum, phi_of, pt_of
from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.objects.dressing import cone_pt, dressed_leptons, outside_leptons
from fivesigma.simulation.objects.particles import Particles, read_batch

PHOTON, PION = 22, 211


def particles(*events):
    """Particles of events, each a list of (pdg, pt, eta, phi)."""
    rows = [(number, *each) for number, event in enumerate(events) for each in event]
    event, pdg, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 5).T
    return Particles(event=event.astype(int), pdg=pdg.astype(int), momentum=four_momentum(pt, eta, phi))


def leptons(*events, min_pt=3.0):
    return dressed_leptons(particles(*events), min_pt=min_pt, dressing=0.1)


def test_types_charges_and_event_numbers():
    found = leptons([(PION, 50, 0, 0), (-13, 20, 1.0, 2.0), (11, 30, -1.0, 0.5)], [(PION, 9, 0, 0)], [(-11, 9, 0, 0)])
    assert found.event.tolist() == [0, 0, 2]
    assert found.type.tolist() == [13, 11, 11]
    assert found.charge.tolist() == [1, -1, 1]
    assert found.particle.tolist() == [1, 2, 4]
    np.testing.assert_allclose(found.pt, [20, 30, 9])
    np.testing.assert_allclose(found.eta, [1, -1, 0], atol=1e-12)
    np.testing.assert_allclose(found.phi, [2, 0.5, 0])


def test_soft_leptons_and_taus_do_not_count():
    assert leptons([(11, 2.9, 0, 1), (15, 40, 0, 2), (13, 3.1, 0, 3)]).pt.tolist() == pytest.approx([3.1])


def test_a_photon_belongs_to_the_nearest_lepton_within_the_cone():
    found = leptons([(PION, 50, 0, 0), (11, 30, 0.0, 0.0), (PHOTON, 5, 0.0, 0.10), (-13, 20, 0.0, 0.15)])
    assert found.pt[0] == pytest.approx(30)
    assert found.pt[1] == pytest.approx(np.hypot(20 + 5 * np.cos(0.05), 5 * np.sin(0.05)))
    assert 0.10 < found.phi[1] < 0.15


def test_photons_elsewhere_or_of_other_events_or_without_leptons_are_left():
    lepton, far, same_place = (11, 30, 0.0, 0.0), (PHOTON, 5, 0.0, 0.2), (PHOTON, 5, 0.0, 0.0)
    np.testing.assert_allclose(leptons([lepton, far], [same_place, (PION, 50, 0, 0)], [lepton]).pt, [30, 30])


def test_a_cone_knows_that_phi_is_round():
    assert leptons([(11, 30, 0.0, np.pi - 0.01), (PHOTON, 5, 0.0, -np.pi + 0.01)]).pt[0] == pytest.approx(35, rel=1e-3)


SOME = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([11, -13, PHOTON, PHOTON, PION]),
            st.floats(1, 50),
            st.floats(-0.3, 0.3),
            st.floats(2.9, 3.1),
        ),
        max_size=8,
    ),
    max_size=4,
)


@given(SOME)
def test_dressing_is_adding_photons_one_by_one(events):
    visible = particles(*events)
    found = dressed_leptons(visible, min_pt=2.0, dressing=0.1)
    at = [i for i in range(len(visible)) if abs(visible.pdg[i]) in (11, 13) and visible.pt[i] > 2.0]
    dressed = {i: visible.momentum[:, i].copy() for i in at}
    for photon in np.flatnonzero(visible.pdg == PHOTON):
        distances = {i: _apart(visible, i, photon) for i in at if visible.event[i] == visible.event[photon]}
        if distances and min(distances.values()) < 0.1:
            dressed[min(distances, key=distances.__getitem__)] += visible.momentum[:, photon]
    assert found.particle.tolist() == at
    for i, momentum in enumerate(dressed.values()):
        assert found.pt[i] == pytest.approx(pt_of(momentum))
        assert found.eta[i] == pytest.approx(eta_of(momentum))
        assert found.phi[i] == pytest.approx(phi_of(momentum))


@given(SOME)
def test_isolation_is_adding_what_is_near_one_by_one(events):
    visible = particles(*events)
    found = dressed_leptons(visible, min_pt=2.0, dressing=0.1)
    cone = cone_pt(found, visible, radius=0.3, dressing=0.1)
    assert cone.shape == (len(found),)
    for i in range(len(found)):
        expected = 0.0
        for j in np.flatnonzero(visible.event == found.event[i]):
            distance = float(delta_r(found.eta[i], found.phi[i], visible.eta[j], visible.phi[j]))
            code = abs(visible.pdg[j])
            if distance < 0.3 and code not in (11, 13) and not (code == PHOTON and distance < 0.1):
                expected += visible.pt[j]
        assert cone[i] == pytest.approx(expected)


@given(SOME)
def test_what_is_outside_of_leptons_is_all_but_them_and_their_photons(events):
    visible = particles(*events)
    found = dressed_leptons(visible, min_pt=2.0, dressing=0.1)
    outside = outside_leptons(found, visible, dressing=0.1)
    for j in range(len(visible)):
        near = any(
            float(delta_r(found.eta[i], found.phi[i], visible.eta[j], visible.phi[j])) < 0.1
            for i in range(len(found))
            if found.event[i] == visible.event[j]
        )
        assert outside[j] == (j not in found.particle and not (visible.pdg[j] == PHOTON and near))


def _apart(visible, i, j):
    return float(delta_r(visible.eta[i], visible.phi[i], visible.eta[j], visible.phi[j]))


def test_no_particles_no_leptons():
    for events in ((), ([],), ([(PION, 5, 0, 0)], [])):
        visible = particles(*events)
        found = dressed_leptons(visible, min_pt=0.0, dressing=0.1)
        assert len(found) == 0
        assert cone_pt(found, visible, radius=0.3, dressing=0.1).shape == (0,)
        assert outside_leptons(found, visible, dressing=0.1).tolist() == [True] * len(visible)


def test_leptons_of_a_scalar_of_125_gev_fly_alike_in_all_directions():
    pythia8mc = pytest.importorskip("pythia8mc")
    kstest = pytest.importorskip("scipy.stats").kstest
    pythia = pythia8mc.Pythia("", False)
    card = RECIPES["higgs-4l"].process("higgs")
    for setting in (
        *card.pythia_settings(),
        "23:onMode = off",
        "23:onIfAny = 11 13",
        "PartonLevel:FSR = off",
        "Random:setSeed = on",
    ):
        pythia.readString(f"{setting}")
    pythia.readString("Print:quiet = on")
    pythia.init()
    found = dressed_leptons(read_batch(pythia.nextBatch(600)).visible, min_pt=0.0, dressing=0.1)
    assert np.bincount(found.event).tolist() == [4] * 600
    order = np.lexsort((-found.pt, found.event))
    fields = [getattr(found, kind)[order].reshape(600, 4).T for kind in ("pt", "eta", "phi", "type", "charge")]
    np.testing.assert_allclose(FOUR_LEPTON_FUNCTIONS["m4l"](*fields), 125, atol=0.5)  # leptons count as massless
    # a scalar decays alike in all directions: cos θ* and Φ1 are flat
    assert kstest(FOUR_LEPTON_FUNCTIONS["cos_theta_star"](*fields), "uniform", args=(-1, 2)).pvalue > 1e-3
    phi1 = FOUR_LEPTON_FUNCTIONS["decay_phi1"](*fields)
    assert kstest(phi1, "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-3
