"""Four leptons as two Z candidates: masses and the five decay angles.

Angles as defined in Gao et al., arXiv:1001.3396, and Bolognesi et al., arXiv:1208.4018, eq. (1) and figure 1. The pair of
same flavour and opposite charge whose mass is nearest the Z boson's is Z1, the other two leptons are Z2.

Every function takes pt, eta, phi, type and charge of the leptons, each of shape (4, n); GeV and radians; type is the
PDG identifier or its absolute value (11, 13), charge ±1. Where no pairing into two such pairs exists the result is NaN,
but for the mass of all four, which needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.kinematics import four_momentum, mass_of

__all__ = ["FOUR_LEPTON_FUNCTIONS", "Z_MASS", "pair_leptons"]

Z_MASS = 91.1880
"""Mass of the Z boson in GeV (Review of Particle Physics 2024)."""

_PAIRINGS = np.array([[0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2], [2, 3, 0, 1], [1, 3, 0, 2], [1, 2, 0, 3]])
_Function: TypeAlias = Callable[[Floats, Floats, Floats, Floats, Floats], Floats]


def pair_leptons(pt: Floats, eta: Floats, phi: Floats, kind: Floats, charge: Floats) -> Floats:
    """Return four-momenta, shape (4 leptons, 4 components, n), in the order Z1 ℓ⁻, Z1 ℓ⁺, Z2 ℓ⁻, Z2 ℓ⁺; NaN without a pairing."""
    momenta = np.moveaxis(four_momentum(*(np.asarray(c, dtype=np.float64) for c in (pt, eta, phi))), 0, 1)
    flavour, charge = np.abs(kind), np.asarray(charge)
    events = np.arange(momenta.shape[-1])
    distance = np.full((len(_PAIRINGS), len(events)), np.inf)
    for row, (a, b, c, d) in enumerate(_PAIRINGS):
        fits = (
            (flavour[a] == flavour[b])
            & (charge[a] == -charge[b])
            & (flavour[c] == flavour[d])
            & (charge[c] == -charge[d])
        )
        distance[row] = np.where(fits, np.abs(mass_of(momenta[a] + momenta[b]) - Z_MASS), np.inf)
    order = _PAIRINGS[distance.argmin(axis=0)].T
    for first in (0, 2):
        swap = charge[order[first], events] > 0
        order[first : first + 2, swap] = order[first : first + 2, swap][::-1]
    paired = momenta[order, :, events[np.newaxis]].transpose(0, 2, 1)
    paired[:, :, ~np.isfinite(distance.min(axis=0))] = np.nan
    return paired


def _boost(momentum: Floats, frame: Floats) -> Floats:
    """Return the momentum, shape (4, n), seen from the rest frame of ``frame``."""
    beta = frame[1:] / frame[0]
    beta2 = np.sum(beta**2, axis=0)
    gamma = 1 / np.sqrt(1 - beta2)
    along = np.sum(beta * momentum[1:], axis=0)
    factor = np.divide(gamma - 1, beta2, out=np.full_like(beta2, 0.5), where=beta2 > 0)
    space = momentum[1:] + (factor * along - gamma * momentum[0]) * beta
    return np.concatenate([(gamma * (momentum[0] - along))[np.newaxis], space])


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / np.linalg.norm(vector, axis=0)
    return unit


def _cross(a: Floats, b: Floats) -> Floats:
    return np.cross(a, b, axis=0)


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.sum(a * b, axis=0)
    return product


def _m4l(pt: Floats, eta: Floats, phi: Floats, *_: Floats) -> Floats:
    return mass_of(four_momentum(*(np.asarray(c, dtype=np.float64) for c in (pt, eta, phi))).sum(axis=1))


def _z1_mass(*leptons: Floats) -> Floats:
    return mass_of(pair_leptons(*leptons)[:2].sum(axis=0))


def _z2_mass(*leptons: Floats) -> Floats:
    return mass_of(pair_leptons(*leptons)[2:].sum(axis=0))


def _in_rest_frame(leptons: tuple[Floats, ...]) -> Floats:
    """Return the paired momenta in the rest frame of all four."""
    paired = pair_leptons(*leptons)
    total = paired.sum(axis=0)
    return np.stack([_boost(lepton, total) for lepton in paired])


def _cos_theta_star(*leptons: Floats) -> Floats:
    z1 = _in_rest_frame(leptons)[:2].sum(axis=0)
    cosine: Floats = _unit(z1[1:])[2]
    return cosine


def _cos_theta(leptons: tuple[Floats, ...], own: int) -> Floats:
    """Return -q̂_other · q̂_ℓ⁻ in the rest frame of the Z that leptons ``own`` and ``own + 1`` make."""
    paired = _in_rest_frame(leptons)
    this, other = (paired[i : i + 2].sum(axis=0) for i in (own, 2 - own))
    return -_dot(_unit(_boost(other, this)[1:]), _unit(_boost(paired[own], this)[1:]))


def _cos_theta1(*leptons: Floats) -> Floats:
    return _cos_theta(leptons, 0)


def _cos_theta2(*leptons: Floats) -> Floats:
    return _cos_theta(leptons, 2)


def _plane_angle(first: Floats, second: Floats, axis: Floats) -> Floats:
    """Return the angle from ``first`` to ``second``, signed by the axis."""
    return np.sign(_dot(axis, _cross(first, second))) * np.arccos(np.clip(_dot(first, second), -1, 1))


def _decay_phi(*leptons: Floats) -> Floats:
    q = _in_rest_frame(leptons)[:, 1:]
    normal1, normal2 = _unit(_cross(q[0], q[1])), _unit(_cross(q[2], q[3]))
    sign = np.sign(_dot(q[0] + q[1], _cross(normal1, normal2)))
    return sign * np.arccos(np.clip(-_dot(normal1, normal2), -1, 1))


def _decay_phi1(*leptons: Floats) -> Floats:
    q = _in_rest_frame(leptons)[:, 1:]
    z1 = q[0] + q[1]
    beam = np.zeros_like(z1)
    beam[2] = 1
    return _plane_angle(_unit(_cross(q[0], q[1])), _unit(_cross(beam, z1)), z1)


FOUR_LEPTON_FUNCTIONS: dict[str, _Function] = {
    "m4l": _m4l,
    "z1_mass": _z1_mass,
    "z2_mass": _z2_mass,
    "cos_theta_star": _cos_theta_star,
    "cos_theta1": _cos_theta1,
    "cos_theta2": _cos_theta2,
    "decay_phi": _decay_phi,
    "decay_phi1": _decay_phi1,
}
"""What expressions may call with a collection, as in ``z1_mass(lep)`` for columns ``lep_pt_0`` ... ``lep_charge_3``."""
