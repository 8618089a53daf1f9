"""Weights, cuts, features and regions written as text.

Python's syntax through a whitelist of its grammar; ``and or not``, ``&& || !`` and parenthesised ``& | ~`` all mean the same.
Nothing is executed as Python: the tree is walked, and only what `_evaluate` knows has a meaning.
"""

from __future__ import annotations

import ast
import operator
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import FUNCTIONS

__all__ = ["Expression", "ExpressionError"]

_LONGEST = 10_000
_DEEPEST = 200
_SHOWN = 160
_LEPTON_PARTS = ("pt", "eta", "phi", "type", "charge")
_Function = Callable[..., Any]

_BINARY: dict[type[ast.operator], _Function] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: lambda a, b: np.power(np.asarray(a, dtype=np.float64), b),
}
_COMPARE: dict[type[ast.cmpop], _Function] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CONSTANTS = {"pi": np.float64(np.pi), "True": np.True_, "False": np.False_}


class ExpressionError(FivesigmaError):
    """A text that is no expression of ours, or that the given columns cannot answer."""


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
        tree = _parse(self.text)
        object.__setattr__(self, "_tree", tree)
        object.__setattr__(self, "names", frozenset(_names(tree)))

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
            raise ExpressionError(f"{_quoted(self.text)} is a number, not a condition; compare it with something")
        return answer.astype(np.bool_)

    def _answer(self, columns: Mapping[str, NDArray[Any]], length: int | None) -> NDArray[Any]:
        for name in sorted(self.names):
            if name not in columns:
                raise ExpressionError(f"{_quoted(self.text)}: no column {name!r}{suggestion(name, columns)}")
        try:
            with np.errstate(all="ignore"):
                answer = np.asarray(_evaluate(self._tree, columns))
        except (TypeError, ValueError) as error:
            raise ExpressionError(f"{_quoted(self.text)}: {error}") from error
        size = len(next(iter(columns.values()))) if columns else length
        return np.broadcast_to(answer, (length if length is not None else size or 0,))


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + " ...")


