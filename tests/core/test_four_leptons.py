"""Masses and angles of four leptons against an independent computation with the vector library, and by symmetry."""

import numpy as np
import pytest
import vector
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS, Z_MASS, pair_leptons

ANGLES = ("cos_theta_star", "cos_theta1", "cos_theta2", "decay_phi", "decay_phi1")
MASSES = ("m4l", "z1_mass", "z2_mass")
FLAVOURS = np.array([[11, 11, 13, 13], [13, 11, 13, 11], [11, 11, 11, 11], [13, 13, 13, 13]])
CHARGES = np.array([[-1, 1, 1, -1], [1, 1, -1, -1], [1, -1, 1, -1], [-1, -1, 1, 1]])


def random_events(n, seed=1):
    random = np.random.default_rng(seed)
    pt = np.sort(random.uniform(5, 80, (4, n)), axis=0)[::-1]
    eta, phi = random.uniform(-2.5, 2.5, (4, n)), random.uniform(-np.pi, np.pi, (4, n))
    which = random.integers(len(FLAVOURS), size=n)
    return pt, eta, phi, FLAVOURS[which].T, CHARGES[which].T


def unit(momentum):
    return vector.obj(x=momentum.px, y=momentum.py, z=momentum.pz).unit()


def by_the_book(leptons):
    """Quantities of one event, eq. (1) of arXiv:1208.4018 and its figure 1, with vector's boosts and products."""
    p4 = [(vector.obj(pt=p, eta=e, phi=f, mass=0), k, q) for p, e, f, k, q in zip(*leptons, strict=True)]
    pairs = [
        ((a, b), tuple(x for x in p4 if x is not a and x is not b))
        for a in p4
        for b in p4
        if a[2] < 0 < b[2] and a[1] == b[1]
    ]
    pairs = [(one, two) for one, two in pairs if two[0][1] == two[1][1] and two[0][2] == -two[1][2]]
    (l11, l12), two = min(pairs, key=lambda pair: abs((pair[0][0][0] + pair[0][1][0]).mass - Z_MASS))
    l21, l22 = sorted(two, key=lambda lepton: lepton[2])
    q11, q12, q21, q22 = (lepton[0] for lepton in (l11, l12, l21, l22))
    total = q11 + q12 + q21 + q22
    z1, z2 = q11 + q12, q21 + q22
    values = {"m4l": total.mass, "z1_mass": z1.mass, "z2_mass": z2.mass}
    rest = [q.boostCM_of_p4(total) for q in (q11, q12, q21, q22)]
    z1_rest, z2_rest = rest[0] + rest[1], rest[2] + rest[3]
    values["cos_theta_star"] = unit(z1_rest).z
    in_z1 = rest[0].boostCM_of_p4(z1_rest), z2_rest.boostCM_of_p4(z1_rest)
    in_z2 = rest[2].boostCM_of_p4(z2_rest), z1_rest.boostCM_of_p4(z2_rest)
    values["cos_theta1"] = -unit(in_z1[1]).dot(unit(in_z1[0]))
    values["cos_theta2"] = -unit(in_z2[1]).dot(unit(in_z2[0]))
    n1 = unit(rest[0]).cross(unit(rest[1])).unit()
    n2 = unit(rest[2]).cross(unit(rest[3])).unit()
    scattering = vector.obj(x=0, y=0, z=1).cross(unit(z1_rest)).unit()
    axis = unit(z1_rest)
    values["decay_phi"] = np.sign(axis.dot(n1.cross(n2))) * np.arccos(-n1.dot(n2))
    values["decay_phi1"] = np.sign(axis.dot(n1.cross(scattering))) * np.arccos(n1.dot(scattering))
    return values


@pytest.mark.parametrize("name", MASSES + ANGLES)
def test_agrees_with_the_definition_computed_with_vector(name):
    leptons = random_events(40)
    ours = FOUR_LEPTON_FUNCTIONS[name](*leptons)
    book = [by_the_book([column[:, i] for column in leptons])[name] for i in range(40)]
    np.testing.assert_allclose(ours, book, rtol=1e-7, atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(angle=st.floats(-3, 3), seed=st.integers(0, 1000))
def test_nothing_changes_when_the_detector_is_turned_about_the_beam(angle, seed):
    pt, eta, phi, kind, charge = random_events(8, seed)
    for name, function in FOUR_LEPTON_FUNCTIONS.items():
        turned = function(pt, eta, phi + angle, kind, charge)
        np.testing.assert_allclose(turned, function(pt, eta, phi, kind, charge), rtol=1e-6, atol=1e-6, err_msg=name)


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(4)), seed=st.integers(0, 1000))
def test_the_order_of_the_leptons_does_not_matter(order, seed):
    leptons = random_events(8, seed)
    shuffled = [column[list(order)] for column in leptons]
    for name, function in FOUR_LEPTON_FUNCTIONS.items():
        np.testing.assert_allclose(function(*shuffled), function(*leptons), rtol=1e-9, atol=1e-9, err_msg=name)


