"""What an expression means: its tree, walked over columns of numbers, of lists of numbers and of texts."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_names import LEPTON_PARTS, column_name, constant_name, function_name
from fivesigma.core.expression_operands import combined, compared, divided, folded, kind, unequal, wide
from fivesigma.core.expression_text import CONSTANTS, unparsed
from fivesigma.core.expression_words import holds_text, require_comparable
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import EXTREMES, LIST_FUNCTIONS, NUMBER_FUNCTIONS
from fivesigma.core.list_functions import element, selected
from fivesigma.core.lists import DifferentLengthsError, Lists, Value, elementwise

__all__ = ["evaluate"]

Columns: TypeAlias = Mapping[str, Value]

_ARITHMETIC: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: lambda a, b: np.multiply(a, b, dtype=np.float64),  # a product of integers may not fit one
    ast.Div: operator.truediv,
    ast.Pow: lambda a, b: np.power(a, b, dtype=np.float64),
}
_DIVISIONS: dict[type[ast.operator], np.ufunc] = {ast.FloorDiv: np.floor_divide, ast.Mod: np.mod}
_COMPARISONS: dict[type[ast.cmpop], np.ufunc] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def evaluate(node: ast.expr, columns: Columns) -> Value:
    """Return the value of a tree that the grammar let through: shape (n,), () where it names no column, or n lists.

    Its type depends on the tree and the columns' types alone, never on their numbers.
    """
    value: Value = _MEANINGS[type(node)](node, columns)
    return value


def _constant(node: ast.Constant, _columns: Columns) -> Value:
    """Return a literal as numpy's, so that no arithmetic of unbounded integers is ever done."""
    value = node.value
    if isinstance(value, bool):
        return np.asarray(value)
    if isinstance(value, str):
        return np.asarray(value, dtype=object)
    if isinstance(value, int) and value < 2**64:
        return np.asarray(value, dtype=np.int64 if value < 2**63 else np.uint64)
    return np.asarray(value, dtype=np.float64)


def _name(node: ast.Name | ast.Attribute, columns: Columns) -> Value:
    value = _name_or_text(node, columns)
    if kind(value) == "O":
        raise ExpressionError(holds_text(column_name(node), value))
    return value


def _name_or_text(node: ast.Name | ast.Attribute, columns: Columns) -> Value:
    constant = constant_name(node)
    return np.asarray(CONSTANTS[constant]) if constant else columns[column_name(node)]


def _reader(node: ast.expr) -> Callable[[Any, Columns], Value]:
    """Return what reads an operand of a comparison, which may be a column of texts."""
    return _name_or_text if isinstance(node, ast.Name | ast.Attribute) else evaluate


def _number(node: ast.expr, columns: Columns) -> Value:
    """Return an operand of arithmetic; booleans count as 0 and 1, small integers do not overflow."""
    return elementwise(wide, evaluate(node, columns))


def _condition(node: ast.expr, columns: Columns) -> Value:
    value = evaluate(node, columns)
    if kind(value) not in "biu":
        raise ExpressionError(f"{unparsed(node)!r} is a number where a condition is needed; compare it with something")
    return elementwise(lambda flags: flags.astype(np.bool_, copy=False), value)


def _both_or_either(node: ast.BoolOp, columns: Columns) -> Value:
    combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
    return folded(combine, ((value, _condition(value, columns)) for value in node.values))


def _unary(node: ast.UnaryOp, columns: Columns) -> Value:
    if isinstance(node.op, ast.Not | ast.Invert):
        return elementwise(np.logical_not, _condition(node.operand, columns))
    value = _number(node.operand, columns)
    return elementwise(np.negative, value) if isinstance(node.op, ast.USub) else value


def _binary(node: ast.BinOp, columns: Columns) -> Value:
    sides = (node.left, node.right)
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        combine = np.logical_and if isinstance(node.op, ast.BitAnd) else np.logical_or
        return combined(combine, sides, [_condition(side, columns) for side in sides])
    if division := _DIVISIONS.get(type(node.op)):
        return combined(partial(divided, division), sides, [evaluate(side, columns) for side in sides])
    return combined(_ARITHMETIC[type(node.op)], sides, [_number(side, columns) for side in sides])


def _choice(node: ast.IfExp, columns: Columns) -> Value:
    return _chosen((node.test, node.body, node.orelse), columns)


def _chosen(nodes: Sequence[ast.expr], columns: Columns) -> Value:
    condition, *choices = nodes
    return combined(np.where, nodes, [_condition(condition, columns), *(evaluate(node, columns) for node in choices)])


def _comparison(node: ast.Compare, columns: Columns) -> Value:
    """Return a comparison; a chain means each of its links."""
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        return _membership(node, columns)
    return folded(np.logical_and, _links(node, columns))


