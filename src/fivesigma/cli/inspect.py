"""``fivesigma inspect``."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fivesigma.events.describe import Description

__all__ = ["inspect"]

_MOST_TABLES = 8
_MOST_VALUES = 100_000_000


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--tree", metavar="NAME", help="Only this tree of a ROOT file, or this key of an HDF5 file.")
@click.option("--columns", metavar="PATTERN", multiple=True, help="Only columns so called: 'Jet_*' (repeatable).")
@click.option(
    "--rows", type=click.IntRange(min=1), metavar="N", help="Look at the first N events [what is quickly read]."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(
    files: tuple[Path, ...], tree: str | None, columns: tuple[str, ...], rows: int | None, as_json: bool
) -> None:
    """Say what event files hold.

    Trees and keys, events, and of each column its type and range, how much of it is missing (values such as -999 that seem to
    stand for "not there" too), and a guess at its unit.
    """
    # imported here so that --help stays light
    from fivesigma.cli.described import print_tables
    from fivesigma.core.errors import FivesigmaError

    failed, found = False, []
    for path in files:
        try:
            described = list(_described(path, tree, columns, rows))
        except FivesigmaError as error:
            click.echo(f"error: {error}", err=True)
            failed = True
            continue
        found += [(path, name, table) for name, table in described]
        if not as_json:
            print_tables(path, described, all_columns=bool(columns))
    if as_json:
        click.echo(json.dumps([_json(*one) for one in found], indent=1, ensure_ascii=False, allow_nan=False))
    if failed:
        sys.exit(1)


def _described(
    path: Path, tree: str | None, patterns: Sequence[str], rows: int | None
) -> Iterator[tuple[str | None, Description]]:
    """Yield each table of a file with its name; where there are many, only how large each is."""
    from fivesigma.core.errors import DataError, suggestion
    from fivesigma.events.describe import describe
    from fivesigma.events.formats.opening import open_source, tables

    there = tables(path)
    chosen: Sequence[str | None] = [tree] if tree is not None else there or [None]
    for name in chosen:
        source = open_source(path, name)
        names = list(source.columns())
        if len(chosen) > _MOST_TABLES:
            wanted: list[str] = []
        else:
            wanted = [n for n in names if not patterns or any(fnmatchcase(n, pattern) for pattern in patterns)]
        if patterns and not wanted:
            raise DataError(f"{source.name}: no column {patterns[0]!r}{suggestion(patterns[0], names)}")
        yield name, describe(source, wanted, rows=rows or _MOST_VALUES // max(len(wanted), 1))


def _json(path: Path, tree: str | None, table: Description) -> dict[str, Any]:
    columns = []
    for column in table.columns.values():
        entry = dataclasses.asdict(column)
        entry["sentinel"] = column.sentinel and column.sentinel._asdict()
        columns.append(entry)
    return {"file": str(path), "tree": tree, "events": table.events, "described": table.described, "columns": columns}
