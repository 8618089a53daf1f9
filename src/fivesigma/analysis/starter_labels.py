"""Samples that share a table: the column that tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fivesigma.analysis.starter_tables import StarterTable
from fivesigma.core.errors import DataError
from fivesigma.core.expression_text import written
from fivesigma.core.sample import Kind
from fivesigma.events.describe import ColumnDescription
from fivesigma.events.formats.opening import open_source

__all__ = ["LABEL_NAMES", "plain", "told_apart"]

LABEL_NAMES = (
    "issignal",
    "signal",
    "label",
    "labels",
    "target",
    "class",
    "classlabel",
    "type",
    "y",
    "truth",
    "process",
)
"""What columns that tell signal from background are called, in small letters without underscores."""

_WORDS: dict[str, tuple[str, ...]] = {
    "signal": ("s", "sig", "signal", "true", "yes"),
    "background": ("b", "bkg", "bg", "background", "false", "no"),
    "data": ("d", "data", "obs", "observed"),
}
"""Words for each kind, in small letters without underscores."""
_SHOWN = 12

_SIMULATED: tuple[Kind, ...] = ("signal", "background")


def plain(name: str) -> str:
    """Return a name in small letters without underscores, as names are compared."""
    return name.lower().replace("_", "")


def told_apart(found: list[StarterTable], remarks: list[str]) -> list[StarterTable]:
    """Return the tables with selections where one is of several kinds, or of the only kind though it holds two.

    Parameters
    ----------
    found
        The tables.
    remarks
        What the user should know is added.

    Raises
    ------
    DataError
        If nothing tells which events are signal and which background.
    """
    simulated = [table for table in found if table.kind != "data"] or found
    lacking: list[Kind] = [kind for kind in _SIMULATED if all(table.kind != kind for table in found)]
    if lacking and len(simulated) == 1 and _label(simulated[0]) is not None:
        others = [table for table in found if table is not simulated[0]]
        found = [*(replace(simulated[0], kind=kind) for kind in _SIMULATED), *others]
    elif lacking:
        raise DataError(_lacks(lacking, found) if found else "; ".join(remarks))
    return [_selected(table, found, remarks) for table in found]


def _lacks(missing: Iterable[str], found: Sequence[StarterTable]) -> str:
    names = ", ".join(table.description.name for table in found)
    flags = " and ".join(f"--{kind} FILE" for kind in missing)
    return (
        f"an analysis needs signal and background; there is no {' and no '.join(missing)} among {names}. Say which it is: {flags};"
        " or give one file with a column that tells them apart, called isSignal, label or type"
    )


def _selected(table: StarterTable, found: Sequence[StarterTable], remarks: list[str]) -> StarterTable:
    kinds = [other.kind for other in found if (other.path, other.tree) == (table.path, table.tree)]
    if len(kinds) < 2:
        return table
    column = _label(table)
    if column is None:
        raise DataError(
            f"{table.description.name}: given as {' and '.join(kinds)}, but no column tells these apart; one called isSignal,"
            " label or type would, with 1 for signal and 0 for background"
        )
    if column.kind == "text":
        return _selected_by_words(table, column.name, remarks)
    values = _values_of(table.kind, column)
    name = written(column.name)
    select = (
        f"{name} == {values[0]:.0f}" if len(values) == 1 else f"{name} in ({', '.join(f'{v:.0f}' for v in values)})"
    )
    others = set(column.values or ()) - {v for kind in set(kinds) for v in _values_of(kind, column)}
    remark = (
        f"{column.name} is also {', '.join(f'{v:.0f}' for v in sorted(others))}, which no sample takes"
        if others
        else ""
    )
    return replace(table, select=select, remark=remark)


def _selected_by_words(table: StarterTable, column: str, remarks: list[str]) -> StarterTable:
    """Return a table of which words tell which events are its kind's, or are for the user to choose from."""
    source = open_source(table.path, table.tree)
    piece = next(source.read([column], source.spans()[:1]))
    words = sorted({str(word) for word in piece.columns[column]})[:_SHOWN]
    word = next((word for word in words if plain(word) in _WORDS.get(table.kind, ())), None)
    if word is not None:
        return replace(table, select=f"{written(column)} == {word!r}")
    remark = (
        f"{column} tells processes apart in words, such as {', '.join(map(repr, words))}; as it stands every event is in every sample: say"
        " which are its own, as select:"
    )
    remarks.append(f'{table.description.name}: {remark} "{column} == {words[0]!r}"')
    return replace(table, remark=f'{remark} "{column} == {words[0]!r}"')


def _label(table: StarterTable) -> ColumnDescription | None:
    """Return the column that tells signal from background, if there is one: of numbers sooner than of words."""
    called = [column for name in LABEL_NAMES for column in table.columns.values() if plain(column.name) == name]
    for column in called:
        values = column.values or ()
        if column.kind == "flat" and 2 <= len(values) <= 20 and all(value == round(value) for value in values):
            return column
    return next((column for column in called if column.kind == "text"), None)


def _values_of(kind: Kind, column: ColumnDescription) -> list[float]:
    """Return which values of a label are of a kind: 1 is signal; 0, or the smallest, background; data what is left."""
    values = list(column.values or ())
    signal = 1.0 if 1 in values else values[-1]
    background = 0.0 if 0 in values else values[0]
    rest = [value for value in values if value not in (signal, background)]
    match kind:
        case "signal":
            return [signal]
        case "background":
            return [background]
        case "data":
            return rest or values
