"""Texts in expressions: ``label == 's'`` and ``process in ('ttbar', 'st')``, and nothing else."""

from __future__ import annotations

import ast
from typing import TypeGuard

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_names import column_name, constant_name
from fivesigma.core.expression_operands import kind
from fivesigma.core.expression_text import unparsed, written
from fivesigma.core.lists import Lists, Value

__all__ = ["check_words", "holds_text", "is_word", "require_comparable"]

_SHOWN = 60


def is_word(node: ast.expr) -> TypeGuard[ast.Constant]:
    """Return whether a node is a text in quotes."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def check_words(node: ast.Compare) -> None:
    """Raise ExpressionError unless each text of a comparison is compared with a column, for being equal or not."""
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List):
            _check_members(node, right.elts)
        elif is_word(left) or is_word(right):
            _check_link(node, left, op, right)
        left = right


def holds_text(name: str, column: Value) -> str:
    """Return what to say where a column of texts is taken for one of numbers: it names the first that is none, if there is one."""
    words = [word for word in column if word] if not isinstance(column, Lists) else []
    word = next((word for word in words if not _is_number(word)), next(iter(words), None))
    such = f" such as {word!r:.{_SHOWN}}" if word is not None else ""
    example = f"{written(name)} == {(word or 'word')[:_SHOWN]!r}"
    return f"column {name!r} holds text{such}, not numbers; compare it with words, as in {example}"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def require_comparable(nodes: tuple[ast.expr, ast.expr], sides: tuple[Value, Value]) -> None:
    """Raise ExpressionError if a text and numbers are to be compared, or two columns of texts."""
    if "O" not in (kind(sides[0]), kind(sides[1])):
        return
    words = [is_word(node) for node in nodes]
    texts = [kind(side) == "O" for side in sides]
    if all(texts) and any(words):
        return
    place = words.index(False) if any(words) else texts.index(True)
    name = column_name(nodes[place])
    raise ExpressionError(_holds_numbers(name, sides[place]) if any(words) else holds_text(name, sides[place]))


def _holds_numbers(name: str, column: Value) -> str:
    if kind(column) == "b":
        return f"column {name!r} holds true or false, not text; it is a condition by itself"
    holds = "lists of numbers" if isinstance(column, Lists) else "numbers"
    return f"column {name!r} holds {holds}, not text; compare it with a number, without quotes"


def _check_link(node: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr) -> None:
    if not isinstance(op, ast.Eq | ast.NotEq):
        raise ExpressionError(f"{unparsed(node)!r}: texts are compared by ==, != and `in (...)` only")
    if is_word(left) and is_word(right):
        raise ExpressionError(
            f"{unparsed(node)!r} compares two texts; a text is compared with a column, as in label == 's'"
        )
    _check_column(node, right if is_word(left) else left)


def _check_members(node: ast.Compare, members: list[ast.expr]) -> None:
    if is_word(node.left):
        raise ExpressionError(f"{unparsed(node)!r}: the column stands before `in`, the texts stand in the list")
    if not any(map(is_word, members)):
        return
    if not all(map(is_word, members)):
        raise ExpressionError(f"{unparsed(node)!r}: a list holds texts or numbers, not both")
    _check_column(node, node.left)


def _check_column(node: ast.Compare, other: ast.expr) -> None:
    if not isinstance(other, ast.Name | ast.Attribute) or constant_name(other):
        raise ExpressionError(
            f"{unparsed(node)!r}: a text is compared with a column as it is, not with {unparsed(other)!r}"
        )
