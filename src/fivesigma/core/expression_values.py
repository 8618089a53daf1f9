"""What an expression means: its tree, walked over columns of numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools
from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_grammar import CONSTANTS, LEPTON_PARTS, dotted, function_name, unparsed
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import FUNCTIONS

__all__ = ["evaluate"]

Columns: TypeAlias = Mapping[str, NDArray[Any]]
Values: TypeAlias = NDArray[Any]

_ARITHMETIC: dict[type[ast.operator], Callable[[Values, Values], Values]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: lambda a, b: np.multiply(a, b, dtype=np.float64),  # a product of integers may not fit one
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: _dividing(np.floor_divide, a, b),
    ast.Mod: lambda a, b: _dividing(np.mod, a, b),
    ast.Pow: lambda a, b: np.power(a.astype(np.float64), b),
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Values, Values], Values]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_LARGEST = np.uint64(2**63)
_CONSTANTS = dict(zip(CONSTANTS, (np.float64(np.pi), np.True_, np.False_), strict=True))


def evaluate(node: ast.expr, columns: Columns) -> Values:
    """Return the value of a tree that the grammar let through, shape (n,) or () where it names no column."""
    return np.asarray(_MEANINGS[type(node)](node, columns))


def _constant(node: ast.Constant, _columns: Columns) -> Any:
    """Return a literal as numpy's, so that no arithmetic of unbounded integers is ever done."""
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        return np.int64(value) if abs(value) < 2**62 else np.float64(value)
    return value


def _name(node: ast.Name | ast.Attribute, columns: Columns) -> Any:
    name = dotted(node)
    return _CONSTANTS[name] if name in _CONSTANTS else _wide(columns[name])


def _wide(column: Values) -> Values:
    """Return a column in the widest type of its kind, so that nothing computed from it overflows or is rounded early."""
    if column.dtype.kind in "iu":
        fits = column.dtype != np.uint64 or not len(column) or column.max() < _LARGEST
        return column.astype(np.int64 if fits else np.float64)
    return column.astype(np.float64) if column.dtype.kind == "f" else column


def _both_or_either(node: ast.BoolOp, columns: Columns) -> Bools:
    combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
    return reduce(combine, [_condition(value, columns) for value in node.values])


def _unary(node: ast.UnaryOp, columns: Columns) -> Values:
    if isinstance(node.op, ast.Not | ast.Invert):
        return np.logical_not(_condition(node.operand, columns))
    value = _number(node.operand, columns)
    return -value if isinstance(node.op, ast.USub) else value


def _binary(node: ast.BinOp, columns: Columns) -> Values:
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        combine = np.logical_and if isinstance(node.op, ast.BitAnd) else np.logical_or
        return np.asarray(combine(_condition(node.left, columns), _condition(node.right, columns)))
    return _ARITHMETIC[type(node.op)](_number(node.left, columns), _number(node.right, columns))


def _choice(node: ast.IfExp, columns: Columns) -> Values:
    return np.where(_condition(node.test, columns), evaluate(node.body, columns), evaluate(node.orelse, columns))


def _comparison(node: ast.Compare, columns: Columns) -> Bools:
    """Return a comparison; a chain means each of its links."""
    left, links = evaluate(node.left, columns), []
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn) and isinstance(operand, ast.Tuple | ast.List):
            among = reduce(np.logical_or, [left == evaluate(element, columns) for element in operand.elts])
            return np.asarray(among if isinstance(op, ast.In) else np.logical_not(among))
        right = evaluate(operand, columns)
        links.append(_COMPARISONS[type(op)](left, right))
        left = right
    return np.asarray(reduce(np.logical_and, links))


def _call(node: ast.Call, columns: Columns) -> Any:
    name = function_name(node)
    if name in FOUR_LEPTON_FUNCTIONS:
        collection = dotted(node.args[0])
        parts = (np.stack([columns[f"{collection}_{part}_{i}"] for i in range(4)]) for part in LEPTON_PARTS)
        return FOUR_LEPTON_FUNCTIONS[name](*parts)
    return FUNCTIONS[name].call(*(evaluate(arg, columns) for arg in node.args))


def _number(node: ast.expr, columns: Columns) -> Values:
    """Return an operand of arithmetic; booleans count as 0 and 1, small integers do not overflow."""
    value = evaluate(node, columns)
    return value.astype(np.int64) if value.dtype.kind in "biu" else value.astype(np.float64)


def _dividing(operation: Callable[..., Values], a: Values, b: Values) -> Values:
    """Return a whole division; of integers by zero it is NaN, as of other numbers, and not numpy's 0."""
    by_zero = np.equal(b, 0)
    result = operation(a, np.where(by_zero, 1, b))
    return np.where(by_zero, np.nan, result) if np.any(by_zero) else result


def _condition(node: ast.expr, columns: Columns) -> Bools:
    value = evaluate(node, columns)
    if value.dtype.kind not in "biu":
        raise ExpressionError(f"{unparsed(node)!r} is a number where a condition is needed; compare it with something")
    return value.astype(np.bool_)


_MEANINGS: dict[type[ast.expr], Callable[[Any, Columns], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.BoolOp: _both_or_either,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.IfExp: _choice,
    ast.Compare: _comparison,
    ast.Call: _call,
}
