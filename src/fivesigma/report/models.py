"""The classifiers: how well they do, how they were really built, and how they were judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from fivesigma.report.cells import MISSING, Cell, record_cells
from fivesigma.report.format import to_quantum
from fivesigma.report.labels import column_label
from fivesigma.report.tables import Column, Group, Row, Table, depth, tables_of

__all__ = ["auc_table", "built_table", "judgement_tables"]

_AUC_COLUMNS = ("auc", "auc_train", "auc_difference", "folds", "seconds")
_FOUR_DECIMALS = Decimal("0.0001")


def auc_table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one row a model: its AUC out of fold and on the events it trained on, and their difference."""
    flat = [{key: item for key, item in model.items() if not depth(item)} for model in models.values()]
    keys = [*_AUC_COLUMNS, *dict.fromkeys(key for model in flat for key in model if key not in _AUC_COLUMNS)]
    rows = []
    for name, model in zip(models, flat, strict=True):
        cells = {"auc_difference": _difference(model)} | record_cells(model)
        rows.append(Row(head=name, cells=tuple(cells.get(key, MISSING) for key in keys)))
    return Table(
        caption="Areas under the ROC curve",
        columns=(Column(text="Model", numeric=False), *(Column(text=column_label(key)) for key in keys)),
        groups=(Group(rows=tuple(rows)),),
        note="Weighted. Out of fold: each event is scored by the estimator that never saw it. "
        "A large difference to the training events means that the model has learned them by heart.",
    )


def _difference(model: Mapping[str, Any]) -> Cell:
    """Return AUC on training events minus out of fold; their errors are correlated, so it carries none of its own."""
    train, test = model.get("auc_train"), model.get("auc")
    if not train or not test:
        return MISSING
    return Cell(text=to_quantum(train["value"] - test["value"], _FOUR_DECIMALS), kind="number")


def built_table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one column a model, one row a property of what was really built."""
    cells = {name: record_cells(model) for name, model in models.items()}
    keys = dict.fromkeys(key for record in cells.values() for key in record)
    return Table(
        caption="Models as they were built",
        columns=(Column(text="", numeric=False), *(Column(text=name, numeric=False) for name in models)),
        groups=(
            Group(
                rows=tuple(
                    Row(head=column_label(key), cells=tuple(record.get(key, Cell()) for record in cells.values()))
                    for key in keys
                )
            ),
        ),
    )


def judgement_tables(judgement: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the judgement with models side by side: one table a kind of judgement, then what concerns no single model."""
    by_model = {name: item for name, item in judgement.items() if name in models and isinstance(item, Mapping)}
    scalars = {
        name: flat for name, item in by_model.items() if (flat := {k: v for k, v in item.items() if not depth(v)})
    }
    if scalars:
        yield from tables_of("Judgement", scalars)
    for kind in dict.fromkeys(key for item in by_model.values() for key in item if depth(item[key])):
        sides = {name: item[kind] for name, item in by_model.items() if kind in item}
        yield from tables_of(column_label(kind), sides)
    for name, item in judgement.items():
        if name not in by_model:
            yield from tables_of(column_label(name), item)
