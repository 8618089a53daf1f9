"""Tables as the page prints them, and how nested results of any shape become some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from fivesigma.core.format import column
from fivesigma.report.cells import Cell, is_estimate, record_cells
from fivesigma.report.labels import column_label, is_plain, row_label

__all__ = ["Column", "Group", "Part", "Row", "Table", "depth", "pairs", "rows_of", "tables_of"]

_Place: TypeAlias = tuple[str, str]
"""The group and the name of a record."""
_NAMING_FIELDS = ("name", "feature", "input", "variable", "observable", "model", "sample", "region")
"""Fields that can name a record, the first that all have and that differ in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column."""

    text: str
    numeric: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: its head and its cells."""

    head: str
    cells: tuple[Cell, ...]
    note: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that belong together, under a title of their own where they have one."""

    rows: tuple[Row, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: caption, the heads of all columns (the row heads' first), groups of rows."""

    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    note: str = ""
    headed: bool = True

    @property
    def error_widths(self) -> tuple[int, ...]:
        """The widest error of each column of cells, in characters: with it every ± stands below the other."""
        rows = [row.cells for group in self.groups for row in group.rows]
        return tuple(max((len(cells[i].error) for cells in rows), default=0) for i in range(len(self.columns) - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Tables under a heading of their own."""

    tables: tuple[Table, ...]
    title: str = ""
    note: str = ""


def pairs(caption: str, values: Mapping[str, Any], name: Callable[[str], str] = column_label) -> Table:
    """Return a table of two columns: the name of each field, as ``name`` prints it, and what it holds."""
    rows = tuple(Row(head=name(key), cells=(entry,)) for key, entry in record_cells(values).items())
    return Table(
        caption=caption,
        columns=(Column(text="Quantity", numeric=False), Column(text="Value", numeric=False)),
        groups=(Group(rows=rows),),
        headed=False,
    )


def rows_of(caption: str, groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    """Return a table of records, a column a field; groups that have a name become groups of rows."""
    records = {(title, name): record for title, group in groups.items() for name, record in group.items()}
    cells = {place: record_cells(record) for place, record in records.items()}
    keys = list(dict.fromkeys(key for record in cells.values() for key in record))
    for key in filter(is_plain, keys):
        _same_decimals(key, records, cells)
    numeric = {key: any(key in record and record[key].kind == "number" for record in cells.values()) for key in keys}
    return Table(
        caption=caption,
        columns=(
            Column(text="", numeric=False),
            *(Column(text=column_label(key), numeric=numeric[key]) for key in keys),
        ),
        groups=tuple(
            Group(title=title, rows=tuple(_row(name, cells[title, name], keys) for name in group))
            for title, group in groups.items()
        ),
    )


def _row(name: str, record: Mapping[str, Cell], keys: Iterable[str]) -> Row:
    return Row(head=row_label(name), cells=tuple(record.get(key, Cell()) for key in keys))


def _same_decimals(
    key: str, records: Mapping[_Place, Mapping[str, Any]], cells: Mapping[_Place, dict[str, Cell]]
) -> None:
    """Give the bare numbers of a column the same decimals."""
    places = [
        place
        for place, record in records.items()
        if isinstance(record.get(key), float) and not (cells[place][key].error or cells[place][key].up)
    ]
    for place, text in zip(places, column([records[place][key] for place in places]), strict=True):
        cells[place][key] = replace(cells[place][key], text=text)


def tables_of(caption: str, value: Any) -> Iterator[Table]:
    """Yield the tables that print a value of any nesting: flat ones as pairs, records as rows, deeper ones in groups.

    Parameters
    ----------
    caption : str
        What the value is.
    value : any JSON value
        Lists of records count as records named by their name, else by their number.
    """
    value = _named(value)
    if depth(value) == 0:
        yield pairs(caption, {caption: value})
        return
    levels: dict[int, dict[str, Any]] = {0: {}, 1: {}, 2: {}, 3: {}}
    for key, item in value.items():
        levels[min(depth(item), 3)][key] = _named(item)
    if levels[0]:
        yield pairs(caption, levels[0])
    if _alike(levels[1]):
        yield rows_of(caption, {"": levels[1]})
    else:
        yield from (pairs(f"{caption} · {column_label(key)}", item) for key, item in levels[1].items())
    if len(levels[2]) == 1:
        yield from (rows_of(f"{caption} · {row_label(key)}", {"": item}) for key, item in levels[2].items())
    elif levels[2]:
        yield rows_of(caption, {row_label(key): item for key, item in levels[2].items()})
    for key, item in levels[3].items():
        yield from tables_of(f"{caption} · {row_label(key)}", item)


def _alike(records: Mapping[str, Mapping[str, Any]]) -> bool:
    """Say whether all records have a field in common, so that they read well below each other."""
    return bool(records) and bool(set.intersection(*(set(record) for record in records.values())))


def _named(value: Any) -> Any:
    """Return a list of records as a mapping from their names, else their numbers, to them; anything else as it is."""
    if isinstance(value, Mapping) or depth(value) == 0:
        return value
    for field in _NAMING_FIELDS:
        names = [str(record.get(field)) for record in value]
        if all(field in record for record in value) and len(set(names)) == len(names):
            return {
                name: {key: item for key, item in record.items() if key != field}
                for name, record in zip(names, value, strict=True)
            }
    return {str(number): record for number, record in enumerate(value, start=1)}


def depth(value: Any) -> int:
    """Return how many keys lead to the leaves: 1 for a record, 2 for records of records; 3 and more where they are mixed or deeper."""
    if isinstance(value, Mapping):
        if is_estimate(value) or not value:
            return 0
        depths = {depth(item) for item in value.values()}
        return 1 + depths.pop() if len(depths) == 1 else 3
    if (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and value
        and all(isinstance(v, Mapping) for v in value)
    ):
        return 1 + max(1, *map(depth, value))
    return 0
