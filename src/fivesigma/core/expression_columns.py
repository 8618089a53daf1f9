"""The columns that an expression reads, as what it computes with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_text import no_column, quoted
from fivesigma.core.lists import Lists, Value

__all__ = ["named_columns"]


def named_columns(
    text: str, names: Collection[str], columns: Mapping[str, Any], length: int | None
) -> tuple[dict[str, Value], int]:
    """Return the named columns as arrays of numbers or lists of them, and how many events there are.

    Lists of the same lengths share one array of offsets afterwards.

    Raises
    ------
    ExpressionError
        If a name is no column, a column holds no numbers, or columns are not of one length.
    """
    read: dict[str, Value] = {}
    for name in sorted(names):
        if name not in columns:
            raise ExpressionError(no_column(text, name, columns))
        read[name] = _shared(_column(name, columns[name]), read)
    sizes = {name: len(c.offsets) - 1 if isinstance(c, Lists) else len(c) for name, c in read.items()}
    if length is None:
        length = next(iter(sizes.values()), None)
    if length is None:
        length = len(next(iter(columns.values()), ()))
    for name, size in sizes.items():
        if size != length:
            raise ExpressionError(f"{quoted(text)}: column {name!r} has {size} events, {_others(name, sizes, length)}")
    return read, length


def _others(name: str, sizes: Mapping[str, int], length: int) -> str:
    other = next((other for other, size in sizes.items() if size == length and other != name), None)
    return f"column {other!r} {length}" if other else f"not {length}"


def _column(name: str, column: Any) -> Value:
    if type(column).__module__.partition(".")[0] == "awkward" or np.ndim(column) == 2:
        from fivesigma.core import jagged  # noqa: PLC0415 - who has no lists does not wait for awkward

        return jagged.from_awkward(name, column)
    array = _array(column)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        words = {"U": "text", "S": "text", "T": "text", "O": "objects", "M": "dates", "m": "spans of time"}
        holds = words.get(array.dtype.kind, f"values of type {array.dtype}")
        holds = f"an array of shape {array.shape}" if array.ndim != 1 else holds
        raise ExpressionError(f"column {name!r} holds {holds}; an expression takes numbers or lists of them")
    return array


def _array(column: Any) -> NDArray[Any]:
    """Return anything like an array as one; what is masked is missing."""
    if isinstance(column, np.ma.MaskedArray):
        return np.ma.filled(column.astype(np.float64), np.nan)
    return np.asarray(column)


def _shared(column: Value, read: Mapping[str, Value]) -> Value:
    """Return lists with the offsets of a column that has the same, so that later comparisons cost nothing."""
    if not isinstance(column, Lists):
        return column
    for other in read.values():
        if isinstance(other, Lists) and np.array_equal(other.offsets, column.offsets):
            return other.like(column.content)
    return column
