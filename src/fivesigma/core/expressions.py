"""Weights, cuts, features and regions written as text.

Python's syntax through a whitelist of its grammar; ``and or not``, ``&& || !`` and parenthesised ``& | ~`` all mean the same.
Nothing is executed as Python: `fivesigma.core.expression_grammar` says what may be written, and
`fivesigma.core.expression_values` what it means.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_columns import named_columns
from fivesigma.core.expression_grammar import parse
from fivesigma.core.expression_names import names_in
from fivesigma.core.expression_text import quoted
from fivesigma.core.expression_values import evaluate
from fivesigma.core.lists import Lists, Value, blocks, joined

__all__ = ["Expression"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Parameters
    ----------
    text
        For example ``"40 < Z1_mass < 120"``, ``"lep_type_0 + lep_type_1 in (22, 24, 26)"`` or ``"process == 'ttbar'"``.

    Raises
    ------
    ExpressionError
        If the text is not in the language: what is wrong and, for a bare ``a | b & c``, both readings spelled out.
    """

    text: str
    _tree: ast.expr = field(init=False, repr=False, compare=False)
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            tree = parse(self.text)
            names = frozenset(names_in(tree))
        except RecursionError as error:
            raise ExpressionError(_too_deep(self.text)) from error
        object.__setattr__(self, "_tree", tree)
        object.__setattr__(self, "names", names)

    def __reduce__(self) -> tuple[type[Expression], tuple[str]]:
        return Expression, (self.text,)

    def __str__(self) -> str:
        return self.text

    def values(self, columns: Mapping[str, Any], length: int | None = None) -> Floats:
        """Return the expression's value per event, float64, shape (n,); what has no value is NaN.

        Parameters
        ----------
        columns
            By name, numpy arrays of shape (n,), of numbers or texts, or awkward arrays of n lists of numbers.
        length
            n, needed where the expression names no column.

        Raises
        ------
        ExpressionError
            If a name is no column (the nearest are offered), columns do not fit one another or what is done with them, or
            the expression has a list for each event.
        """
        return self._filled(np.float64, columns, length)

    def mask(self, columns: Mapping[str, Any], length: int | None = None) -> Bools:
        """Return which events, shape (n,), fulfil the condition; arguments and errors as for `values`."""
        return self._filled(np.bool_, columns, length)

    def column(self, columns: Mapping[str, Any], length: int | None = None) -> Any:
        """Return the expression as a column like those it reads: shape (n,), or an awkward array of n lists.

        Arguments and errors as for `values`, but that lists are welcome.
        """
        parts = [part for _, _, part in self._parts(columns, length)]
        lists = [part for part in parts if isinstance(part, Lists)]
        if not lists:
            return np.concatenate([part for part in parts if not isinstance(part, Lists)])
        from fivesigma.core import jagged  # noqa: PLC0415 - who has no lists does not wait for awkward

        return jagged.to_awkward(joined(lists))

    def _filled(self, dtype: type[Any], columns: Mapping[str, Any], length: int | None) -> NDArray[Any]:
        """Return one value of a type for each event."""
        result: NDArray[Any] = np.empty(0, dtype=dtype)
        for place, size, part in self._parts(columns, length):
            if isinstance(part, Lists):
                raise ExpressionError(_still_lists(self.text, part))
            if dtype is np.bool_ and part.dtype.kind not in "biu":
                raise ExpressionError(f"{quoted(self.text)} is a number, not a condition; compare it with something")
            result = result if len(result) == size else np.empty(size, dtype=dtype)
            result[place] = part
        return result

    def _parts(self, columns: Mapping[str, Any], length: int | None) -> Iterator[tuple[slice, int, Value]]:
        """Yield which events, how many there are in all, and their answer, some events at a time.

        So what is held on the way, however deep the expression, does not grow with the columns.
        """
        read, size = named_columns(self.text, self.names, columns, length)
        for place, part in blocks(read, size):
            try:
                with np.errstate(all="ignore"):
                    answer = evaluate(self._tree, part)
            except RecursionError as error:
                raise ExpressionError(_too_deep(self.text)) from error
            if not isinstance(answer, Lists):
                answer = np.broadcast_to(answer, (place.stop - place.start,))
            yield place, size, answer


def _too_deep(text: str) -> str:
    return f"{quoted(text)} is nested too deep"


def _still_lists(text: str, answer: Lists) -> str:
    reductions = "count, any, all" if answer.content.dtype == np.bool_ else "max, min, sum, mean, first, at, count"
    return f"{quoted(text)} has a value for each element of a list; reduce it with one of {reductions}"
