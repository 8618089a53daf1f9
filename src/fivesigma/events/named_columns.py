"""Columns that are asked for by name: each must be there and hold numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fivesigma.core.errors import DataError, suggestion
from fivesigma.events.source import ColumnInfo

__all__ = ["check_named"]


def check_named(
    where: str, there: Mapping[str, ColumnInfo], names: Iterable[str], example: Callable[[str], object]
) -> None:
    """Raise DataError if a column is not there, or holds something other than numbers, truths or lists of them.

    Parameters
    ----------
    where
        What the source is called.
    there
        Its columns.
    names
        Which are asked for.
    example
        Gives a value of a column of words, for the message; None if there is none.
    """
    for name in names:
        if name not in there:
            raise DataError(f"{where}: no column {name!r}{suggestion(name, there)}")
        info = there[name]
        if info.kind == "text":
            word = example(name)
            such = f" such as {word!r:.60}" if word is not None else ""
            raise DataError(f"{where}: column {name!r} holds text{such}, not numbers")
        if info.kind == "other":
            raise DataError(f"{where}: column {name!r} holds {info.type}, not numbers")
