"""What uncertainties cost on a counted signal strength, as the page and the command line print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fivesigma.report.cells import Cell, cell
from fivesigma.report.format import number
from fivesigma.report.tables import Column, Group, Row, Table

__all__ = ["STRENGTH_COLUMNS", "first_strength", "strength_sentence", "strength_table"]

STRENGTH_COLUMNS = {
    "statistics": "Statistics",
    "signal": "Signal",
    "background": "Background",
    "luminosity": "Luminosity",
    "detector": "Detector",
    "systematic": "All systematics",
    "total": "Total",
}
"""The parts of the uncertainty by their fields, in the order in which they are printed."""


def first_strength(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row that answers: of the model that was named first, for to choose the best of several would flatter."""
    row: Mapping[str, Any] = entry["table"][0]
    return row


def strength_sentence(entry: Mapping[str, Any]) -> str:
    """Return in a sentence how well the strength is measured."""
    row = first_strength(entry)
    parts = f"{number(row['statistics'], 2)} from statistics, {number(row['systematic'], 2)} from systematics"
    counted = (
        f"a count above {number(row['cut'], 3)} in “{row['model']}” measures μ to ±{number(row['total'], 2)} ({parts})"
    )
    return f"{counted}; a fit of its whole score to ±{number(row['fit']['total'], 2)}."


def strength_table(entry: Mapping[str, Any]) -> Table:
    """Return the uncertainty of μ at the best cut of each model, its parts, and that of a fit beside it."""
    heads = ["Cut", *STRENGTH_COLUMNS.values(), "Simulation", "Fit of the score", "Count / fit", "Training [s]"]
    return Table(
        caption="Uncertainty of μ at the best cut",
        columns=(Column(text="Model", numeric=False), *(Column(text=head) for head in heads)),
        groups=(Group(rows=tuple(_row(row) for row in entry["table"])),),
        note="At μ = 1. The parts add in quadrature to all systematics, and these with the statistics to the total; what the"
        " number of simulated events leaves uncertain stands beside them and is in count / fit on both sides. Cuts are chosen on"
        " the other folds; the median is shown.",
    )


def _row(row: Mapping[str, Any]) -> Row:
    shown = [Cell(text=number(row["cut"], 3), kind="number")]
    shown += [cell(row[key], key) for key in STRENGTH_COLUMNS]
    shown += [cell(row["mc_statistics"]), cell(row["fit"]["total"]), cell(row["gain"]), cell(row["seconds"])]
    return Row(head=row["model"], cells=tuple(shown))
