"""What can be asked of a list: how many, the sum, the largest. What has no value is NaN, as the largest of an empty list."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints
from fivesigma.core.lists import Lists, require_same_lengths

__all__ = [
    "all_true",
    "any_true",
    "ascending",
    "count",
    "descending",
    "element",
    "largest",
    "mean",
    "position_of_largest",
    "position_of_smallest",
    "selected",
    "smallest",
    "total",
]


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
    events = lists.spread(np.arange(len(filled)))[places]
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
