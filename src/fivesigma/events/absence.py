"""Events that lack a value, and cuts that lose them for it."""

from __future__ import annotations

import ast
from collections.abc import Collection

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.core.expression_grammar import parse
from fivesigma.core.expressions import Expression
from fivesigma.events.source import Columns

__all__ = ["absent", "lost_for_lack"]

_HANDLES_MISSING = ("missing", "default", "isfinite")


def absent(names: Collection[str], columns: Columns, length: int, *, jagged: bool = True) -> Bools:
    """Return which events lack a value of a named column; where lists are asked for, ``jagged`` says whether they may."""
    lacking = np.zeros(length, dtype=np.bool_)
    for name in names:
        column = columns.get(name)
        if isinstance(column, np.ndarray):
            lacking |= np.isnan(column) if column.dtype.kind == "f" else False
        elif column is not None and jagged:
            lacking[:] = True
    return lacking


def lost_for_lack(cut: Expression, columns: Columns, failed: Bools) -> int:
    """Return how many events fail a cut that asks for a value they lack, unless the cut says what becomes of them."""
    if not failed.any() or _says_of_missing(cut):
        return 0
    return int(np.count_nonzero(failed & absent(cut.names, columns, len(failed), jagged=False)))


def _says_of_missing(cut: Expression) -> bool:
    """Return whether a cut calls one of the functions that know what is missing."""
    calls = (node.func for node in ast.walk(parse(cut.text)) if isinstance(node, ast.Call))
    return any(isinstance(function, ast.Name) and function.id in _HANDLES_MISSING for function in calls)
