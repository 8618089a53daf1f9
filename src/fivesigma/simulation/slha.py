"""Supersymmetric masses and decays in the text of the SUSY Les Houches Accord, arXiv:hep-ph/0311123."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from fivesigma.core.errors import FivesigmaError

__all__ = ["Decay", "spectrum"]

Decay: TypeAlias = tuple[float, tuple[int, ...]]
"""A branching fraction and the PDG codes of what comes out."""

_PROMPT = 1e-6
_SUM_TOLERANCE = 1e-6


def spectrum(masses: Mapping[int, float], decays: Mapping[int, Sequence[Decay]]) -> str:
    """Return the masses in GeV and decays of particles, by their PDG codes.

    A particle with a mass and no decays is stable; one with decays has a width of 1 keV, so that it decays at once and its
    mass is sharp.

    Raises
    ------
    FivesigmaError
        If a mass is no number, fractions are none or do not sum to 1, or a particle decays that has no mass here.
    """
    for particle, channels in decays.items():
        if particle not in masses:
            raise FivesigmaError(f"particle {particle} decays and has no mass; masses are given of {sorted(masses)}")
        if any(not 0 <= fraction <= 1 or not made for fraction, made in channels):
            raise FivesigmaError(f"each decay of particle {particle} is a fraction from 0 to 1 and what comes out")
        total = math.fsum(fraction for fraction, _ in channels)
        if abs(total - 1) > _SUM_TOLERANCE:
            raise FivesigmaError(f"the decays of particle {particle} have fractions that sum to {total:g}, not to 1")
    if odd := [particle for particle, mass in masses.items() if not math.isfinite(mass)]:
        raise FivesigmaError(f"the mass of particle {odd[0]} must be a number, not {masses[odd[0]]}")
    lines = ["BLOCK MODSEL", " 1 0", "BLOCK MASS", *(f" {particle} {mass:.6f}" for particle, mass in masses.items())]
    for particle in masses:
        channels = decays.get(particle, ())
        lines.append(f"DECAY {particle} {_PROMPT if channels else 0.0:.6e}")
        lines += [f" {fraction:.9f} {len(made)} {' '.join(map(str, made))}" for fraction, made in channels]
    return "\n".join(lines) + "\n"
