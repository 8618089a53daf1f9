"""What may be written in an expression; all else is refused before anything is evaluated."""

from __future__ import annotations

import ast
import keyword
import re
import sys
import warnings

from fivesigma.core.errors import ExpressionError, suggestion
from fivesigma.core.expression_names import column_name, function_name
from fivesigma.core.expression_precedence import check_mix, check_operand
from fivesigma.core.expression_text import Spelling, quoted, spelled, unparsed
from fivesigma.core.expression_words import check_words, is_word
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import FUNCTIONS, INSTEAD

__all__ = ["parse"]

_DEEPEST = 200
_OUR_KEYWORDS = {"and", "or", "not", "in", "if", "else", "True", "False"}
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def parse(text: str) -> ast.expr:
    """Return the tree of an expression; ExpressionError if it is none of ours."""
    spelling = spelled(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python only warns of, as in 1if, is no expression
            tree = ast.parse(spelling.python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{quoted(text)} is not an expression: {_unreadable(error, spelling)}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = spelling.stand_ins.get(node.id, node.id)
        elif isinstance(node, ast.Attribute):
            node.attr = spelling.stand_ins.get(node.attr, node.attr)
    _check(tree, spelling, 0)
    return tree


def _unreadable(error: Exception, spelling: Spelling) -> str:
    """Return what is wrong with a text that Python cannot parse, and where."""
    bare = spelling.bare
    if words := [w for w in re.findall(r"\w+", bare) if keyword.iskeyword(w) and w not in _OUR_KEYWORDS]:
        return f"{words[0]!r} is a word of Python's; a column of that name is written in backticks: `{words[0]}`"
    if re.search(r"(?<![<>=!])=(?!=)", bare):
        return "a single = compares nothing; write == for equal"
    if not isinstance(error, SyntaxError) or error.offset is None:
        return "it cannot be read"
    if "escape" in error.msg:
        return r"in a text, a backslash is written twice: '\\'"
    why = f" ({error.msg})" if re.search("never closed|unmatched|does not match|too many nested", error.msg) else ""
    rest = spelling.restored(spelling.python[error.offset - 1 :]) if error.offset else ""
    return (
        f"it cannot be read from {quoted(rest[:20])} on{why}" if rest else f"it cannot be read: it ends too early{why}"
    )


def _check(node: ast.expr, spelling: Spelling, depth: int) -> None:  # noqa: C901, PLR0912 - one branch a construct reads best
    """Raise ExpressionError for whatever is not in the language."""
    if depth > _DEEPEST:
        raise ExpressionError(f"an expression nested more than {_DEEPEST} deep")
    children: list[ast.expr]
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            if abs(value) > sys.float_info.max:
                raise ExpressionError(f"{quoted(spelling.text)} holds a number beyond {sys.float_info.max:.1e}")
            children = []
        case ast.Constant(value=str()):
            raise ExpressionError(
                f"{unparsed(node)} has no place here; a text is compared with a column, as in label == 's'"
            )
        case ast.Name() | ast.Attribute():
            column_name(node)
            children = []
        case ast.BoolOp(values=values):
            children = values
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
            children = [operand]
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            check_mix(node, spelling)
            children = [node.left, node.right]
        case ast.BinOp(op=op) if isinstance(op, _ARITHMETIC):
            children = [node.left, node.right]
        case ast.Compare():
            children = _compared(node, spelling)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            children = [test, body, orelse]
        case ast.Subscript(value=value, slice=place):
            children = [value, place]
        case ast.Call():
            _check_call(node)
            children = list(node.args)
        case _:
            raise ExpressionError(f"{unparsed(node)!r} has no place in an expression")
    for child in children:
        _check(child, spelling, depth + 1)


def _check_call(node: ast.Call) -> None:
    name = function_name(node)
    if name not in FUNCTIONS and name not in FOUR_LEPTON_FUNCTIONS:
        raise ExpressionError(_no_function(name or unparsed(node.func), node))
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise ExpressionError(f"{name}(...) takes plain arguments only")
    if name in FOUR_LEPTON_FUNCTIONS:
        if len(node.args) != 1:
            raise ExpressionError(f"{name}(...) takes one collection of leptons, as in {name}(lep)")
        column_name(node.args[0])
    elif (wrong := FUNCTIONS[name].wrong_count(len(node.args))) is not None:
        raise ExpressionError(f"{name}(...) takes {wrong}, not {len(node.args)}")


def _no_function(name: str, node: ast.Call) -> str:
    """Return what to say of a call of something else; ``m(ll)`` may be meant as the name of a column."""
    if name in INSTEAD:
        return f"no function {name!r}; write {INSTEAD[name]}"
    column = unparsed(node)
    perhaps = (
        f"; a column named {column} is written in backticks: `{column}`" if re.fullmatch(r"\w+\(\w*\)", column) else ""
    )
    return f"no function {name!r}{suggestion(name, [*FUNCTIONS, *FOUR_LEPTON_FUNCTIONS])}{perhaps}"


def _compared(node: ast.Compare, spelling: Spelling) -> list[ast.expr]:
    """Return what a comparison compares, members of ``in (...)`` included."""
    operands = [node.left]
    for op, operand in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(operand, ast.Tuple | ast.List) or not operand.elts or len(node.ops) > 1:
                raise ExpressionError(
                    f"{unparsed(node)!r}: `in` stands alone and takes a list, as in {_a_list(operand)}"
                )
            operands += operand.elts
        elif isinstance(op, _COMPARISONS):
            operands.append(operand)
        else:
            raise ExpressionError(f"{unparsed(node)!r}: this comparison has no place in an expression")
    check_words(node)
    for operand in operands:
        check_operand(operand, spelling)
    return [operand for operand in operands if not is_word(operand)]


def _a_list(given: ast.expr) -> str:
    return f"({unparsed(given)},), with a comma" if is_word(given) else "(44, 48, 52)"
