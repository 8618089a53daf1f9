"""Numbers that remember where in a run they were read, so that the page can tell it of each.

What is computed from them is a plain number again, unless `computed` says from which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

__all__ = ["TracedFloat", "TracedInt", "computed", "origin", "token", "traced"]


class TracedFloat(float):
    """A float with its origin, as `origin` has it."""

    __slots__ = ("origin",)
    origin: str

    def __new__(cls, value: float, origin: str) -> Self:
        """Return the number with the file and the JSON pointer (RFC 6901) it was read from."""
        self = super().__new__(cls, value)
        self.origin = origin
        return self


class TracedInt(int):
    """A whole number with its origin, as `origin` has it."""

    origin: str

    def __new__(cls, value: int, origin: str) -> Self:
        """Return the number with the file and the JSON pointer (RFC 6901) it was read from."""
        self = super().__new__(cls, value)
        self.origin = origin
        return self


def traced(value: Any, place: str) -> Any:
    """Return a JSON value whose numbers know their origin.

    Parameters
    ----------
    value
        Mappings, lists and scalars in any nesting.
    place
        Where the whole stands: a file of the run and, below it, a JSON pointer, such as ``results.json/samples``.
    """
    match value:
        case bool() | None | str():
            return value
        case int():
            return TracedInt(value, place)
        case float():
            return TracedFloat(value, place)
        case Mapping():
            return {key: traced(item, f"{place}/{token(key)}") for key, item in value.items()}
        case _:
            return [traced(item, f"{place}/{number}") for number, item in enumerate(value)]


def computed(value: float, *sources: object) -> float:
    """Return a number that was computed from others, with all their origins."""
    lines = dict.fromkeys(line for source in sources for line in origin(source).splitlines())
    place = "\n".join(lines)
    return TracedInt(value, place) if isinstance(value, int) else TracedFloat(value, place)


def origin(value: object) -> str:
    """Return the file and the pointer that a number was read from, a line each for one that was `computed`; empty for any other value."""
    return value.origin if isinstance(value, TracedFloat | TracedInt) else ""


def token(key: object) -> str:
    """Return a key as a reference token of RFC 6901."""
    return str(key).replace("~", "~0").replace("/", "~1")
