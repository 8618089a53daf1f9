"""Checks of expected and observed numbers of events, one or many, whose messages say which one is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.statistics.requirements import require

__all__ = ["not_negative", "signal_events"]


def signal_events(numbers: ArrayLike, consequence: str, where: str = "") -> Floats:
    """Return expected signal events as an array; raise FivesigmaError with the ``consequence`` unless all are positive and finite."""
    array = np.asarray(numbers, dtype=np.float64)
    require(np.isfinite(array) & (array > 0), array, f"the expected signal is {{0}}; {consequence}", where)
    return array


def not_negative(name: str, numbers: ArrayLike, where: str = "") -> Floats:
    """Return numbers as an array; raise FivesigmaError unless all are finite and none is negative."""
    array = np.asarray(numbers, dtype=np.float64)
    require(np.isfinite(array) & (array >= 0), array, f"{name} is {{0}}; it must be finite and not negative", where)
    return array
