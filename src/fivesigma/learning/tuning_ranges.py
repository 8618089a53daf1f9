"""Where parameters are sought: ranges and choices, and what one of their points is to a classifier."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.classifiers import Range

__all__ = ["chosen", "ends", "every_point", "in_words", "is_whole", "starting_point"]

Ranges: TypeAlias = Mapping[str, Range | tuple[Any, ...]]


def is_whole(range_: Range) -> bool:
    """Return whether only whole numbers are sought."""
    return isinstance(range_.low, int) and isinstance(range_.high, int)


def ends(name: str, range_: Range | tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values that a classifier must take if it takes all; FivesigmaError if what is given is no range."""
    if isinstance(range_, tuple):
        if not range_:
            raise FivesigmaError(f"tune: {name} has no choices")
        return range_
    if not -math.inf < range_.low < range_.high < math.inf:
        raise FivesigmaError(f"tune: {name} goes from low to a larger high, not from {range_.low} to {range_.high}")
    if range_.log and range_.low <= 0:
        raise FivesigmaError(f"tune: {name} is sought in the logarithm, so low must be above 0, not {range_.low}")
    return (range_.low, range_.high)


def starting_point(ranges: Ranges, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that lie in their ranges, a choice by its place."""
    found: dict[str, Any] = {}
    for name, range_ in ranges.items():
        default = defaults[name]
        if isinstance(range_, tuple):
            places = [place for place, choice in enumerate(range_) if in_words(choice) == in_words(default)]
            found.update((name, place) for place in places[:1])
        elif isinstance(default, int if is_whole(range_) else float | int) and range_.low <= default <= range_.high:
            found[name] = default
    return found


def every_point(ranges: Ranges, start: Mapping[str, Any], *, most: int) -> list[dict[str, int]]:
    """Return all points, ``start`` first if it is one, choices by their places; none if they are more than ``most``."""
    if math.prod(map(_count, ranges.values())) > most:
        return []
    sides = [
        range(len(range_)) if isinstance(range_, tuple) else range(int(range_.low), int(range_.high) + 1)
        for range_ in ranges.values()
    ]
    points = [dict(zip(ranges, point, strict=True)) for point in itertools.product(*sides)]
    return sorted(points, key=lambda point: point != dict(start))


def _count(range_: Range | tuple[Any, ...]) -> float:
    """Return how many values there are to try."""
    if isinstance(range_, tuple):
        return len(range_)
    return int(range_.high) - int(range_.low) + 1 if is_whole(range_) else math.inf


def chosen(ranges: Ranges, asked: Mapping[str, float]) -> dict[str, Any]:
    """Return a point of the ranges, in which a choice stands by its place, as the classifier takes it."""
    return {
        name: range_[int(asked[name])] if isinstance(range_, tuple) else asked[name] for name, range_ in ranges.items()
    }


def in_words(value: Any) -> str:
    """Return a value as one reads it."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(list(value)) if isinstance(value, list | tuple) else str(value)
