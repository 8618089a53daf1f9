"""What ``fivesigma inspect`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from fivesigma.cli.terminal import line_length
from fivesigma.events.describe import ColumnDescription, Description

__all__ = ["print_tables"]

_FOLDED_FROM, _FAMILY = 60, 4
_WIDE, _WITH_MEANS = 200, 100


def print_tables(path: Path, tables: Sequence[tuple[str | None, Description]], *, all_columns: bool) -> None:
    """Print the tables of a file; in one of more than sixty columns, those of a family as one line unless all are wanted."""
    console = Console(highlight=False, markup=False, emoji=False, width=line_length(_WIDE))
    if len(tables) > 1:
        console.print(f"{path}: {len(tables)} tables", soft_wrap=True)
    for name, table in tables:
        place = f"{name}" if len(tables) > 1 else f"{path}: {name}" if name is not None else str(path)
        size = f"{table.events:,} {'event' if table.events == 1 else 'events'}"
        count = f"{len(table.columns)} columns" if table.columns else "name it with --tree to see its columns"
        part = f"; looked at the first {table.described:,}" if table.described < table.events else ""
        console.print(f"{place}: {size}, {count}{part}", soft_wrap=True)
        if table.columns:
            folded = len(table.columns) > _FOLDED_FROM and not all_columns
            console.print(_table(table.columns, folded=folded, means=console.width >= _WITH_MEANS))


def _table(columns: Mapping[str, ColumnDescription], *, folded: bool, means: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("Column", overflow="fold", min_width=16)
    table.add_column("Type", overflow="fold", min_width=7)
    for head in ("Minimum", "Maximum", *(["Mean"] if means else [])):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("Unit", no_wrap=True)
    table.add_column("Notes", overflow="fold", min_width=12)
    families = _families(columns) if folded else {}
    shown = set()
    for name, column in columns.items():
        family = families.get(name)
        if family is None:
            values = (column.minimum, column.maximum, *([column.mean] if means else []))
            table.add_row(
                name,
                column.type,
                *map(_number, values),
                f"{column.unit}?" if column.unit else "",
                "; ".join(filter(None, _notes(column))),
            )
        elif family not in shown:
            shown.add(family)
            members = [columns[n] for n, other in families.items() if other == family]
            table.add_row(
                f"{family}_* ({len(members)} columns)", _types(members), *[""] * (3 + means), _lengths(members[0])
            )
    return table


def _families(columns: Mapping[str, ColumnDescription]) -> dict[str, str]:
    """Return what stands before the underscore of names that share it with three others; not of columns with missing values."""
    plain = [name for name, column in columns.items() if "_" in name and not (column.sentinel or column.missing)]
    family = {name: name.partition("_")[0] for name in plain}
    sizes = list(family.values())
    return {name: prefix for name, prefix in family.items() if sizes.count(prefix) >= _FAMILY}


def _types(members: Sequence[ColumnDescription]) -> str:
    types = list(dict.fromkeys(column.type for column in members))
    return types[0] if len(types) == 1 else f"{types[0]}, ..."


def _notes(column: ColumnDescription) -> Iterator[str]:
    if column.sentinel is not None:
        yield f"{_number(column.sentinel.value)} in {_percent(column.sentinel.fraction)}: missing?"
    if column.missing:
        yield f"NaN in {_percent(column.missing)}"
    if column.infinite:
        yield f"infinite in {_percent(column.infinite)}"
    if column.kind == "text":
        yield "text" if column.type != "text" else ""
    elif column.kind == "other":
        yield "no numbers"
    elif column.values:
        yield "constant" if len(column.values) == 1 else f"{len(column.values)} values"
    if lengths := _lengths(column):
        yield lengths


def _lengths(column: ColumnDescription) -> str:
    multiplicity = column.multiplicity
    return "" if multiplicity is None else f"{multiplicity.mean:.2g} each, ≤ {multiplicity.maximum}"


def _number(value: float | None) -> str:
    """Return a number in nine characters at most, those of whole numbers and five-digit ones spelled out."""
    if value is None:
        return ""
    spelled_out = (abs(value) < 1e9 and value == round(value)) or 1e4 <= abs(value) < 1e8
    return f"{value:.0f}" if spelled_out else f"{value:.4g}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2g} %" if fraction < 0.995 else f"{100 * fraction:.3g} %"
