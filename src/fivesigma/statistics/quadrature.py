"""The one place where independent uncertainties are added in quadrature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError

__all__ = ["quadrature"]


def quadrature(*parts: ArrayLike) -> Floats:
    """Return the uncertainty that independent ones make together: the root of the sum of their squares.

    Parameters
    ----------
    *parts
        Standard deviations, one or more, of shapes that broadcast.

    Returns
    -------
    Floats
        Of the broadcast shape. Nothing overflows or vanishes on the way.

    Raises
    ------
    FivesigmaError
        If there is no part, or one is negative or not a number. A signed change is given as its absolute value.
    """
    if not parts:
        raise FivesigmaError("quadrature takes one uncertainty or more, not none")
    arrays = [np.asarray(part, dtype=np.float64) for part in parts]
    for number, array in enumerate(arrays, start=1):
        if not np.all(array >= 0):
            wrong = array[~(array >= 0)] if array.ndim else array
            raise FivesigmaError(
                f"an uncertainty to be added in quadrature is negative or not a number: {np.ravel(wrong)[0]:g}, "
                f"number {number} of {len(arrays)}; give the absolute value of a signed change"
            )
    total = np.zeros(np.broadcast_shapes(*(array.shape for array in arrays)))
    for array in arrays:
        total = np.hypot(total, array)
    return np.asarray(total)
