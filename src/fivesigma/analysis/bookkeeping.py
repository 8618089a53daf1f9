"""What is said of the events of each sample: cutflow, yields, negative weights."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fivesigma.core.sample import Sample
from fivesigma.statistics.weighted import effective_events

__all__ = ["cutflow_csv", "cutflow_of", "yields_of"]

_COLUMNS = ("sample", "step", "events", "total", "error", "efficiency", "efficiency_of_all", "missing")


def cutflow_of(sample: Sample) -> list[dict[str, Any]]:
    """Return the rows of a sample's cutflow; efficiencies are of weight, None where there was none before.

    Where a selection says which events of the files are the sample's, that of all cuts is of those.
    """
    rows: list[dict[str, Any]] = []
    own = [row.total for row in sample.cutflow if row.step == f"is {sample.name}"]
    for row in sample.cutflow:
        before, first = (rows[-1]["total"], (own or [rows[0]["total"]])[0]) if rows else (None, None)
        if row.step == f"is {sample.name}":
            first = None
        rows.append(
            {
                "step": row.step,
                "events": row.events,
                "total": row.total,
                "error": row.error,
                "efficiency": row.total / before if before else None,
                "efficiency_of_all": row.total / first if first else None,
                "missing": row.missing,
            }
        )
    return rows


def cutflow_csv(cutflow: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the cutflow of all samples as CSV, a line for each row; what is None is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for name, rows in cutflow.items():
        writer.writerows({"sample": name, **row} for row in rows)
    return text.getvalue()


def yields_of(sample: Sample) -> dict[str, Any]:
    """Return what ``results.json`` says of a sample."""
    total, absolute = float(sample.weight.sum()), float(np.abs(sample.weight).sum())
    negative = float(np.abs(sample.weight[sample.weight < 0]).sum())
    return {
        "kind": sample.kind,
        "label": sample.info.title,
        "pseudo": sample.info.pseudo,
        "parameters": dict(sample.info.parameters),
        "events": len(sample),
        "yield": total,
        "yield_error": float(np.sqrt(np.square(sample.weight).sum())),
        "effective_events": effective_events(sample.weight) if len(sample) else 0.0,
        "negative_weight_fraction": negative / absolute if absolute else 0.0,
    }
