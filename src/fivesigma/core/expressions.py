"""Weights, cuts, features and regions written as text.

Python's syntax through a whitelist of its grammar; ``and or not``, ``&& || !`` and parenthesised ``& | ~`` all mean the same.
Nothing is executed as Python: `fivesigma.core.expression_grammar` says what may be written, and
`fivesigma.core.expression_values` what it means.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import ExpressionError, suggestion
from fivesigma.core.expression_grammar import names_in, parse, quoted
from fivesigma.core.expression_values import evaluate

__all__ = ["Expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Parameters
    ----------
    text
        For example ``"40 < Z1_mass < 120"`` or ``"lep_type_0 + lep_type_1 in (22, 24, 26)"``.

    Raises
    ------
    ExpressionError
        If the text is not in the language: what is wrong and, for a bare ``a | b & c``, both readings spelled out.
    """

    text: str
    _tree: ast.expr = field(init=False, repr=False, compare=False)
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tree = parse(self.text)
        object.__setattr__(self, "_tree", tree)
        object.__setattr__(self, "names", frozenset(names_in(tree)))

    def __reduce__(self) -> tuple[type[Expression], tuple[str]]:
        return Expression, (self.text,)

    def __str__(self) -> str:
        return self.text

    def values(self, columns: Mapping[str, NDArray[Any]], length: int | None = None) -> Floats:
        """Return the expression's value per event, float64, shape (n,); division by zero gives inf or NaN.

        Parameters
        ----------
        columns
            Arrays of shape (n,) by name.
        length
            n, needed where the expression names no column.

        Raises
        ------
        ExpressionError
            If a name is no column (the nearest are offered) or an operation does not fit its operands.
        """
        return self._answer(columns, length).astype(np.float64)

    def mask(self, columns: Mapping[str, NDArray[Any]], length: int | None = None) -> Bools:
        """Return which events, shape (n,), fulfil the condition; arguments and errors as for `values`."""
        answer = self._answer(columns, length)
        if answer.dtype.kind not in "biu":
            raise ExpressionError(f"{quoted(self.text)} is a number, not a condition; compare it with something")
        return answer.astype(np.bool_)

    def _answer(self, columns: Mapping[str, NDArray[Any]], length: int | None) -> NDArray[Any]:
        for name in sorted(self.names):
            if name not in columns:
                raise ExpressionError(f"{quoted(self.text)}: no column {name!r}{suggestion(name, columns)}")
        try:
            with np.errstate(all="ignore"):
                answer = np.asarray(evaluate(self._tree, columns))
        except (TypeError, ValueError) as error:
            raise ExpressionError(f"{quoted(self.text)}: {error}") from error
        size = len(next(iter(columns.values()))) if columns else length
        return np.broadcast_to(answer, (length if length is not None else size or 0,))
