"""A number with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["ONE_SIGMA", "Estimate"]

ONE_SIGMA = math.erf(1 / math.sqrt(2))
"""Probability inside ±1 σ of a normal distribution, 0.6827."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and its interval ``[low, high]`` at confidence ``level``, with the method that made it.

    Raises
    ------
    ValueError
        If a number is not finite, the ends are in the wrong order, or the level is not in (0, 1).
        The value itself may lie outside its interval: percentile intervals allow it.
    """

    value: float
    low: float
    high: float
    level: float = ONE_SIGMA
    method: str

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise ValueError(f"an estimate needs finite numbers, not {self.low}, {self.value}, {self.high}")
        if self.low > self.high:
            raise ValueError(f"the interval [{self.low}, {self.high}] is upside down")
        if not 0 < self.level < 1:
            raise ValueError(f"the level {self.level} is not between 0 and 1")

    @property
    def error(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    def overlaps(self, other: Estimate) -> bool:
        """Return whether the two intervals share a point."""
        return self.low <= other.high and other.low <= self.high

    def __str__(self) -> str:
        digits = max(0, 1 - math.floor(math.log10(self.error))) if self.error > 0 else 3
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"
