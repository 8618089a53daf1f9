"""How an expression is spelled: its symbols as Python's words, and names of columns that are no words in backticks."""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from fivesigma.core.errors import ExpressionError, suggestion

__all__ = ["CONSTANTS", "Spelling", "no_column", "quoted", "spelled", "unparsed", "written"]

CONSTANTS = {"pi": math.pi}
_LONGEST = 10_000
_SHOWN = 160
_NO_PLACE = "{}@;:#$?\\"
_LITERAL = r"'(?:[^'\\\r\n]|\\[^\r\n])*'" + "|" + r'"(?:[^"\\\r\n]|\\[^\r\n])*"'
_PIECES = re.compile(
    rf"(?P<literal>{_LITERAL})|`(?P<quoted>[^`]*)`|(?P<word>[^\W\d]\w*)|(?P<symbol>&&|\|\||!(?!=)|[\r\n])|(?P<rest>.)",
    re.DOTALL,
)
_QUOTE = re.compile(r"\s*['\"]")
_WORDS = {"&&": " and ", "||": " or ", "!": "~", "\n": " ", "\r": " "}


@dataclass(frozen=True, slots=True)
class Spelling:
    """An expression as the user wrote it and as Python reads it, with what stands in for names that Python could not read."""

    text: str
    python: str
    stand_ins: dict[str, str] = field(default_factory=dict)

    def restored(self, piece: str) -> str:
        """Return a piece of what Python reads as the user wrote it, but for spaces."""
        for stand_in, name in self.stand_ins.items():
            piece = piece.replace(stand_in, name)
        return " ".join(piece.split())

    @property
    def bare(self) -> str:
        """What Python reads with nothing between the quotes of texts."""
        return re.sub(_LITERAL, "''", self.python)


def quoted(text: str) -> str:
    """Return a text as messages show it, not too long."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + " ...")


def unparsed(node: ast.AST) -> str:
    """Return a piece of an expression as messages show it, not too long."""
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return type(node).__name__
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " ..."


def written(column: str) -> str:
    """Return the name of a column as an expression writes it: in backticks unless it is words with dots between them."""
    words = column.split(".")
    plain = all(word.isidentifier() and not keyword.iskeyword(word) for word in words) and column not in CONSTANTS
    return column if plain else f"`{column}`"


def spelled(text: str) -> Spelling:
    """Return a text with C's symbols as Python's words; ``!`` binds as tightly as ``~``, as it does in C.

    Names in backticks, and words that Python would spell in another way (it takes ``ℓ`` for ``l``), get a stand-in.

    Raises
    ------
    ExpressionError
        If the text is empty or too long, or holds what no expression does.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters; at most {_LONGEST} are read")
    prefix = "_"
    while prefix in text:
        prefix += "_"
    stand_ins: dict[str, str] = {}

    def respelled(piece: re.Match[str]) -> str:
        found = piece.group()
        if piece["literal"]:
            _check_literal(piece)
            return found
        if piece["symbol"]:
            return _WORDS[found]
        if piece["rest"]:
            return _allowed(found, text)
        if piece["word"] and (found.isascii() or not found.isidentifier()):
            return found
        if not found.strip("` "):
            raise ExpressionError(f"{quoted(text)} has backticks without a name between them")
        stand_in = f"{prefix}{len(stand_ins)}_"
        stand_ins[stand_in] = written(found.strip("`"))
        return f" {stand_in} "

    python = _PIECES.sub(respelled, text).strip()
    if not python:
        raise ExpressionError("an empty expression")
    return Spelling(text, python, stand_ins)


def _check_literal(piece: re.Match[str]) -> None:
    """Refuse what Python would make of a text and its neighbours."""
    literal, text = piece["literal"], piece.string
    if before := re.search(r"\w+$", text[max(0, piece.start() - 20) : piece.start()]):
        raise ExpressionError(
            f"{quoted(text)}: a text stands in quotes with nothing before them, not as {before[0]}{literal}"
        )
    if _QUOTE.match(text, piece.end()):
        raise ExpressionError(
            f"{quoted(text)}: two texts side by side, the first of them {literal}; is a comma missing?"
        )


def _allowed(character: str, text: str) -> str:
    if character == "`":
        raise ExpressionError(
            f"{quoted(text)} has a backtick too many; the name of a column stands between two of them"
        )
    if character in "'\"":
        raise ExpressionError(f"{quoted(text)}: a text that begins with {character} does not end with it")
    if character in _NO_PLACE:
        raise ExpressionError(f"{quoted(text)}: {character!r} has no place in an expression")
    return character


def no_column(text: str, name: str, columns: Collection[str]) -> str:
    """Return what to say of a name that is no column: which were probably meant, and how they are written."""
    squeezed = re.sub(r"\s", "", text)
    for column in columns:
        if written(column) != column and name in column and re.sub(r"\s", "", column) in squeezed:
            return f"{quoted(text)}: no column {name!r}; the column {column!r} is written in backticks: `{column}`"
    return f"{quoted(text)}: no column {name!r}{suggestion(name, [written(column) for column in columns])}"
