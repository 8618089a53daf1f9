"""The numbers that sum up a column, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.events.sentinels import Extremes

__all__ = ["Summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What is known of a column after some of its pieces; those of two pieces add up.

    Attributes
    ----------
    extremes
        Its outermost values, with their counts.
    missing, infinite
        How many values are NaN or infinite.
    total, magnitude
        Sums of the finite values, and of their magnitudes.
    longest
        How many values the longest list of a jagged column holds.
    """

    extremes: Extremes
    missing: int
    infinite: int
    total: float
    magnitude: float
    longest: int = 0

    @classmethod
    def of(cls, values: Any) -> Summary:
        """Return that of one piece: numbers of shape (n,), or n lists of them."""
        if isinstance(values, np.ndarray):
            return cls._of_flat(values)
        import awkward as ak  # noqa: PLC0415 - who has no lists does not wait for awkward

        longest = int(ak.max(ak.num(values, axis=1), initial=0)) if len(values) else 0
        return cls._of_flat(ak.to_numpy(ak.flatten(values, axis=1)), longest)

    @classmethod
    def _of_flat(cls, values: NDArray[Any], longest: int = 0) -> Summary:
        numbers = values.astype(np.float64, copy=False)
        finite = np.isfinite(numbers)
        missing = int(np.count_nonzero(np.isnan(numbers)))
        present = numbers if finite.all() else numbers[finite]
        with np.errstate(over="ignore"):
            total, magnitude = float(present.sum()), float(np.abs(present).sum())
        return cls(
            extremes=Extremes.of(values),
            missing=missing,
            infinite=len(numbers) - len(present) - missing,
            total=total,
            magnitude=magnitude,
            longest=longest,
        )

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            extremes=self.extremes + other.extremes,
            missing=self.missing + other.missing,
            infinite=self.infinite + other.infinite,
            total=self.total + other.total,
            magnitude=self.magnitude + other.magnitude,
            longest=max(self.longest, other.longest),
        )
