"""Values that stand for "not there", found by what they look like: -999 in a column of masses.

Such a value lies at an end of its column, occurs again and again, and has no business there: it is written in nines, or far
from everything else. What only looks like one is left alone: an index of -1, a count of 0, a charge, an angle of -π, weights of
some classes of events, a particle's number of 21.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Extremes", "Sentinel", "sentinel"]

_KEPT = 21
_FEWEST, _RAREST = 5, 5e-4
_OTHERS = 3
_CLEAR = 0.05
_SPIKE = 10
_HUGE = 1e6
_BEYOND = 1000


class Sentinel(NamedTuple):
    """A value that stands for "not there", and the fraction of the values that are it."""

    value: float
    fraction: float


class _End(NamedTuple):
    """An end of a column: its outermost value and how often it is there, the next one inwards, the last one, and how often one of its neighbours is there."""

    value: float
    times: int
    following: float
    opposite: float
    common: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """The outermost different values of a column with their counts; those of several pieces of it add up exactly.

    Attributes
    ----------
    size
        How many values there were, NaN and infinite ones among them.
    lowest, highest
        The 21 smallest finite values, ascending, and the 21 largest, descending, as (value, count); fewer if there are fewer.
    whole
        Whether all finite values are whole numbers.
    """

    size: int = 0
    lowest: tuple[tuple[float, int], ...] = ()
    highest: tuple[tuple[float, int], ...] = ()
    whole: bool = True

    @classmethod
    def of(cls, values: NDArray[Any]) -> Extremes:
        """Return those of numbers of shape (n,)."""
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        different, counts = np.unique(finite, return_counts=True)
        pairs = (different.astype(np.float64), counts)
        return cls(
            size=len(values),
            lowest=_pairs(*(part[:_KEPT] for part in pairs)),
            highest=_pairs(*(part[: -_KEPT - 1 : -1] for part in pairs)),
            whole=values.dtype.kind != "f" or bool(np.all(different == np.rint(different))),
        )

    def __add__(self, other: Extremes) -> Extremes:
        return Extremes(
            size=self.size + other.size,
            lowest=_merged(self.lowest, other.lowest, descending=False),
            highest=_merged(self.highest, other.highest, descending=True),
            whole=self.whole and other.whole,
        )

    @property
    def distinct(self) -> int | None:
        """How many different finite values there are, None if more than twenty."""
        return len(self.lowest) if len(self.lowest) < _KEPT else None

    def sentinel(self) -> Sentinel | None:
        """Return the value that stands for "not there", if there is one.

        It is the smallest or largest of the column, is there at least five times and in 0.05 % of the values, and either

        - all nines, two at least (-99, -999.9, 9999): with a sign that no other value has, farther from the next value than all
          others span, or ten times as frequent as its neighbours and clear of them by 5 % of that span; or
        - negative and farther from the next value than all others, at least three, span; not -1 among whole numbers, nor
          where its opposite occurs; or
        - above a million and a thousand times larger than all others, at least three.
        """
        found = [(end.times, end.value) for end in self._ends() if self._often(end.times) and self._is_sentinel(end)]
        if not found:
            return None
        count, value = max(found)
        return Sentinel(value, count / self.size)

    def _often(self, times: int) -> bool:
        return times >= max(_FEWEST, _RAREST * self.size)

    def _ends(self) -> list[_End]:
        ends = []
        for near, far in ((self.lowest, self.highest), (self.highest, self.lowest)):
            if len(near) > 1:
                value, count = near[0]
                ends.append(_End(value, count, near[1][0], far[0][0], max(count for _, count in near[1:])))
        return ends if len(self.lowest) != 1 else [_End(*self.lowest[0], np.nan, np.nan, 0)]

    def _is_sentinel(self, end: _End) -> bool:
        span, gap = abs(end.opposite - end.following), abs(end.following - end.value)
        if _is_nines(end.value):
            alone = end.value < 0 and not min(end.following, end.opposite) < 0
            spike = end.times > _SPIKE * end.common and gap > _CLEAR * span
            return alone or spike or gap > span
        if len(self.lowest) <= _OTHERS:
            return False
        if end.value < 0:
            is_index = end.value == -1 and self.whole
            return end.value < end.following and gap > span and not is_index and end.opposite != -end.value
        return end.value > max(_HUGE, _BEYOND * max(abs(end.following), abs(end.opposite)))


def sentinel(values: NDArray[Any]) -> Sentinel | None:
    """Return the value among numbers of shape (n,) that stands for "not there", see `Extremes.sentinel`; None if none does."""
    return Extremes.of(values).sentinel()


def _is_nines(value: float) -> bool:
    """Say whether a number is written with nines only, two before the point at least; -99.9 in single precision is."""
    if not 99 <= abs(value) < np.finfo(np.float32).max:
        return False
    written = (np.format_float_positional(kind(abs(value)), trim="-") for kind in (np.float64, np.float32))
    return any(set(text.replace(".", "")) == {"9"} for text in written)


def _pairs(values: NDArray[Any], counts: NDArray[Any]) -> tuple[tuple[float, int], ...]:
    return tuple(zip(values.tolist(), counts.tolist(), strict=True))


def _merged(
    one: tuple[tuple[float, int], ...], other: tuple[tuple[float, int], ...], *, descending: bool
) -> tuple[tuple[float, int], ...]:
    """Add up two lists of outermost values.

    What is among the outermost of all is so in each part that holds it, so that no count is lost.
    """
    counts = dict(one)
    for value, count in other:
        counts[value] = counts.get(value, 0) + count
    return tuple(sorted(counts.items(), reverse=descending)[:_KEPT])
