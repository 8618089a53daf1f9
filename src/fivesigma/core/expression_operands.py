"""What expressions do with operands: numbers and lists of numbers of any type, as wide ones; lists of one length only."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_text import unparsed
from fivesigma.core.lists import DifferentLengthsError, Lists, Value, elementwise

__all__ = ["UnequalListsError", "combined", "compared", "divided", "folded", "kind", "unequal", "wide"]


_EXACT = 2**53


class UnequalListsError(ExpressionError):
    """Lists that are to be combined differ in length.

    Parameters
    ----------
    what
        Which lists, and their lengths.
    event
        The first event in which they differ, counted from 0 in the columns given.
    """

    def __init__(self, what: str, event: int) -> None:
        super().__init__(what, event)
        self.what = what
        self.event = event

    def __str__(self) -> str:
        return f"{self.what}, first in event {self.event} (counted from 0)"


def wide(array: NDArray[Any]) -> NDArray[Any]:
    """Return numbers in the widest type of their kind, so that nothing computed from them overflows or is rounded early."""
    whole = array.dtype.kind in "bi" or (array.dtype.kind == "u" and array.dtype.itemsize < 8)
    if whole and array.ndim == 0 and abs(int(array)) >= _EXACT:
        whole = False  # sums of what a text says never overflow
    return array.astype(np.int64 if whole else np.float64, copy=False)


def kind(value: Value) -> str:
    """Return the kind of numpy's types that a value's numbers have, as "b" for conditions."""
    return (value.content if isinstance(value, Lists) else value).dtype.kind


def combined(function: Callable[..., Any], nodes: Sequence[ast.expr], values: Iterable[Value]) -> Value:
    """Return a function of the nodes' values; ExpressionError naming two nodes whose lists differ in length."""
    try:
        return elementwise(function, *values)
    except DifferentLengthsError as error:
        raise unequal(nodes, error) from error


def unequal(nodes: Sequence[ast.expr], error: DifferentLengthsError) -> UnequalListsError:
    """Return the error that names, of the nodes, the two whose lists differ in length."""
    one, other = (unparsed(nodes[i]) for i in error.operands)
    return UnequalListsError(
        f"{one!r} and {other!r} are lists of different lengths ({error.lengths[0]} and {error.lengths[1]})", error.event
    )


def folded(function: Callable[..., Any], values: Iterator[tuple[ast.expr, Value]]) -> Value:
    """Return a function of the first two values, then of the result and the third, and so on; only two are held at a time."""
    label, result = next(values)
    for node, value in values:
        result = combined(function, (label, node), (result, value))
        label = node if isinstance(value, Lists) else label
    return result


def divided(operation: np.ufunc, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Return a whole division: whole for whole numbers by a constant, else a number, NaN where divided by zero (not numpy's 0)."""
    if b.ndim == 0 and b.dtype.kind in "biu" and b > 0 and a.dtype.kind in "biu":
        return np.asarray(operation(a, b.astype(np.uint64)) if a.dtype == np.uint64 else operation(wide(a), wide(b)))
    a, b = wide(a), wide(b)
    by_zero = np.equal(b, 0)
    return np.where(by_zero, np.nan, operation(a, np.where(by_zero, 1, b)))


def compared(operation: np.ufunc, a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a comparison, in the type of the column where a constant is exact in it: that spares a copy."""
    if b.ndim == 0 and (same := b.astype(a.dtype)) == b:
        b = same
    elif a.ndim == 0 and (same := a.astype(b.dtype)) == a:
        a = same
    return np.asarray(operation(a, b))