@settings(max_examples=25, deadline=None)
@given(boost=st.floats(-1.5, 1.5), seed=st.integers(0, 1000))
def test_a_boost_along_the_beam_shifts_eta_and_nothing_that_is_measured_in_rest_frames_of_the_bosons(boost, seed):
    pt, eta, phi, kind, charge = random_events(8, seed)
    for name in (*MASSES, "cos_theta1", "cos_theta2", "decay_phi"):
        function = FOUR_LEPTON_FUNCTIONS[name]
        boosted = function(pt, eta + boost, phi, kind, charge)
        np.testing.assert_allclose(boosted, function(pt, eta, phi, kind, charge), rtol=1e-6, atol=1e-6, err_msg=name)


def test_ranges():
    leptons = random_events(2000)
    values = {name: function(*leptons) for name, function in FOUR_LEPTON_FUNCTIONS.items()}
    for name in ("cos_theta_star", "cos_theta1", "cos_theta2"):
        assert np.abs(values[name]).max() <= 1 + 1e-12
    for name in ("decay_phi", "decay_phi1"):
        assert np.abs(values[name]).max() <= np.pi
    assert (np.abs(values["z1_mass"] - Z_MASS) <= np.abs(values["z2_mass"] - Z_MASS) + 1e-9).all()
    assert (values["m4l"] >= values["z1_mass"] + values["z2_mass"] - 1e-9).all()


def two_bosons_back_to_back():
    """Z1 (91 GeV) along +x and Z2 (20 GeV) along -x, each to leptons at right angles to that in its rest frame."""
    momentum, leptons = 30.0, []
    for mass, direction, axis, kind in ((91.0, 1, "y", 11), (20.0, -1, "z", 13)):
        boson = vector.obj(px=direction * momentum, py=0, pz=0, E=np.hypot(mass, momentum))
        for charge in (-1, 1):
            components = {"px": 0.0, "py": 0.0, "pz": 0.0, f"p{axis}": -charge * mass / 2}
            lepton = vector.obj(**components, E=mass / 2).boost_p4(boson)
            leptons.append((lepton.pt, lepton.eta, lepton.phi, kind, charge))
    return [np.array(column)[:, np.newaxis] for column in zip(*leptons, strict=True)]


def test_a_decay_known_in_closed_form():
    leptons = two_bosons_back_to_back()
    values = {name: function(*leptons)[0] for name, function in FOUR_LEPTON_FUNCTIONS.items()}
    assert values["m4l"] == pytest.approx(np.hypot(91, 30) + np.hypot(20, 30))
    assert (values["z1_mass"], values["z2_mass"]) == pytest.approx((91, 20))
    assert [values[name] for name in ("cos_theta_star", "cos_theta1", "cos_theta2")] == pytest.approx([0] * 3, abs=1e-9)
    assert abs(values["decay_phi"]) == pytest.approx(np.pi / 2)
    # n1 = y × x (q1 has a part along +x), the scattering plane's normal = z × x = y: at right angles
    assert abs(values["decay_phi1"]) == pytest.approx(np.pi / 2)


def test_without_two_pairs_there_are_no_bosons_but_still_a_mass():
    pt, eta, phi, kind, charge = random_events(3)
    kind[:, 1], charge[:, 1] = [11, 11, 13, 13], [1, 1, -1, -1]
    kind[:, 2] = [11, 11, 11, 13]
    assert np.isfinite(FOUR_LEPTON_FUNCTIONS["m4l"](pt, eta, phi, kind, charge)).all()
    for name in (*ANGLES, "z1_mass", "z2_mass"):
        values = FOUR_LEPTON_FUNCTIONS[name](pt, eta, phi, kind, charge)
        assert np.isnan(values).tolist() == [False, True, True], name


def test_pairs_come_with_the_negative_lepton_first():
    pt, eta, phi, kind, charge = random_events(50)
    paired = pair_leptons(pt, eta, phi, kind, charge)
    masses = np.hypot(paired[:, 1], paired[:, 2])
    for i in range(50):
        found = [charge[np.argmin(np.abs(pt[:, i] - masses[lepton, i])), i] for lepton in range(4)]
        assert found == [-1, 1, -1, 1]


def test_no_events_give_no_values():
    empty = [np.zeros((4, 0))] * 5
    for function in FOUR_LEPTON_FUNCTIONS.values():
        assert function(*empty).shape == (0,)
