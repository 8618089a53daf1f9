"""The classifiers: how well they do, how they were really built, and how they were judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fivesigma.core.format import number
from fivesigma.report.cells import MISSING, Cell, cell, is_estimate, record_cells
from fivesigma.report.judgement import SHAPED, comparison_tables, importance_tables, model_tables
from fivesigma.report.labels import column_label
from fivesigma.report.tables import Column, Group, Row, Table, depth, tables_of

__all__ = ["auc_table", "built_table", "judgement_tables"]

_AUC_COLUMNS = ("auc", "auc_train", "auc_difference", "folds", "seconds")
_NOTES = {
    "background_rejection": "One over the background efficiency at a fixed signal efficiency.",
    "figures_of_merit": "Each cut was chosen on the other folds and its value is read on its own fold; naive is the value where cut "
    "and value come from the same events. Signal and background are the yields that the cut keeps.",
    "single_cuts": "Each cut was chosen on the other folds and its value is read on its own fold.",
    "working_point": "Above the cut of the highest Asimov Z. Physics: classes at their expected yields; balanced: at equal weight.",
}
_KEEPS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_FEW = 3
"""Inputs that are named one by one also where a model sees them all."""


def auc_table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one row a model: its AUC out of fold and on the events it trained on, and their difference."""
    flat = [{key: item for key, item in model.items() if not depth(item)} for model in models.values()]
    keys = [*_AUC_COLUMNS, *dict.fromkeys(key for model in flat for key in model if key not in _AUC_COLUMNS)]
    rows = []
    for name, model in zip(models, flat, strict=True):
        cells = record_cells(model)
        rows.append(Row(head=name, cells=tuple(cells.get(key, MISSING) for key in keys)))
    return Table(
        caption="Areas under the ROC curve",
        columns=(Column(text="Model", numeric=False), *(Column(text=column_label(key)) for key in keys)),
        groups=(Group(rows=tuple(rows)),),
        note="Weighted. Out of fold: each event is scored by the estimator that never saw it. "
        "A large difference to the training events means that the model has learned them by heart.",
    )


