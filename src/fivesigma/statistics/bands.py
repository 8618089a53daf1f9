"""The five places of an expected band: the median, ±1 σ and ±2 σ."""

from __future__ import annotations

from typing import TypeAlias

from fivesigma.core.arrays import Floats

__all__ = ["BAND", "Band", "band_of"]

BAND = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Where an expected band is quoted, in σ."""
Band: TypeAlias = tuple[float, float, float, float, float]
"""A number at each of these places."""


def band_of(values: Floats) -> Band:
    """Return an array of shape (5,), in the order of `BAND`, as a tuple.

    Raises
    ------
    ValueError
        If there are not five values.
    """
    low2, low1, median, high1, high2 = map(float, values)
    return low2, low1, median, high1, high2
