"""What a table holds, column by column: types, ranges, values that stand for "not there", units by the look of them.

A table is read piece by piece, a few columns at a time: what is held in memory is a piece, whatever the size of the file. What
is said does not depend on how the pieces lie (means but for rounding).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fivesigma.core.errors import DataError, suggestion
from fivesigma.events.sentinels import Sentinel
from fivesigma.events.source import ColumnInfo, ColumnKind, Source, Table
from fivesigma.events.summaries import Summary
from fivesigma.events.units import is_angle, is_energy, looks_like_mev

__all__ = ["ColumnDescription", "Description", "Multiplicity", "describe"]

_FEW_COLUMNS, _AT_ONCE = 32, 16_000_000
"""Columns to begin with, and how many events times columns to hold in memory at once afterwards."""
_HALF_TURN, _TURN = 3.15, 6.3
_DROWNED = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplicity:
    """How long the lists of a jagged column are: on average, and at most."""

    mean: float
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDescription:
    """What a column holds; of a jagged one, what is in its lists.

    Attributes
    ----------
    name, type, kind
        As the file has them, see `ColumnInfo`.
    size
        How many values were read: one an event, or all that the lists hold.
    minimum, maximum, mean
        Of the finite values but for those that stand for "not there"; None if there are none.
    missing
        Fraction of the values that are NaN.
    infinite
        Fraction of the values that are infinite.
    values
        The different finite values, ascending, those that stand for "not there" left out; None if there are more than twenty.
    sentinel
        The value that seems to stand for "not there", with its fraction; None if none does.
    unit
        "MeV", "GeV" or "rad" as guessed from name and size, if there are more than twenty different values; else None.
    multiplicity
        Of a jagged column.
    """

    name: str
    type: str
    kind: ColumnKind
    size: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    missing: float = 0.0
    infinite: float = 0.0
    values: tuple[float, ...] | None = None
    sentinel: Sentinel | None = None
    unit: str | None = None
    multiplicity: Multiplicity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a table holds: its name, its number of events, how many of them were looked at, and its columns by name."""

    name: str
    events: int
    described: int
    columns: Mapping[str, ColumnDescription]


def describe(source: Source, columns: Collection[str] | None = None, *, rows: int | None = None) -> Description:
    """Return what the columns of a table hold.

    Parameters
    ----------
    source
        The table.
    columns
        Names of columns; all if None. Of those that hold no numbers only the type is told.
    rows
        How many events to look at, the first of the table; all if None.

    Raises
    ------
    DataError
        If there is no such column, or the file is damaged.
    """
    there = source.columns()
    for name in columns or ():
        if name not in there:
            raise DataError(f"{source.name}: no column {name!r}{suggestion(name, there)}")
    infos = [info for info in there.values() if columns is None or info.name in columns]
    readable = [info.name for info in infos if info.kind in ("flat", "jagged")]
    spans = source.spans()
    summaries: dict[str, Summary] = {}
    described, at_once = None, _FEW_COLUMNS
    while readable:
        group, readable = readable[:at_once], readable[at_once:]
        described, longest, found = _summaries(_first(source.read(group, spans), rows), group)
        summaries |= found
        at_once = max(_FEW_COLUMNS, _AT_ONCE // max(longest, 1))
    events = described
    if events is None or events == rows:  # there may be more than were looked at
        events = sum(table.length for table in source.read((), spans))
    described = events if described is None else described
    found_columns = {info.name: _described(info, summaries.get(info.name), described) for info in infos}
    return Description(name=source.name, events=events, described=described, columns=_in_one_unit(found_columns))


def _summaries(tables: Iterator[Table], names: Sequence[str]) -> tuple[int, int, dict[str, Summary]]:
    """Return the number of events, that of the longest piece, and the summaries of columns."""
    found: dict[str, Summary] = {}
    events = longest = 0
    for table in tables:
        events, longest = events + table.length, max(longest, table.length)
        for name in names:
            piece = Summary.of(table.columns[name])
            found[name] = found[name] + piece if name in found else piece
    return events, longest, found


def _first(tables: Iterator[Table], rows: int | None) -> Iterator[Table]:
    """Yield pieces until there are so many rows; the last one is cut."""
    left = rows
    for table in tables:
        if left is None:
            yield table
        elif table.length < left:
            left -= table.length
            yield table
        else:
            yield Table({name: column[:left] for name, column in table.columns.items()}, left)
            return


def _described(info: ColumnInfo, summary: Summary | None, events: int) -> ColumnDescription:
    if summary is None or not summary.extremes.size:
        return ColumnDescription(name=info.name, type=info.type, kind=info.kind)
    size, found = summary.extremes.size, summary.extremes.sentinel()
    lowest, highest = (
        [value for value, _ in end if found is None or value != found.value]
        for end in (summary.extremes.lowest, summary.extremes.highest)
    )
    absent = round(found.fraction * size) if found is not None else 0
    present = size - summary.missing - summary.infinite - absent
    mean, magnitude = _means(summary, present, absent * found.value if found is not None else 0.0)
    minimum, maximum = (lowest[0], highest[0]) if present else (None, None)
    return ColumnDescription(
        name=info.name,
        type=info.type,
        kind=info.kind,
        size=size,
        minimum=minimum,
        maximum=maximum,
        mean=mean,
        missing=summary.missing / size,
        infinite=summary.infinite / size,
        values=None if summary.extremes.distinct is None else tuple(lowest),
        sentinel=found,
        unit=_unit(info.name, magnitude, minimum, maximum) if summary.extremes.distinct is None else None,
        multiplicity=Multiplicity(mean=size / events, maximum=summary.longest) if info.kind == "jagged" else None,
    )


def _means(summary: Summary, present: int, absent: float) -> tuple[float | None, float | None]:
    """Return mean and mean magnitude of the values that are there; ``absent`` is the sum of those that are not.

    None where nothing is there, or what is drowns in the rounding of what is not.
    """
    magnitude = summary.magnitude - abs(absent)
    if not present or not math.isfinite(magnitude) or magnitude < _DROWNED * abs(absent):
        return None, None
    return (summary.total - absent) / present, magnitude / present


def _unit(name: str, size: float | None, minimum: float | None, maximum: float | None) -> str | None:
    if size is None or minimum is None or maximum is None:
        return None
    if is_angle(name):
        return "rad" if minimum >= -_HALF_TURN and maximum <= _TURN else None
    if not is_energy(name):
        return None
    return "MeV" if looks_like_mev(name, size) else "GeV"


def _in_one_unit(columns: dict[str, ColumnDescription]) -> dict[str, ColumnDescription]:
    """Return columns where small momenta and masses are in MeV too, if half of the table's are."""
    energies = [column.unit for column in columns.values() if column.unit in ("MeV", "GeV")]
    if energies.count("MeV") * 2 < len(energies):
        return columns
    return {name: replace(column, unit="MeV") if column.unit == "GeV" else column for name, column in columns.items()}
