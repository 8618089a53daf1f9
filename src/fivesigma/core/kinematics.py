"""Kinematics by name: (pt, eta, phi, mass) in, GeV and radians, arrays of shapes that broadcast.

Formulas follow the Review of Particle Physics (Navas et al., PRD 110, 030001 (2024)), section 49, "Kinematics".
"""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = [
    "delta_phi",
    "delta_r",
    "eta_of",
    "four_momentum",
    "invariant_mass",
    "mass_of",
    "phi_of",
    "pt_of",
    "transverse_mass",
]


def delta_phi(phi1: Floats, phi2: Floats) -> Floats:
    """Return the azimuthal difference φ1 - φ2, brought into [-π, π)."""
    return (np.subtract(phi1, phi2) + np.pi) % (2 * np.pi) - np.pi


def delta_r(eta1: Floats, phi1: Floats, eta2: Floats, phi2: Floats) -> Floats:
    """Return ΔR = √(Δη² + Δφ²)."""
    return np.asarray(np.hypot(np.subtract(eta1, eta2), delta_phi(phi1, phi2)))


def four_momentum(pt: Floats, eta: Floats, phi: Floats, mass: Floats | float = 0.0) -> Floats:
    """Return (E, px, py, pz), shape (4, ...): p = (pt cos φ, pt sin φ, pt sinh η), E = √(p² + m²)."""
    pt, eta, phi, mass = np.broadcast_arrays(pt, eta, phi, mass)
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.stack([np.sqrt(px**2 + py**2 + pz**2 + np.square(mass)), px, py, pz])


def mass_of(momentum: Floats) -> Floats:
    """Return the mass √(E² - p²) of four-momenta of shape (4, ...); a value below zero from rounding counts as zero."""
    energy, px, py, pz = momentum
    return np.asarray(np.sqrt(np.maximum((energy - pz) * (energy + pz) - px**2 - py**2, 0.0)))


def pt_of(momentum: Floats) -> Floats:
    """Return the transverse momentum √(px² + py²) of four-momenta of shape (4, ...)."""
    return np.asarray(np.hypot(momentum[1], momentum[2]))


def phi_of(momentum: Floats) -> Floats:
    """Return the azimuth, in (-π, π], of four-momenta of shape (4, ...)."""
    return np.asarray(np.arctan2(momentum[2], momentum[1]))


def eta_of(momentum: Floats) -> Floats:
    """Return the pseudorapidity asinh(pz / pt) of four-momenta of shape (4, ...)."""
    return np.asarray(np.arcsinh(momentum[3] / pt_of(momentum)))


def invariant_mass(*coordinates: Floats) -> Floats:
    """Return the invariant mass of massless particles given as pt, eta, phi of the first, of the second, and so on.

    Raises
    ------
    ValueError
        If the number of arguments is not three for each of at least two particles.
    """
    if len(coordinates) < 6 or len(coordinates) % 3:
        raise ValueError(
            f"invariant_mass needs pt, eta, phi of two particles or more, not {len(coordinates)} arguments"
        )
    coordinates = np.broadcast_arrays(*coordinates)
    particles = [four_momentum(*coordinates[i : i + 3]) for i in range(0, len(coordinates), 3)]
    return mass_of(np.sum(particles, axis=0))


def transverse_mass(pt1: Floats, phi1: Floats, pt2: Floats, phi2: Floats) -> Floats:
    """Return mT = √(2 pt1 pt2 (1 - cos Δφ)) of two massless particles, RPP eq. 49.40 for m = 0."""
    return np.asarray(np.sqrt(2 * pt1 * pt2 * (1 - np.cos(np.subtract(phi1, phi2)))))
