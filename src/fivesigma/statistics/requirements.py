"""Checks of one or many numbers, whose messages say which one is wrong."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError

__all__ = ["require"]


def require(holds: Bools, numbers: Floats, message: str, where: str = "") -> None:
    """Raise FivesigmaError with the first number for which something does not hold, and its place if there are many.

    Parameters
    ----------
    holds, numbers
        Of one shape.
    message
        What is wrong, with ``{0}`` for the number.
    where
        What stands before the message: a region's name, say.
    """
    if np.all(holds):
        return
    place = np.flatnonzero(~np.ravel(holds))[0]
    entry = f"entry {place} of {numbers.size}: " if numbers.size > 1 else ""
    raise FivesigmaError(where + entry + message.format(f"{np.ravel(numbers)[place]:g}"))
