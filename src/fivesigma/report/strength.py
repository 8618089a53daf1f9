"""What uncertainties cost on a counted signal strength, as the page and the command line print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fivesigma.core.format import number
from fivesigma.report.cells import cell, told_as
from fivesigma.report.tables import Column, Group, Row, Table
from fivesigma.report.traced import computed

__all__ = [
    "STRENGTH_COLUMNS",
    "counted_with_simulation",
    "first_strength",
    "reaching_sentence",
    "strength_sentence",
    "strength_table",
]

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
    """Return in a sentence how well the strength is measured, by counting and, with the simulation's statistics in both, by a fit."""
    row = first_strength(entry)
    parts = f"{number(row['statistics'], 2)} from statistics, {number(row['systematic'], 2)} from systematics"
    counted = (
        f"a count above {number(row['cut'])} in “{row['model']}” measures μ to ±{number(row['total'], 2)} ({parts})"
    )
    both = f"with the statistics of the simulation ±{number(counted_with_simulation(row), 2)}"
    return f"{counted}; {both}, where a fit of its whole score reaches ±{number(row['fit']['total'], 2)}."


def counted_with_simulation(row: Mapping[str, Any]) -> float:
    """Return the uncertainty of a count with the statistics of the simulation in it, as that of the fit beside it has them."""
    gain, fitted = row["gain"], row["fit"]["total"]
    return computed(gain * fitted, gain, fitted)


def strength_table(entry: Mapping[str, Any]) -> Table:
    """Return the uncertainty of μ at the best cut of each model, its parts, and that of a fit beside it."""
    heads = ["Cut", *STRENGTH_COLUMNS.values(), "Simulation", "With simulation", "Fit of the score", "Training [s]"]
    return Table(
        caption="Uncertainty of μ at the best cut",
        columns=(Column(text="Model", numeric=False), *(Column(text=head) for head in heads)),
        groups=(Group(rows=tuple(_row(row) for row in entry["table"])),),
        note="At μ = 1. The parts add in quadrature to all systematics, and these with the statistics to the total. What the"
        " number of simulated events leaves uncertain stands beside it, and is in the next column and in the fit. Cuts are chosen on"
        " the other folds; the median is shown.",
    )


def reaching_sentence(entry: Mapping[str, Any]) -> str:
    """Return in a sentence what would reach the uncertainty that was asked for; empty where none was."""
    asked = entry["reaching"]
    if asked is None:
        return ""
    ways = {
        "luminosity_factor": "{} times the luminosity",
        "purity": "a purity of {} at the same number of events",
    }
    reached = [text.format(number(asked[key])) for key, text in ways.items() if asked[key] is not None]
    model = first_strength(entry)["model"]
    if not reached:
        return f"Neither luminosity nor purity brings the count on “{model}” to ±{number(asked['target'])}."
    return f"To bring the count on “{model}” to ±{number(asked['target'])} takes {', or '.join(reached)}."


def _row(row: Mapping[str, Any]) -> Row:
    shown = [told_as(number(row["cut"], 3), row["cut"])]
    shown += [cell(row[key], key) for key in STRENGTH_COLUMNS]
    shown += [cell(row["mc_statistics"]), cell(counted_with_simulation(row)), cell(row["fit"]["total"])]
    shown += [cell(row["seconds"])]
    return Row(head=row["model"], cells=tuple(shown))
