"""A list of numbers for each event, as one array of all numbers and where each event's begin: what expressions compute with.

Arithmetic between lists of the same lengths is arithmetic of their numbers, so any function of arrays is one of lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Ints

__all__ = ["DifferentLengthsError", "Lists", "Value", "blocks", "elementwise", "joined", "require_same_lengths"]


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
        answer: NDArray[Any] = function(*operands)
        return answer
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


def blocks(
    columns: Mapping[str, Value], length: int, events: int = 2**16, elements: int = 2**17
) -> Iterator[tuple[slice, dict[str, Value]]]:
    """Yield the columns some events at a time; without events, once.

    Parameters
    ----------
    columns
        Arrays of shape (n,) or n lists, by name.
    length
        n.
    events, elements
        How many events there may be in a block, and how many elements of lists on average: so many that calling numpy costs
        nothing beside the work, so few that intermediate results stay in the processor's cache.
    """
    most = max((len(column.content) for column in columns.values() if isinstance(column, Lists)), default=0)
    size = max(1, min(events, elements * length // max(most, 1)))
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
