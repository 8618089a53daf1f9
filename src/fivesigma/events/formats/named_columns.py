"""Columns that are asked for by name: each must be there and hold numbers or texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fivesigma.core.errors import DataError, nearest, suggestion
from fivesigma.events.source import ColumnInfo

__all__ = ["check_named"]


def check_named(where: str, there: Mapping[str, ColumnInfo], names: Collection[str]) -> None:
    """Raise DataError if a column is not there, or holds something other than numbers, truths, lists of them, or texts.

    Parameters
    ----------
    where
        What the source is called.
    there
        Its columns.
    names
        Which are asked for.
    """
    for name in names:
        if name not in there:
            raise DataError(f"{where}: no column {name!r}{suggestion(name, there)}{_perhaps_text(there, name, names)}")
        if there[name].kind == "other":
            raise DataError(f"{where}: column {name!r} holds {there[name].type}, not numbers")


def _perhaps_text(there: Mapping[str, ColumnInfo], name: str, names: Collection[str]) -> str:
    """Return what to say where a name like no column's is asked for beside a column of texts, as in ``label == s``."""
    beside = any(there[other].kind == "text" for other in names if other in there)
    return f"; a text stands in quotes: {name!r}" if beside and not nearest(name, there) else ""
