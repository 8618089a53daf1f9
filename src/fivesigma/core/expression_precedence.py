"""What binds tighter than most who write it think: refused, with what was probably meant."""

from __future__ import annotations

import ast

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_text import Spelling, quoted, unparsed

__all__ = ["check_mix", "check_operand"]


def check_operand(operand: ast.expr, spelling: Spelling) -> None:
    """Refuse ``a > 1 & b < 2`` and ``!a > 1``, where Python and C take the operator before the comparison."""
    if _parenthesised(operand, spelling):
        return
    if _is_bitwise(operand):
        raise ExpressionError(
            f"{quoted(spelling.text)}: & and | bind tighter than comparisons; put each comparison in parentheses,"
            " or write `and`, `or`"
        )
    if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.Invert):
        raise ExpressionError(
            f"{quoted(spelling.text)}: ! and ~ bind tighter than comparisons; put the comparison in parentheses,"
            " or write `not`"
        )


def check_mix(node: ast.BinOp, spelling: Spelling) -> None:
    """Refuse ``a | b & c`` without parentheses, which does not mean what most who write it think."""
    for child in (node.left, node.right):
        if not isinstance(child, ast.BinOp) or not _is_bitwise(child):
            continue
        if type(child.op) is not type(node.op) and not _parenthesised(child, spelling):
            a, b, c = _mixed_operands(node, child)
            first, second = ("&", "|") if isinstance(child.op, ast.BitAnd) else ("|", "&")
            raise ExpressionError(
                f"{quoted(spelling.text)} mixes | and & without parentheses; write either"
                f" `{_tight(a, b, c, first, second)}` (what Python would do) or `{_loose(a, b, c, first, second)}`"
            )


def _is_bitwise(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr)


def _parenthesised(node: ast.expr, spelling: Spelling) -> bool:
    text = spelling.python.encode()
    before, after = text[: node.col_offset].rstrip(), text[node.end_col_offset or 0 :].lstrip()
    return before.endswith(b"(") and after.startswith(b")")


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
