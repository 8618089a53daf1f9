"""Cross sections and sums of weights from a table with a row for each process."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
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
        If the file, a column or the row is not there, several rows fit, or a value is no number.
    """
    path = folder / metadata.file
    rows = _rows(path)
    values = _row(path, rows, metadata.key, row)
    found = {}
    for name in _NUMBERS:
        column = getattr(metadata, name)
        if column is None or getattr(part, name) is not None:
            continue
        _require_column(path, rows, column)
        found[name] = _number(f"{path}: row {row!r}: {column}", values.get(column, ""))
    return part.model_copy(update={**found, "metadata": None})


def _number(what: str, text: str) -> str:
    """Return a number as an expression."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{what} is {text!r}, not a number")
    return repr(number)


def _row(path: Path, rows: Sequence[Mapping[str, str]], key: str, wanted: str) -> Mapping[str, str]:
    _require_column(path, rows, key)
    named = [(row.get(key, ""), row) for row in rows]
    fitting = [(name, row) for name, row in named if name == wanted]
    fitting = fitting or [(name, row) for name, row in named if fnmatchcase(name, wanted)]
    if not fitting:
        raise DataError(
            f"{path}: no row with {key} {wanted!r}{suggestion(wanted, [name for name, _ in named if name])}"
        )
    if len({tuple(row.items()) for _, row in fitting}) > 1:
        several = ", ".join(name for name, _ in fitting[:4])
        raise DataError(f"{path}: {len(fitting)} rows have {key} {wanted!r}, such as {several}; name one of them")
    return fitting[0][1]


def _require_column(path: Path, rows: Sequence[Mapping[str, str]], column: str) -> None:
    there = list(dict.fromkeys(name for row in rows for name in row))
    if there and column not in there:
        raise DataError(f"{path}: no column {column!r}{suggestion(column, there)}")


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{k: v for k, v in row.items() if k and isinstance(v, str)} for row in csv.DictReader(file)]
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file, which `events.metadata` names") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file: {error}") from error
