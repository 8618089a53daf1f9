"""What dijet searches ask of two jets given by their components: px, py, pz and mass in GeV, arrays of shapes that broadcast.

Everything is computed in double precision, also for columns of single precision. What is missing (NaN) stays missing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.core.kinematics import delta_r

__all__ = ["dijet_delta_r", "dijet_mass", "eta_of", "of_heavier", "of_lighter", "phi_of", "pt_of", "ratio"]


def pt_of(px: ArrayLike, py: ArrayLike) -> Floats:
    """Return the transverse momentum √(px² + py²)."""
    return np.asarray(np.hypot(*_wide(px, py)))


def phi_of(px: ArrayLike, py: ArrayLike) -> Floats:
    """Return the azimuth, in [-π, π]; NaN where px and py are zero, which is no direction."""
    px, py = _wide(px, py)
    return np.where((px == 0) & (py == 0), np.nan, np.arctan2(py, px))


def eta_of(px: ArrayLike, py: ArrayLike, pz: ArrayLike) -> Floats:
    """Return the pseudorapidity asinh(pz / pt): ±∞ along the beam, NaN of no momentum at all."""
    (pz,) = _wide(pz)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(np.arcsinh(pz / pt_of(px, py)))


def dijet_mass(
    px1: ArrayLike,
    py1: ArrayLike,
    pz1: ArrayLike,
    m1: ArrayLike,
    px2: ArrayLike,
    py2: ArrayLike,
    pz2: ArrayLike,
    m2: ArrayLike,
) -> Floats:
    """Return the invariant mass of two jets, M² = m₁² + m₂² + 2 (E₁E₂ - p₁·p₂) (RPP 2024, section 49).

    For jets in the same hemisphere E₁E₂ - p₁·p₂ is computed as (m₁²E₂² + m₂²p₁² + |p₁ × p₂|²) / (E₁E₂ + p₁·p₂), which is the
    same but has no difference of large numbers in it: M² is never negative, and narrow pairs keep all digits. Masses enter by
    their squares, so one that rounding left slightly negative does no harm.
    """
    first, second = (
        np.stack(np.broadcast_arrays(*_wide(px1, py1, pz1))),
        np.stack(np.broadcast_arrays(*_wide(px2, py2, pz2))),
    )
    squares1, squares2 = (np.square(m) for m in _wide(m1, m2))
    momentum1, momentum2 = (np.sum(p**2, axis=0) for p in (first, second))
    energies = np.sqrt((momentum1 + squares1) * (momentum2 + squares2))
    along = np.sum(first * second, axis=0)
    across = np.sum(np.cross(first, second, axis=0) ** 2, axis=0)
    numerator = squares1 * (momentum2 + squares2) + squares2 * momentum1 + across
    same_side = along > 0
    product = np.where(same_side, numerator / np.where(same_side, energies + along, 1.0), energies - along)
    return np.asarray(np.sqrt(squares1 + squares2 + 2 * product))


def dijet_delta_r(
    px1: ArrayLike, py1: ArrayLike, pz1: ArrayLike, px2: ArrayLike, py2: ArrayLike, pz2: ArrayLike
) -> Floats:
    """Return ΔR = √(Δη² + Δφ²) of two jets; ∞ if one lies along the beam, NaN if one has no momentum or both lie along one beam."""
    with np.errstate(invalid="ignore"):
        return delta_r(eta_of(px1, py1, pz1), phi_of(px1, py1), eta_of(px2, py2, pz2), phi_of(px2, py2))


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Return numerator / denominator, and 0 where the denominator is 0: the custom for τ₂₁ and τ₃₂ of jets too small for them.

    A jet of a single constituent has τ₁ = τ₂ = 0; 0 puts it among jets of few prongs. A missing value (NaN) on either side stays
    missing: a jet that is not there has no ratio.
    """
    a, b = np.broadcast_arrays(*_wide(numerator, denominator))
    quotient: Floats = np.divide(a, b, out=np.where(np.isnan(a), np.nan, 0.0), where=b != 0)
    return quotient


def of_lighter(m1: ArrayLike, m2: ArrayLike, x1: ArrayLike, x2: ArrayLike) -> Floats:
    """Return x of the lighter of two jets: x₁ where m₁ ≤ m₂, else x₂; NaN where a mass is missing."""
    return _chosen(m1, m2, x1, x2)


def of_heavier(m1: ArrayLike, m2: ArrayLike, x1: ArrayLike, x2: ArrayLike) -> Floats:
    """Return x of the heavier of two jets, which is the other one than `of_lighter` takes: x₂ where m₁ ≤ m₂, else x₁."""
    return _chosen(m1, m2, x2, x1)


def _chosen(m1: ArrayLike, m2: ArrayLike, ordered: ArrayLike, reversed_: ArrayLike) -> Floats:
    m1, m2 = _wide(m1, m2)
    chosen = np.where(m1 <= m2, *_wide(ordered, reversed_))
    return np.where(np.isnan(m1) | np.isnan(m2), np.nan, chosen)


def _wide(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.asarray(value, dtype=np.float64) for value in values)