def built_table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one row a model: what was asked for, what was really built, and on what it was trained."""
    heads = ("Model", "Classifier", "Inputs", "As asked", "As built", "Trained on")
    every = max((len(record["inputs"]) for record in models.values()), default=0)
    rows = []
    for name, record in models.items():
        inputs = record["inputs"]
        shown = f"all {every}" if len(inputs) == every > _FEW else ", ".join(inputs)
        cells = (
            Cell(text=record["use"]),
            Cell(text=shown),
            Cell(text=_said(record["asked"], "as the library has it")),
            *(Cell(text=_said(record[key])) for key in ("built", "trained_on")),
        )
        rows.append(Row(head=name, cells=cells))
    return Table(
        caption="Models as they were built",
        columns=tuple(Column(text=head, numeric=False) for head in heads),
        groups=(Group(rows=tuple(rows)),),
        note="Ranges are over the folds. Effective events are (Σw)²/Σw² of the training weights.",
    )


def _said(record: Mapping[str, Any], empty: str = "—") -> str:
    """Return a record as a line: "trees 83 to 100; deepest tree 16"."""
    return "; ".join(f"{key} {_entry(value)}" for key, value in record.items()) or empty


def _entry(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{_entry(value['from'])} to {_entry(value['to'])}" if "from" in value else _said(value)
    return cell(value).text


def judgement_tables(
    judgement: Mapping[str, Any], models: Mapping[str, Any], *, pseudo: bool = False
) -> Iterator[Table]:
    """Yield the judgement with models side by side: one table a kind of judgement, then what concerns no single model.

    Parameters
    ----------
    judgement, models
        As ``results.json`` holds them.
    pseudo
        Whether the data are simulated events.
    """
    by_model = {name: item for name, item in judgement.items() if name in models and isinstance(item, Mapping)}
    others = {name: item for name, item in judgement.items() if name not in by_model}
    if comparison := others.pop("comparison", None):
        yield from comparison_tables(comparison, {name: model["auc"]["value"] for name, model in models.items()})
    plain = {
        name: {key: value for key, value in item.items() if key not in SHAPED and not depth(value)}
        for name, item in by_model.items()
    }
    if any(plain.values()):
        yield from tables_of("Judgement", plain)
    for kind in dict.fromkeys(key for name, item in by_model.items() for key in item if key not in plain[name]):
        sides = {name: item[kind] for name, item in by_model.items() if kind in item}
        if kind in SHAPED:
            yield from model_tables(kind, sides)
        else:
            yield from _noted(kind, (_of_data(table, pseudo=pseudo) for table in _compared(kind, sides)))
    if inputs := others.pop("inputs", None):
        yield from importance_tables(inputs, {name: item.get("importance") for name, item in by_model.items()})
    others.pop("input_groups", None)
    for name, item in others.items():
        yield from _noted(name, tables_of(column_label(name), _with_cuts(item)))


def _of_data(table: Table, *, pseudo: bool) -> Table:
    """Return a table without the columns that no row has, pseudo-data called that."""
    rows = [row.cells for group in table.groups for row in group.rows]
    places = [i for i in range(len(table.columns) - 1) if any(cells[i] not in (MISSING, Cell()) for cells in rows)]
    if pseudo:
        heads = [replace(head, text=re.sub("^Data", "Pseudo-data", head.text)) for head in table.columns]
    else:
        heads = list(table.columns)
    return replace(
        table,
        columns=(heads[0], *(heads[i + 1] for i in places)),
        groups=tuple(
            replace(group, rows=tuple(replace(row, cells=tuple(row.cells[i] for i in places)) for row in group.rows))
            for group in table.groups
        ),
    )


def _noted(kind: str, tables: Iterable[Table]) -> Iterator[Table]:
    """Yield tables, what needs a word of explanation below the last."""
    *first, last = tables
    yield from first
    yield replace(last, note=_NOTES.get(kind, last.note))


def _compared(kind: str, sides: Mapping[str, Any]) -> Iterator[Table]:
    """Yield one kind of judgement with models below each other, its bare numbers apart from its records."""
    if kind == "figures_of_merit":
        merits = {name: {merit: _maximum(best) for merit, best in item.items()} for name, item in sides.items()}
        yield from tables_of(column_label(kind), merits)
        return
    flat = {name: {key: item[key] for key in item if not depth(item[key])} for name, item in sides.items()}
    deep = {name: {key: item[key] for key in item if depth(item[key])} for name, item in sides.items()}
    if not (any(flat.values()) and any(deep.values())):
        yield from tables_of(column_label(kind), sides)
        return
    yield from tables_of(column_label(kind), flat)
    yield from tables_of(f"{column_label(kind)}, classification", deep)


def _is_maximum(item: Any) -> bool:
    """Say whether this is an estimate at its best cut."""
    return is_estimate(item) and {"cut", "keeps"} <= set(item)


def _cut(best: Mapping[str, Any], digits: int) -> str:
    return f"{_KEEPS.get(best['keeps'], best['keeps'])} {number(best['cut'], digits)}"


def _maximum(best: Any) -> Any:
    """Return the best cut on a score as a record."""
    if not _is_maximum(best):
        return best
    value = {key: best[key] for key in ("value", "low", "high")}
    return {"value": value, "cut": _cut(best, 5)} | {
        key: best.get(key) for key in ("signal", "background", "naive_value")
    }


def _with_cuts(records: Any) -> Any:
    """Return records in which a best value has its cut beside it."""
    if not isinstance(records, Mapping):
        return records
    return {
        name: {
            label: entry
            for key, item in record.items()
            for label, entry in ([(key, item), (f"{key}_cut", _cut(item, 4))] if _is_maximum(item) else [(key, item)])
        }
        if isinstance(record, Mapping)
        else record
        for name, record in records.items()
    }
