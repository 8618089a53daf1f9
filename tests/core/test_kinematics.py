"""Kinematics against the vector library."""

from __future__ import annotations

import numpy as np
import pytest
import vector

from fivesigma.core import kinematics


@pytest.fixture(scope="module")
def particles():
    generator = np.random.default_rng(1)
    coordinates = [
        (generator.uniform(5, 200, 50), generator.uniform(-4, 4, 50), generator.uniform(-np.pi, np.pi, 50))
        for _ in range(3)
    ]
    return coordinates, [
        vector.array({"pt": pt, "eta": eta, "phi": phi, "mass": np.zeros(50)}) for pt, eta, phi in coordinates
    ]


def test_numbers_and_arrays_together():
    """Two back to back at rest together: M = pt₁ + pt₂ at the same pt, whichever of them are arrays."""
    pt = np.full(4, 50.0)
    np.testing.assert_allclose(kinematics.invariant_mass(pt, 0.5, 0.0, 50.0, -0.5, np.pi), 100 * np.cosh(0.5))
    np.testing.assert_allclose(kinematics.invariant_mass(50.0, 0.0, 0.0, pt, 0.0, np.pi), np.full(4, 100.0))
    assert kinematics.four_momentum(1.0, 2.0, np.zeros(3)).shape == (4, 3)


def test_invariant_mass(particles):
    numbers, vectors = particles
    np.testing.assert_allclose(
        kinematics.invariant_mass(*numbers[0], *numbers[1]), (vectors[0] + vectors[1]).mass, rtol=1e-9
    )
    np.testing.assert_allclose(
        kinematics.invariant_mass(*numbers[0], *numbers[1], *numbers[2]),
        (vectors[0] + vectors[1] + vectors[2]).mass,
        rtol=1e-9,
    )


def test_a_mass_stays_a_mass(particles):
    numbers, _ = particles
    momentum = kinematics.four_momentum(*numbers[0], 91.188)
    np.testing.assert_allclose(kinematics.mass_of(momentum), 91.188, rtol=1e-7)


def test_coordinates_come_back(particles):
    (pt, eta, phi), _ = particles[0][0], particles[1]
    momentum = kinematics.four_momentum(pt, eta, phi)
    np.testing.assert_allclose(kinematics.pt_of(momentum), pt)
    np.testing.assert_allclose(kinematics.eta_of(momentum), eta)
    np.testing.assert_allclose(kinematics.phi_of(momentum), phi)


def test_angles_between(particles):
    (one, two, _), vectors = particles
    np.testing.assert_allclose(kinematics.delta_phi(one[2], two[2]), vectors[0].deltaphi(vectors[1]), atol=1e-12)
    np.testing.assert_allclose(kinematics.delta_r(one[1], one[2], two[1], two[2]), vectors[0].deltaR(vectors[1]))


def test_delta_phi_goes_the_short_way():
    assert kinematics.delta_phi(np.array([3.1]), np.array([-3.1]))[0] == pytest.approx(6.2 - 2 * np.pi)


def test_transverse_mass_of_back_to_back_is_their_sum_and_of_parallel_zero():
    pt = np.array([30.0])
    assert kinematics.transverse_mass(pt, np.array([0.0]), pt, np.array([np.pi]))[0] == pytest.approx(60)
    assert kinematics.transverse_mass(pt, np.array([1.0]), pt, np.array([1.0]))[0] == pytest.approx(0, abs=1e-6)
