"""Cross sections and sums of weights from a table with a row for each process."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
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
    values = _row(path, metadata.key, row)
    found = {}
    for name in _NUMBERS:
        column = getattr(metadata, name)
        if column is None or getattr(part, name) is not None:
            continue
        if column not in values:
            raise DataError(f"{path}: no column {column!r}{suggestion(column, [key for key in values if key])}")
        try:
            found[name] = repr(float(values[column]))
        except ValueError as error:
            raise DataError(f"{path}: row {row!r}: {column} is {values[column]!r}, not a number") from error
    return part.model_copy(update={**found, "metadata": None})


def _row(path: Path, key: str, wanted: str) -> Mapping[str, str]:
    rows = _table(path)
    if rows and key not in rows[0]:
        raise DataError(f"{path}: no column {key!r}{suggestion(key, [name for name in rows[0] if name])}")
    fitting = [row for row in rows if row[key] == wanted] or [row for row in rows if fnmatchcase(row[key], wanted)]
    if not fitting:
        raise DataError(f"{path}: no row with {key} {wanted!r}{suggestion(wanted, [row[key] for row in rows])}")
    if len({tuple(row.items()) for row in fitting}) > 1:
        several = ", ".join(row[key] for row in fitting[:4])
        raise DataError(f"{path}: {len(fitting)} rows have {key} {wanted!r}, such as {several}; name one of them")
    return fitting[0]


@lru_cache(maxsize=8)
def _table(path: Path) -> tuple[dict[str, str], ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple({k: v for k, v in row.items() if k and isinstance(v, str)} for row in csv.DictReader(file))
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file, which `events.metadata` names") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file: {error}") from error
