"""``fivesigma compare``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fivesigma.cli.terminal import line_length

if TYPE_CHECKING:
    from rich.console import Console

    from fivesigma.analysis.comparing import Difference, NumberDifference, RunComparison

__all__ = ["compare"]

_SHOWN = 15
_PIPED, _LONG = 200, 70
_GROUPS = {"samples": "Samples", "models": "Models", "inference": "Inference"}


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(file_okay=False, path_type=Path), metavar="RUN RUN...")
@click.option(
    "--all", "all_numbers", is_flag=True, help=f"Every number that changed, not the {_SHOWN} first of a kind."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that differs as JSON.")
def compare(runs: tuple[Path, ...], all_numbers: bool, as_json: bool) -> None:
    """Say what differs between RUNs, and what that did to each number.

    What changed in the configurations, in code, versions and inputs; then the numbers that changed, those first that changed most in
    units of their own uncertainty in the first run. What is the same is counted.
    """
    from dataclasses import asdict

    from fivesigma.analysis.comparing import compare_runs

    found = compare_runs(*runs)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False))
        return
    _print(found, None if all_numbers else _SHOWN)


def _print(found: RunComparison, most: int | None) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False, width=line_length(_PIPED))
    _differences(console, "Settings", found.runs, found.settings, _setting)
    _differences(console, "Code, versions and inputs", found.runs, found.origins, str)
    for key, title in {**_GROUPS, "": "Judgement and the rest"}.items():
        mine = [one for one in found.numbers if _group(one.key) == key]
        _numbers(console, title, found.runs, mine, most)
    _differences(console, "In words, or not in all runs", found.runs, found.words, _setting, most)
    _differences(console, "Findings", found.runs, found.findings, str)
    console.print(f"{found.unchanged} numbers are the same in all runs.")


def _short(key: str) -> str:
    """Return a key without the group that its table is of."""
    return key.removeprefix(f"{_group(key) or 'judgement'}.")


def _group(key: str) -> str:
    """Return the group of a key, nothing where it has none."""
    group = key.partition(".")[0]
    return group if group in _GROUPS else ""


def _differences(
    console: Console,
    title: str,
    runs: Sequence[str],
    found: Sequence[Difference],
    write: Callable[[Any], str],
    most: int | None = None,
) -> None:
    if not found:
        return
    width = _LONG if most else None
    rows = [
        [one.key, *(write(one.values[run])[:width] if run in one.values else "–" for run in runs)]
        for one in found[:most]
    ]
    _table(console, title, ["", *runs], rows, len(found))


def _numbers(
    console: Console, title: str, runs: Sequence[str], found: Sequence[NumberDifference], most: int | None
) -> None:
    if not found:
        return
    rows = [[_short(one.key), *(_value(one, run) for run in runs), _change(one)] for one in found[:most]]
    _table(console, title, ["", *runs, "Change" if len(runs) == 2 else "Largest change"], rows, len(found))


def _table(console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], there: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    left = f"; {there - len(rows)} more with --all" if there > len(rows) else ""
    table = Table(title=f"{title}{left}", title_justify="left", box=SIMPLE_HEAD)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _value(one: NumberDifference, run: str) -> str:
    from fivesigma.core.format import measured, number

    if run not in one.values:
        return "–"
    error = one.errors.get(run)
    return measured(one.values[run], error) if error else number(one.values[run], 4)


def _change(one: NumberDifference) -> str:
    from fivesigma.core.format import number

    if one.change is not None:
        return f"{_signed(number(one.change, 2))} errors"
    return "from zero" if one.relative is None else f"{_signed(number(100 * one.relative, 2))} %"


def _signed(text: str) -> str:
    return text if text.startswith("\N{MINUS SIGN}") else f"+{text}"


def _setting(value: Any) -> str:
    """Return a setting as YAML would have it, short."""
    if value is None or isinstance(value, bool | Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