def _links(node: ast.Compare, columns: Columns) -> Iterator[tuple[ast.expr, Value]]:
    left_node, left = node.left, _reader(node.left)(node.left, columns)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _reader(right_node)(right_node, columns)
        yield right_node, _link(_COMPARISONS[type(op)], (left_node, right_node), (left, right))
        left_node, left = right_node, right


def _link(operation: np.ufunc, nodes: tuple[ast.expr, ast.expr], sides: tuple[Value, Value]) -> Value:
    require_comparable(nodes, sides)
    return combined(partial(compared, operation), nodes, sides)


def _membership(node: ast.Compare, columns: Columns) -> Value:
    members = node.comparators[0]
    elements = members.elts if isinstance(members, ast.Tuple | ast.List) else []
    left = _reader(node.left)(node.left, columns)
    equal = ((e, _link(np.equal, (node.left, e), (left, _reader(e)(e, columns)))) for e in elements)
    among = folded(np.logical_or, equal)
    return among if isinstance(node.ops[0], ast.In) else elementwise(np.logical_not, among)


def _call(node: ast.Call, columns: Columns) -> Value:
    name = function_name(node)
    if name == "where":
        return _chosen(node.args, columns)
    if name in FOUR_LEPTON_FUNCTIONS:
        return _of_four_leptons(name, column_name(node.args[0]), columns)
    if name in EXTREMES and len(node.args) > 1:
        return folded(EXTREMES[name], ((arg, _number(arg, columns)) for arg in node.args))
    if name in LIST_FUNCTIONS:
        return _of_lists(name, node, columns)
    return combined(NUMBER_FUNCTIONS[name].call, node.args, [_number(arg, columns) for arg in node.args])


def _of_four_leptons(name: str, collection: str, columns: Columns) -> Value:
    leptons = {f"{part}_{i}": columns[f"{collection}_{part}_{i}"] for part in LEPTON_PARTS for i in range(4)}
    for part, column in leptons.items():
        if kind(column) == "O":
            raise ExpressionError(holds_text(f"{collection}_{part}", column))
        if isinstance(column, Lists):
            raise ExpressionError(f"{name}({collection}): column '{collection}_{part}' has a list for each event")
    parts = (np.stack([wide(np.asarray(leptons[f"{part}_{i}"])) for i in range(4)]) for part in LEPTON_PARTS)
    return FOUR_LEPTON_FUNCTIONS[name](*parts)


def _of_lists(name: str, node: ast.Call, columns: Columns) -> Value:
    read = _condition if name in ("any", "all") else evaluate
    value, *others = (read(arg, columns) for arg in node.args)
    if name == "at":
        return _element(node.args[0], value, node.args[1], others[0])
    for arg, operand in zip(node.args, (value, *others), strict=True):
        if not isinstance(operand, Lists):
            raise ExpressionError(_no_list(name, arg))
    try:
        result: Value = LIST_FUNCTIONS[name].call(value, *others)
    except DifferentLengthsError as error:
        raise unequal(node.args, error) from error
    return result


def _no_list(name: str, node: ast.expr) -> str:
    says = f"{name}({unparsed(node)}): {unparsed(node)!r} is one value for each event, not a list"
    if name == "count":
        return f"{says}; count counts within an event, and how many events pass a cut is in the cutflow"
    return f"{says}; give {name} two or more values to compare" if name in EXTREMES else says


def _subscript(node: ast.Subscript, columns: Columns) -> Value:
    """Return ``x[condition]``, the elements for which it is true, or ``x[i]``, one of them."""
    value, place = evaluate(node.value, columns), evaluate(node.slice, columns)
    if not isinstance(place, Lists) and kind(place) != "b":
        return _element(node.value, value, node.slice, place)
    if not isinstance(value, Lists):
        raise ExpressionError(f"{unparsed(node)!r}: {unparsed(node.value)!r} is one value for each event, not a list")
    if kind(place) != "b":
        raise ExpressionError(
            f"{unparsed(node)!r}: a list in brackets must be a condition, as in"
            f" {unparsed(node.value)}[{unparsed(node.slice)} != 0]"
        )
    flags = combined(lambda x, flags: np.broadcast_to(flags, x.shape), (node.value, node.slice), (value, place))
    return selected(value, flags.content if isinstance(flags, Lists) else flags)


def _element(node: ast.expr, value: Value, place_node: ast.expr, place: Value) -> Value:
    if not isinstance(value, Lists):
        raise ExpressionError(f"{unparsed(node)!r} is one value for each event, not a list with an element to take")
    if isinstance(place, Lists):
        raise ExpressionError(f"{unparsed(place_node)!r} is a list where one position for each event is needed")
    if np.any(np.isfinite(place) & (place != np.floor(place))):
        raise ExpressionError(f"{unparsed(place_node)!r} is not a whole number, as the position of an element must be")
    return element(value, place)


_MEANINGS: dict[type[ast.expr], Callable[[Any, Columns], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.BoolOp: _both_or_either,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.IfExp: _choice,
    ast.Compare: _comparison,
    ast.Call: _call,
    ast.Subscript: _subscript,
}