def _parse(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters; at most {_LONGEST} are read")
    python = _symbols_to_words(text).strip()
    if not python:
        raise ExpressionError("an empty expression")
    try:
        tree = ast.parse(python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" at column {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ExpressionError(f"{_quoted(text)} is not an expression: it cannot be read{place}") from error
    _check(tree, python, 0)
    return tree


def _symbols_to_words(text: str) -> str:
    """Spell C's ``&& || !`` as Python's; ``!`` binds as tightly as ``~``, as it does in C."""
    text = text.replace("&&", " and ").replace("||", " or ").replace("\n", " ")
    return re.sub(r"!(?!=)", "~", text)


def _names(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Call):
        if _function_name(node) in FOUR_LEPTON_FUNCTIONS:
            collection = _dotted(node.args[0])
            return {f"{collection}_{part}_{i}" for part in _LEPTON_PARTS for i in range(4)}
        return set().union(*map(_names, node.args))
    if isinstance(node, ast.Name | ast.Attribute):
        name = _dotted(node)
        return set() if name in _CONSTANTS else {name}
    return set().union(*(_names(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ExpressionError(f"{ast.unparse(node)!r} is not the name of a column")


def _function_name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _check(node: ast.expr, source: str, depth: int) -> None:  # noqa: C901, PLR0912 - one branch a construct reads best
    """Raise ExpressionError for whatever is not in the language."""
    if depth > _DEEPEST:
        raise ExpressionError(f"an expression nested more than {_DEEPEST} deep")
    children: list[ast.expr]
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            if abs(value) > sys.float_info.max and isinstance(value, int):
                raise ExpressionError(f"{_quoted(source)} holds a number beyond {sys.float_info.max:.1e}")
            children = []
        case ast.Name() | ast.Attribute():
            _dotted(node)
            children = []
        case ast.BoolOp(values=values):
            children = values
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
            children = [operand]
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            _check_bitwise(node, source)
            children = [node.left, node.right]
        case ast.BinOp(op=op) if type(op) in _BINARY:
            children = [node.left, node.right]
        case ast.Compare():
            children = _compared(node, source)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            children = [test, body, orelse]
        case ast.Call():
            _check_call(node)
            children = list(node.args)
        case _:
            raise ExpressionError(f"{_unparse(node)!r} has no place in an expression")
    for child in children:
        _check(child, source, depth + 1)


def _unparse(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:80]
    except (RecursionError, ValueError):
        return type(node).__name__


def _check_call(node: ast.Call) -> None:
    name = _function_name(node)
    known = [*FUNCTIONS, *FOUR_LEPTON_FUNCTIONS]
    if name not in known:
        shown = name or _unparse(node.func)
        raise ExpressionError(f"no function {shown!r}{suggestion(shown, known)}")
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise ExpressionError(f"{name}(...) takes plain arguments only")
    if name in FOUR_LEPTON_FUNCTIONS:
        if len(node.args) != 1:
            raise ExpressionError(f"{name}(...) takes one collection of leptons, as in {name}(lep)")
        _dotted(node.args[0])
    elif (wrong := FUNCTIONS[name].wrong_count(len(node.args))) is not None:
        raise ExpressionError(f"{name}(...) takes {wrong}, not {len(node.args)}")


def _compared(node: ast.Compare, source: str) -> list[ast.expr]:
    """Return what a comparison compares, members of ``in (...)`` included."""
    operands = [node.left]
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(operand, ast.Tuple | ast.List) or not operand.elts or len(node.ops) > 1:
                raise ExpressionError(f"{_unparse(node)!r}: `in` stands alone and takes a list, as in (44, 48, 52)")
            operands += operand.elts
        elif type(op) in _COMPARE:
            operands.append(operand)
        else:
            raise ExpressionError(f"{_unparse(node)!r}: this comparison has no place in an expression")
    for operand in operands:
        if _is_bitwise(operand) and not _parenthesised(operand, source):
            raise ExpressionError(
                f"{_quoted(source)}: & and | bind tighter than comparisons; put each comparison in parentheses, or write `and`, `or`"
            )
    return operands


def _is_bitwise(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr)


def _parenthesised(node: ast.expr, source: str) -> bool:
    text = source.encode()
    before, after = text[: node.col_offset].rstrip(), text[node.end_col_offset or 0 :].lstrip()
    return before.endswith(b"(") and after.startswith(b")")


def _check_bitwise(node: ast.BinOp, source: str) -> None:
    """Refuse ``a | b & c`` without parentheses, which does not mean what most who write it think."""
    for child in (node.left, node.right):
        if not isinstance(child, ast.BinOp) or not _is_bitwise(child):
            continue
        if type(child.op) is not type(node.op) and not _parenthesised(child, source):
            a, b, c = _mixed_operands(node, child)
            first, second = ("&", "|") if isinstance(child.op, ast.BitAnd) else ("|", "&")
            raise ExpressionError(
                f"{_quoted(source)} mixes | and & without parentheses; write either"
                f" `{_tight(a, b, c, first, second)}` (what Python would do) or `{_loose(a, b, c, first, second)}`"
            )


def _mixed_operands(node: ast.BinOp, child: ast.BinOp) -> tuple[ast.expr, ast.expr, tuple[ast.expr, bool]]:
    """Return the tight pair, and the loose operand with whether it stands on the left."""
    on_left = node.right is child
    return child.left, child.right, (node.left if on_left else node.right, on_left)


def _tight(a: ast.expr, b: ast.expr, c: tuple[ast.expr, bool], first: str, second: str) -> str:
    pair, (other, on_left) = f"(({_unparse(a)}) {first} ({_unparse(b)}))", c
    return f"({_unparse(other)}) {second} {pair}" if on_left else f"{pair} {second} ({_unparse(other)})"


def _loose(a: ast.expr, b: ast.expr, c: tuple[ast.expr, bool], first: str, second: str) -> str:
    other, on_left = c
    if on_left:
        return f"(({_unparse(other)}) {second} ({_unparse(a)})) {first} ({_unparse(b)})"
    return f"({_unparse(a)}) {first} (({_unparse(b)}) {second} ({_unparse(other)}))"


def _evaluate(node: ast.expr, columns: Mapping[str, NDArray[Any]]) -> Any:  # noqa: PLR0911 - one return a construct
    match node:
        case ast.Constant(value=value):
            return _number(value)
        case ast.Name() | ast.Attribute():
            name = _dotted(node)
            return _CONSTANTS[name] if name in _CONSTANTS else columns[name]
        case ast.BoolOp(op=op, values=values):
            combine = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return _reduce(combine, [_condition(v, columns) for v in values])
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            return np.logical_not(_condition(operand, columns))
        case ast.UnaryOp(op=op, operand=operand):
            value = np.asarray(_evaluate(operand, columns))
            value = value.astype(np.int64) if value.dtype.kind in "bu" else value
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op, left=left, right=right):
            combine = np.logical_and if isinstance(op, ast.BitAnd) else np.logical_or
            return combine(_condition(left, columns), _condition(right, columns))
        case ast.BinOp(op=op, left=left, right=right):
            return _BINARY[type(op)](_numeric(left, columns), _numeric(right, columns))
        case ast.Compare():
            return _evaluate_comparison(node, columns)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return np.where(_condition(test, columns), _evaluate(body, columns), _evaluate(orelse, columns))
        case ast.Call(args=args):
            return _evaluate_call(_function_name(node), args, columns)
    raise ExpressionError(f"{_unparse(node)!r} has no place in an expression")


def _number(value: bool | int | float) -> Any:  # noqa: FBT001
    """Return a literal as numpy's, so that no arithmetic of unbounded integers is ever done."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int) and abs(value) < 2**62:
        return np.int64(value)
    return np.float64(value)


def _numeric(node: ast.expr, columns: Mapping[str, NDArray[Any]]) -> Any:
    """Return an operand of arithmetic; booleans count as 0 and 1, small integers do not overflow."""
    value = np.asarray(_evaluate(node, columns))
    return value.astype(np.int64) if value.dtype.kind in "biu" else value.astype(np.float64)


def _condition(node: ast.expr, columns: Mapping[str, NDArray[Any]]) -> Bools:
    value = np.asarray(_evaluate(node, columns))
    if value.dtype.kind not in "biu":
        raise ExpressionError(f"{_unparse(node)!r} is a number where a condition is needed; compare it with something")
    return value.astype(np.bool_)


def _reduce(combine: _Function, conditions: list[Bools]) -> Bools:
    result = conditions[0]
    for condition in conditions[1:]:
        result = combine(result, condition)
    return result


def _evaluate_comparison(node: ast.Compare, columns: Mapping[str, NDArray[Any]]) -> Bools:
    """Return a comparison; a chain means each of its links."""
    links = []
    left = _evaluate(node.left, columns)
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn) and isinstance(operand, ast.Tuple | ast.List):
            among = _reduce(np.logical_or, [np.asarray(left == _evaluate(e, columns)) for e in operand.elts])
            return among if isinstance(op, ast.In) else np.logical_not(among)
        right = _evaluate(operand, columns)
        links.append(np.asarray(_COMPARE[type(op)](left, right)))
        left = right
    return _reduce(np.logical_and, links)


def _evaluate_call(name: str, args: list[ast.expr], columns: Mapping[str, NDArray[Any]]) -> Any:
    if name in FOUR_LEPTON_FUNCTIONS:
        collection = _dotted(args[0])
        parts = (np.stack([columns[f"{collection}_{part}_{i}"] for i in range(4)]) for part in _LEPTON_PARTS)
        return FOUR_LEPTON_FUNCTIONS[name](*parts)
    return FUNCTIONS[name].call(*(_evaluate(arg, columns) for arg in args))
