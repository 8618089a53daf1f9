"""Cross sections and sums of weights from a table with a row for each process."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from fivesigma.analysis.schema import Metadata, Part
from fivesigma.core.errors import DataError, suggestion

__all__ = ["with_metadata"]

_NUMBERS = ("cross_section", "filter_efficiency", "k_factor", "sum_of_weights")


def with_metadata(part: Part, metadata: Metadata, row: str, folder: Path) -> Part:
    """Return a part with the numbers that the metadata file holds for a row; what the part itself says stands.

    Parameters
    ----------
    row
        The value of the key column, or a pattern with stars that one row fits.
    folder
        What the file's name is relative to.

    Raises
    ------
    DataError
        If the file, a column or the row is not there, several rows fit, or a value is no number above zero.
    """
    table = _read(folder / metadata.file)
    found = _row(table, metadata.key, row)
    numbers = {}
    for name in _NUMBERS:
        column = getattr(metadata, name)
        if column is None or getattr(part, name) is not None:
            continue
        place = _place(table, column)
        text = found.fields[place] if place < len(found.fields) else ""
        numbers[name] = _number(f"{table.path}:{found.line}: row {row!r}: {column}", text)
    return part.model_copy(update={**numbers, "metadata": None})


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table, and the line of the file at which it ends."""

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    path: Path
    names: tuple[str, ...]
    rows: tuple[_Row, ...]


def _number(what: str, text: str) -> str:
    """Return a number above zero as an expression."""
    try:
        number = math.nan if "_" in text else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{what} is {text!r}, not a number")
    if number <= 0:
        raise DataError(f"{what} is {text}, not above zero")
    return repr(number)


def _row(table: _Table, key: str, wanted: str) -> _Row:
    place = _place(table, key)
    named = [(row.fields[place], row) for row in table.rows if len(row.fields) > place]
    fitting = [(name, row) for name, row in named if name == wanted]
    fitting = fitting or [(name, row) for name, row in named if fnmatchcase(name, wanted)]
    if not fitting:
        there = suggestion(wanted, [name for name, _ in named if name]) or "; the table is empty"
        raise DataError(f"{table.path}: no row with {key} {wanted!r}{there}")
    if len({row.fields for _, row in fitting}) > 1:
        several = ", ".join(f"{name} (line {row.line})" for name, row in fitting[:4])
        raise DataError(f"{table.path}: {len(fitting)} rows have {key} {wanted!r}, such as {several}; name one of them")
    row = fitting[0][1]
    if len(row.fields) > len(table.names):
        raise DataError(f"{table.path}:{row.line}: {len(row.fields)} fields, not {len(table.names)}")
    return row


def _place(table: _Table, column: str) -> int:
    """Return which of the columns bears a name."""
    if column not in table.names:
        raise DataError(
            f"{table.path}: no column {column!r}{suggestion(column, [name for name in table.names if name])}"
        )
    if table.names.count(column) > 1:
        raise DataError(f"{table.path}: {table.names.count(column)} columns are called {column!r}")
    return table.names.index(column)


def _read(path: Path) -> _Table:
    if not path.is_file():
        there = "it is no file" if path.exists() else "there is no such file"
        raise DataError(f"{path}: {there}, which `events.metadata` names")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            read = [_Row(reader.line_num, tuple(map(str.strip, fields))) for fields in reader if fields]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file: {error}") from error
    if not read:
        raise DataError(f"{path}: not a readable CSV file: it is empty")
    return _Table(path, read[0].fields, tuple(read[1:]))
