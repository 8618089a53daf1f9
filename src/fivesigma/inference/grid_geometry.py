"""What is near what in a grid of signal points, whose parameters have different units and often run along a diagonal."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["decorrelation"]

_FLAT = 1e-6
"""Of the largest spread: points on one line, but for rounding."""


def decorrelation(place: Floats) -> Floats | None:
    """Return the matrix, shape (d, d), that points of shape (n, d) are multiplied with to have unit spread in every direction.

    Triangles between such points join neighbours also where a grid is a narrow strip, as of masses that differ by little. None where
    the points span fewer than d dimensions.
    """
    extent = np.ptp(place, axis=0) if len(place) else np.zeros(place.shape[1])
    if len(place) <= place.shape[1] or not np.all(extent > 0):
        return None
    _, spread, axes = np.linalg.svd((place - place.mean(axis=0)) / extent, full_matrices=False)
    if spread[-1] < _FLAT * spread[0]:
        return None
    return np.asarray(axes.T / spread / extent[:, None])
