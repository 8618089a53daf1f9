"""The columns that an expression reads, as what it computes with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import ExpressionError, nearest
from fivesigma.core.expression_text import no_column, quoted
from fivesigma.core.lists import Lists, Value
from fivesigma.core.texts import as_texts

__all__ = ["named_columns"]

_TEXTS = ("U", "S", "T", "O")


def named_columns(
    text: str, names: Collection[str], columns: Mapping[str, Any], length: int | None
) -> tuple[dict[str, Value], int]:
    """Return the named columns as arrays of numbers, lists of them or arrays of texts, and how many events there are.

    Lists of the same lengths share one array of offsets afterwards.

    Raises
    ------
    ExpressionError
        If a name is no column, a column holds neither numbers nor texts, or columns are not of one length.
    """
    read: dict[str, Value] = {}
    for name in sorted(names):
        if name not in columns:
            raise ExpressionError(no_column(text, name, columns) + _perhaps_text(name, names, columns))
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


def _perhaps_text(name: str, names: Collection[str], columns: Mapping[str, Any]) -> str:
    """Return what to say where a name like no column's stands beside a column of texts, as in ``label == s``."""
    others = (getattr(columns[other], "dtype", None) for other in names if other in columns)
    is_text = any(getattr(dtype, "kind", "") in _TEXTS for dtype in others) and not nearest(name, columns)
    return f"; a text stands in quotes: {name!r}" if is_text else ""


def _others(name: str, sizes: Mapping[str, int], length: int) -> str:
    other = next((other for other, size in sizes.items() if size == length and other != name), None)
    return f"column {other!r} {length}" if other else f"not {length}"


def _column(name: str, column: Any) -> Value:
    if type(column).__module__.partition(".")[0] == "awkward" or _is_matrix(column):
        from fivesigma.core import jagged  # noqa: PLC0415 - who has no lists does not wait for awkward

        return jagged.from_awkward(name, column)
    array = column if isinstance(column, np.ndarray) else np.asarray(column)
    if array.ndim == 1 and array.dtype.kind in "biuf":
        return _unmasked(array)
    if array.ndim == 1 and (texts := as_texts(array)) is not None:
        return texts
    words = {"O": "objects", "M": "dates", "m": "spans of time"}
    holds = words.get(array.dtype.kind, f"values of type {array.dtype}")
    holds = f"an array of shape {array.shape}" if array.ndim != 1 else holds
    raise ExpressionError(f"column {name!r} holds {holds}; an expression takes numbers, lists of them, or texts")


def _is_matrix(column: Any) -> bool:
    return np.ndim(column) == 2 and np.asarray(column).dtype.kind != "O"


def _unmasked(array: NDArray[Any]) -> NDArray[Any]:
    """Return numbers as they are; what is masked is missing."""
    if type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray):  # numpy imports its masks when asked for
        return np.ma.filled(array.astype(np.float64), np.nan)
    return array


def _shared(column: Value, read: Mapping[str, Value]) -> Value:
    """Return lists with the offsets of a column that has the same, so that later comparisons cost nothing."""
    if not isinstance(column, Lists):
        return column
    for other in read.values():
        if isinstance(other, Lists) and np.array_equal(other.offsets, column.offsets):
            return other.like(column.content)
    return column
