"""Roots of many rising functions at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError

__all__ = ["rising_root"]

_DOUBLINGS = 100
_HALVINGS = 200
_PRECISION = 1e-13


def rising_root(function: Callable[[Floats], Floats], low: Floats, step: Floats) -> Floats:
    """Return where each of many rising functions crosses zero, by halving; all arrays of one shape.

    Parameters
    ----------
    function
        Takes and gives an array; each entry rises with its own abscissa and is negative, or zero, at ``low``.
    low, step
        Where to begin and how far to look first, above zero; from there twice as far each time.

    Raises
    ------
    FivesigmaError
        If one of the functions does not cross zero as far as is looked.
    """
    high = low + step
    for _ in range(_DOUBLINGS):
        below = function(high) < 0
        if not np.any(below):
            break
        low, high = np.where(below, high, low), np.where(below, high + 2 * (high - low), high)
    else:
        raise FivesigmaError(
            f"{np.count_nonzero(below)} of {np.size(below)} roots lie beyond {np.max(high):.3g}, or nowhere"
        )
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = function(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
        if np.all(high - low <= _PRECISION * (1 + np.abs(high))):
            break
    return np.asarray((low + high) / 2)
