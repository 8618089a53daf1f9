"""A list of numbers for each event, as one array of all numbers and where each event's begin: what expressions compute with.

Arithmetic between lists of the same lengths is arithmetic of their numbers, so any function of arrays is one of lists. What has
no value (the largest of an empty list, an element beyond the end) is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints

__all__ = [
    "DifferentLengthsError",
    "Lists",
    "Value",
    "all_true",
    "any_true",
    "ascending",
    "blocks",
    "count",
    "descending",
    "element",
    "elementwise",
    "joined",
    "largest",
    "mean",
    "position_of_largest",
    "position_of_smallest",
    "require_same_lengths",
    "selected",
    "smallest",
    "total",
]


@dataclass(frozen=True, slots=True)
class Lists:
    """n lists: ``content[offsets[i] : offsets[i + 1]]`` is that of event i.

    Parameters
    ----------
    content
        The numbers of all lists, one list after another, shape (offsets[n],).
    offsets
        Shape (n + 1,), beginning with 0. Columns of one collection hold the same array, so that comparing them costs nothing.
    first_event
        Which event of the whole table the first list belongs to.
    """

    content: NDArray[Any]
    offsets: Ints
    first_event: int = 0

    @property
    def lengths(self) -> Ints:
        """How many numbers each list has, shape (n,)."""
        return np.diff(self.offsets)

    def like(self, content: NDArray[Any]) -> Lists:
        """Return lists of the same lengths that hold other numbers."""
        return Lists(content, self.offsets, self.first_event)

    def spread(self, value: Any) -> NDArray[Any]:
        """Return a value per event, shape (n,) or (), as one that each number of its list has."""
        value = np.asarray(value)
        return np.repeat(value, self.lengths) if value.ndim else value


Value: TypeAlias = NDArray[Any] | Lists


class DifferentLengthsError(ValueError):
    """Lists that are to be combined differ in length: which two operands, in which event, and the two lengths."""

    def __init__(self, operands: tuple[int, int], event: int, lengths: tuple[int, int]) -> None:
        super().__init__(f"lists of {lengths[0]} and {lengths[1]} elements in event {event}")
        self.operands = operands
        self.event = event
        self.lengths = lengths


def elementwise(function: Callable[..., Any], *operands: Value) -> Value:
    """Return a function of arrays, for each number of the lists among its operands; a value per event counts for each of them.

    Raises
    ------
    DifferentLengthsError
        If lists differ in length.
    """
    lists = [(i, operand) for i, operand in enumerate(operands) if isinstance(operand, Lists)]
    if not lists:
        return np.asarray(function(*operands))
    first, shape = lists[0]
    for i, other in lists[1:]:
        require_same_lengths((first, i), shape, other)
    return shape.like(function(*(o.content if isinstance(o, Lists) else shape.spread(o) for o in operands)))


def require_same_lengths(operands: tuple[int, int], one: Lists, other: Lists) -> None:
    """Raise DifferentLengthsError unless two operands are lists of the same lengths."""
    if one.offsets is other.offsets or np.array_equal(one.offsets, other.offsets):
        return
    event = int(np.argmax(one.lengths != other.lengths))
    raise DifferentLengthsError(operands, one.first_event + event, (int(one.lengths[event]), int(other.lengths[event])))


def blocks(columns: Mapping[str, Value], length: int, size: int) -> Iterator[tuple[slice, dict[str, Value]]]:
    """Yield the columns ``size`` events at a time; without events, once."""
    for start in range(0, max(length, 1), size):
        place = slice(start, min(start + size, length))
        rebased: dict[int, Ints] = {}
        part: dict[str, Value] = {}
        for name, column in columns.items():
            if isinstance(column, Lists):
                offsets = column.offsets[start : place.stop + 1]
                offsets = rebased.setdefault(id(column.offsets), offsets - offsets[0])
                begin = int(column.offsets[start])
                part[name] = Lists(column.content[begin : begin + int(offsets[-1])], offsets, start)
            else:
                part[name] = column[place]
        yield place, part


def joined(parts: Sequence[Lists]) -> Lists:
    """Return lists one part after another."""
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([part.lengths for part in parts]))])
    return Lists(np.concatenate([part.content for part in parts]), offsets, parts[0].first_event)


def _sums(flags: Bools) -> Ints:
    """Return how many are true before each place, shape (m + 1,)."""
    sums = np.zeros(len(flags) + 1, dtype=np.int64)
    np.cumsum(flags, out=sums[1:])
    return sums


def count(lists: Lists) -> Ints:
    """Return how many elements each list has; of conditions, how many are true."""
    if lists.content.dtype != np.bool_:
        return lists.lengths
    return np.diff(_sums(lists.content)[lists.offsets])


def any_true(lists: Lists) -> Bools:
    """Return whether a list holds something true."""
    return count(lists) > 0


def all_true(lists: Lists) -> Bools:
    """Return whether a list holds nothing false."""
    return np.equal(count(lists), lists.lengths)


def _reduced(operation: np.ufunc, lists: Lists, dtype: type[np.generic] | None = None) -> tuple[Bools, NDArray[Any]]:
    """Return which lists are not empty, and the operation over each of these."""
    filled = lists.offsets[1:] > lists.offsets[:-1]
    starts = lists.offsets[:-1][filled]
    return filled, operation.reduceat(lists.content, starts, dtype=dtype) if len(starts) else lists.content[:0]


def total(lists: Lists) -> NDArray[Any]:
    """Return the sum of each list: whole for whole numbers, of conditions how many are true, 0 of an empty one."""
    if lists.content.dtype == np.bool_:
        return count(lists)
    dtype = np.int64 if lists.content.dtype.kind in "iu" and lists.content.dtype != np.uint64 else np.float64
    filled, sums = _reduced(np.add, lists, dtype)
    result = np.zeros(len(filled), dtype=dtype)
    result[filled] = sums
    return result


def mean(lists: Lists) -> Floats:
    """Return the mean of each list, NaN of an empty one."""
    return np.asarray(np.divide(total(lists), lists.lengths, dtype=np.float64))


def _extreme(operation: np.ufunc, lists: Lists) -> Floats:
    filled, values = _reduced(operation, lists)
    result = np.full(len(filled), np.nan)
    result[filled] = values
    return result


def largest(lists: Lists) -> Floats:
    """Return the largest of each list, NaN if it is empty or holds NaN."""
    return _extreme(np.maximum, lists)


def smallest(lists: Lists) -> Floats:
    """Return the smallest of each list, NaN if it is empty or holds NaN."""
    return _extreme(np.minimum, lists)


def _position_of_extreme(operation: np.ufunc, lists: Lists) -> Floats:
    filled, values = _reduced(operation, lists)
    places = np.flatnonzero(lists.content == np.repeat(values, lists.lengths[filled]))[::-1]  # of equals the first wins
    events = np.searchsorted(lists.offsets, places, side="right") - 1
    result = np.full(len(filled), np.nan)
    result[events] = places - lists.offsets[events]
    return result


def position_of_largest(lists: Lists) -> Floats:
    """Return where the largest of each list stands, counted from 0, the first of equals; NaN as for `largest`."""
    return _position_of_extreme(np.maximum, lists)


def position_of_smallest(lists: Lists) -> Floats:
    """Return where the smallest of each list stands, counted from 0, the first of equals; NaN as for `smallest`."""
    return _position_of_extreme(np.minimum, lists)


def element(lists: Lists, position: Any) -> Floats:
    """Return the element at a position, shape (n,) or (), counted from 0 or, below zero, from the end; NaN if there is none."""
    position = np.asarray(position)
    place = np.where(position < 0, position + lists.lengths, position)
    there = (place >= 0) & (place < lists.lengths)
    result = np.full(len(there), np.nan)
    result[there] = lists.content[lists.offsets[:-1][there] + place[there].astype(np.int64)]
    return result


def selected(lists: Lists, flags: Bools) -> Lists:
    """Return the lists of those elements whose flag, shape of the content, is true."""
    return Lists(lists.content[flags], _sums(flags)[lists.offsets], lists.first_event)


def descending(lists: Lists, by: Lists | None = None) -> Lists:
    """Return each list with its largest element first, or in descending order of another list; NaN come last."""
    return _ordered(lists, lists if by is None else by, ascending=False)


def ascending(lists: Lists, by: Lists | None = None) -> Lists:
    """Return each list with its smallest element first, or in ascending order of another list; NaN come last."""
    return _ordered(lists, lists if by is None else by, ascending=True)


def _ordered(lists: Lists, by: Lists, *, ascending: bool) -> Lists:
    from fivesigma.core import jagged  # noqa: PLC0415 - who has no lists to sort does not wait for awkward

    require_same_lengths((0, 1), lists, by)
    return lists.like(lists.content[jagged.order(by, ascending=ascending)])
