"""What may be written in an expression; all else is refused before anything is evaluated."""

from __future__ import annotations

import ast
import re
import sys

from fivesigma.core.errors import ExpressionError, suggestion
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import FUNCTIONS

__all__ = ["CONSTANTS", "LEPTON_PARTS", "dotted", "function_name", "names_in", "parse", "quoted", "unparsed"]

LEPTON_PARTS = ("pt", "eta", "phi", "type", "charge")
"""What a collection of leptons has of each: ``z1_mass(lep)`` reads ``lep_pt_0`` ... ``lep_charge_3``."""
CONSTANTS = ("pi", "True", "False")
_LONGEST = 10_000
_DEEPEST = 200
_SHOWN = 160
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def quoted(text: str) -> str:
    """Return a text as messages show it, not too long."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + " ...")


def parse(text: str) -> ast.expr:
    """Return the tree of an expression; ExpressionError if it is none of ours."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters; at most {_LONGEST} are read")
    python = _symbols_to_words(text).strip()
    if not python:
        raise ExpressionError("an empty expression")
    try:
        tree = ast.parse(python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" at column {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ExpressionError(f"{quoted(text)} is not an expression: it cannot be read{place}") from error
    _check(tree, python, 0)
    return tree


def _symbols_to_words(text: str) -> str:
    """Spell C's ``&& || !`` as Python's; ``!`` binds as tightly as ``~``, as it does in C."""
    text = text.replace("&&", " and ").replace("||", " or ").replace("\n", " ")
    return re.sub(r"!(?!=)", "~", text)


def names_in(node: ast.expr) -> set[str]:
    """Return the columns that a tree reads."""
    if isinstance(node, ast.Call):
        if function_name(node) in FOUR_LEPTON_FUNCTIONS:
            collection = dotted(node.args[0])
            return {f"{collection}_{part}_{i}" for part in LEPTON_PARTS for i in range(4)}
        return set().union(*map(names_in, node.args))
    if isinstance(node, ast.Name | ast.Attribute):
        name = dotted(node)
        return set() if name in CONSTANTS else {name}
    return set().union(*(names_in(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))


def dotted(node: ast.expr) -> str:
    """Return a name, as in ``Jet.pt``; ExpressionError if the node is none."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ExpressionError(f"{ast.unparse(node)!r} is not the name of a column")


def function_name(node: ast.Call) -> str:
    """Return the name of the function called; empty if it is called by something else than its name."""
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _check(node: ast.expr, source: str, depth: int) -> None:  # noqa: C901, PLR0912 - one branch a construct reads best
    """Raise ExpressionError for whatever is not in the language."""
    if depth > _DEEPEST:
        raise ExpressionError(f"an expression nested more than {_DEEPEST} deep")
    children: list[ast.expr]
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            if abs(value) > sys.float_info.max and isinstance(value, int):
                raise ExpressionError(f"{quoted(source)} holds a number beyond {sys.float_info.max:.1e}")
            children = []
        case ast.Name() | ast.Attribute():
            dotted(node)
            children = []
        case ast.BoolOp(values=values):
            children = values
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
            children = [operand]
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            _check_bitwise(node, source)
            children = [node.left, node.right]
        case ast.BinOp(op=op) if isinstance(op, _ARITHMETIC):
            children = [node.left, node.right]
        case ast.Compare():
            children = _compared(node, source)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            children = [test, body, orelse]
        case ast.Call():
            _check_call(node)
            children = list(node.args)
        case _:
            raise ExpressionError(f"{unparsed(node)!r} has no place in an expression")
    for child in children:
        _check(child, source, depth + 1)


def unparsed(node: ast.AST) -> str:
    """Return a piece of an expression as messages show it."""
    try:
        return ast.unparse(node)[:80]
    except (RecursionError, ValueError):
        return type(node).__name__


def _check_call(node: ast.Call) -> None:
    name = function_name(node)
    known = [*FUNCTIONS, *FOUR_LEPTON_FUNCTIONS]
    if name not in known:
        shown = name or unparsed(node.func)
        raise ExpressionError(f"no function {shown!r}{suggestion(shown, known)}")
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise ExpressionError(f"{name}(...) takes plain arguments only")
    if name in FOUR_LEPTON_FUNCTIONS:
        if len(node.args) != 1:
            raise ExpressionError(f"{name}(...) takes one collection of leptons, as in {name}(lep)")
        dotted(node.args[0])
    elif (wrong := FUNCTIONS[name].wrong_count(len(node.args))) is not None:
        raise ExpressionError(f"{name}(...) takes {wrong}, not {len(node.args)}")


def _compared(node: ast.Compare, source: str) -> list[ast.expr]:
    """Return what a comparison compares, members of ``in (...)`` included."""
    operands = [node.left]
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(operand, ast.Tuple | ast.List) or not operand.elts or len(node.ops) > 1:
                raise ExpressionError(f"{unparsed(node)!r}: `in` stands alone and takes a list, as in (44, 48, 52)")
            operands += operand.elts
        elif isinstance(op, _COMPARISONS):
            operands.append(operand)
        else:
            raise ExpressionError(f"{unparsed(node)!r}: this comparison has no place in an expression")
    for operand in operands:
        if _is_bitwise(operand) and not _parenthesised(operand, source):
            raise ExpressionError(
                f"{quoted(source)}: & and | bind tighter than comparisons; put each comparison in parentheses, or write `and`, `or`"
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
                f"{quoted(source)} mixes | and & without parentheses; write either"
                f" `{_tight(a, b, c, first, second)}` (what Python would do) or `{_loose(a, b, c, first, second)}`"
            )


def _mixed_operands(node: ast.BinOp, child: ast.BinOp) -> tuple[ast.expr, ast.expr, tuple[ast.expr, bool]]:
    """Return the tight pair, and the loose operand with whether it stands on the left."""
    on_left = node.right is child
    return child.left, child.right, (node.left if on_left else node.right, on_left)


def _tight(a: ast.expr, b: ast.expr, c: tuple[ast.expr, bool], first: str, second: str) -> str:
    pair, (other, on_left) = f"(({unparsed(a)}) {first} ({unparsed(b)}))", c
    return f"({unparsed(other)}) {second} {pair}" if on_left else f"{pair} {second} ({unparsed(other)})"


def _loose(a: ast.expr, b: ast.expr, c: tuple[ast.expr, bool], first: str, second: str) -> str:
    other, on_left = c
    if on_left:
        return f"(({unparsed(other)}) {second} ({unparsed(a)})) {first} ({unparsed(b)})"
    return f"({unparsed(a)}) {first} (({unparsed(b)}) {second} ({unparsed(other)}))"
