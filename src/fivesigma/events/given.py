"""What a caller gives, as what is computed with, or words that say what was wanted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, get_args

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.expressions import Expression
from fivesigma.core.parallel import Workers
from fivesigma.core.sample import Kind
from fivesigma.events.missing import MissingValues

__all__ = [
    "condition_of",
    "edges_of",
    "expression_of",
    "expressions_of",
    "missing_of",
    "names_of",
    "require_count",
    "require_kind",
    "require_positive",
    "require_workers",
]


def expression_of(given: Any, what: str) -> Expression:
    """Return a text, or a number, as an expression.

    Raises
    ------
    ExpressionError
        If the text is none.
    FivesigmaError
        If it is neither; ``what`` says in the message what it was meant for.
    """
    if isinstance(given, str):
        return Expression(given)
    if _is_number(given):
        return Expression(repr(float(given)))
    raise FivesigmaError(f"{what} is an expression, such as '2 * w', or a number; not {_shown(given)}")


def condition_of(given: Any, what: str) -> Expression:
    """Return a text as a condition; errors as for `expression_of`."""
    if not isinstance(given, str):
        raise FivesigmaError(f"{what} is a condition, such as 'pt > 30'; not {_shown(given)}")
    return Expression(given)


def expressions_of(given: Any, what: str) -> dict[str, Expression]:
    """Return expressions by name; errors as for `expression_of`."""
    if not isinstance(given, Mapping):
        raise FivesigmaError(f"{what}: expressions by name, such as {{'pt': 'pt / 1000'}}; not {_shown(given)}")
    return {str(name): expression_of(text, f"{what}: {name}") for name, text in given.items()}


def names_of(given: Any, what: str) -> list[str]:
    """Return one name or several, of columns, trees or files, as a list; FivesigmaError if they are none."""
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else None
    if names is None or not all(isinstance(name, str) for name in names):
        raise FivesigmaError(f"{what}: names, not {_shown(given)}")
    return names


def missing_of(given: Any) -> MissingValues | None:
    """Return values that stand for "not there", everywhere or by column; ``"nan"`` is NaN as in a configuration."""
    if given is None or isinstance(given, MissingValues):
        return given
    if isinstance(given, Mapping):
        return MissingValues(of_column={str(name): _values(values) for name, values in given.items()})
    return MissingValues(everywhere=_values(given))


def _values(given: Any) -> tuple[float, ...]:
    values = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    if not all(value == "nan" or _is_number(value) or _is_nan(value) for value in values):
        raise FivesigmaError(f"missing: numbers that stand for 'not there', or 'nan'; not {_shown(given)}")
    return tuple(float(value) for value in values)


def require_kind(kind: Any) -> None:
    """Raise FivesigmaError unless a sample may be of this kind."""
    if kind not in get_args(Kind):
        hint = (
            suggestion(kind, get_args(Kind)) if isinstance(kind, str) else f"; there are: {', '.join(get_args(Kind))}"
        )
        raise FivesigmaError(f"a sample is of no kind {_shown(kind)}{hint}")


def require_count(given: Any, what: str) -> None:
    """Raise FivesigmaError unless it is a whole number, zero or above."""
    if isinstance(given, bool) or not isinstance(given, Integral) or given < 0:
        raise FivesigmaError(f"{what} is a whole number, not {_shown(given)}")


def edges_of(given: Any) -> Floats:
    """Return the edges of bins as an array; DataError if they are not two or more numbers that rise."""
    edges = list(given) if isinstance(given, Iterable) else []
    numbers = len(edges) > 1 and all(isinstance(edge, Real) for edge in edges)
    if not numbers or not all(low < high for low, high in pairwise(edges)):
        raise DataError(f"the edges of bins are two or more numbers that rise, not {_shown(given)}")
    return np.asarray(edges, dtype=np.float64)


def require_workers(given: Any) -> None:
    """Raise FivesigmaError unless it is who works, or nobody else."""
    if given is not None and not isinstance(given, Workers):
        raise FivesigmaError(f"workers are made by fivesigma.Workers, as in Workers(2); not {_shown(given)}")


def require_positive(given: Any, what: str) -> None:
    """Raise FivesigmaError unless it is a number above zero."""
    if not _is_number(given) or given <= 0:
        raise FivesigmaError(f"{what} is a number above zero, not {_shown(given)}")


def _is_number(given: Any) -> bool:
    return not isinstance(given, bool) and isinstance(given, Real) and math.isfinite(given)


def _is_nan(given: Any) -> bool:
    return isinstance(given, Real) and math.isnan(given)


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:60]} ..."
