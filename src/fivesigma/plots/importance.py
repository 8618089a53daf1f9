"""What the models look at: the importance of each input for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.importance import Importances
from fivesigma.evaluation.importance_table import ImportanceRow, ImportanceTable, importance_table
from fivesigma.plots.registry import register, register_several
from fivesigma.plots.style import Context, colours, label_from_right, new_figure

__all__ = ["plot_importance_table", "plot_importances"]

_INCH = 0.08
"""Of height for each model's point."""


@register_several(Importances)
def plot_importances(results: Sequence[Importances], *, context: Context, most: int = 20) -> Figure:
    """Draw the importance of each input, the largest mean first, and of each group, for all models: see `plot_importance_table`."""
    return plot_importance_table(importance_table((), results), context=context, most=most)


@register(ImportanceTable)
def plot_importance_table(table: ImportanceTable, *, context: Context, most: int = 20) -> Figure:
    """Draw by how much each model's AUC drops when an input is permuted, and below each group of correlated ones together.

    Shown are at most ``most`` inputs, those of the largest mean importance. Points bear their intervals.
    """
    inputs = [row for row in table.rows if any(drop is not None for drop in row.importance.values())]
    rows = [*inputs[:most], *table.groups]
    step = max(0.34, _INCH * (len(table.models) + 1))
    above = 0.5 if len(table.models) <= 3 else 0.8
    lines = sum(1 + 0.35 * max(0, len(row.inputs) - 2) for row in rows)
    figure, axes = new_figure(context, size=(6.4, 1.2 + above + step * max(lines, 2)))
    label_from_right(axes, context)
    colour = colours(table.models, context)
    for place, model in enumerate(table.models):
        offset = (place - (len(table.models) - 1) / 2) * 0.8 / max(len(table.models), 1)
        known = [(at + offset, drop) for at, row in enumerate(rows) if (drop := row.importance[model]) is not None]
        _points(axes, known, colour[model], context.title_of(model))
    _ground(axes, len(rows), len(rows) - len(table.groups))
    axes.set_yticks(range(len(rows)), [_title(row, context) for row in rows], fontsize="small")
    left = len(inputs) - most
    more = f" ({left} more inputs, of less importance, not shown)" if left > 0 else ""
    axes.set_xlabel("drop of the AUC when permuted" + more, fontsize="small" if more else "medium")
    figure.legend(loc="outside lower center", ncols=min(3, max(len(table.models), 1)))
    return figure


def _points(axes: Axes, known: Sequence[tuple[float, Estimate]], colour: str, label: str) -> None:
    axes.errorbar(
        [drop.value for _, drop in known],
        [at for at, _ in known],
        xerr=np.array([[drop.value - drop.low, drop.high - drop.value] for _, drop in known]).T.clip(0)
        if known
        else None,
        color=colour,
        linestyle="none",
        linewidth=1.2,
        marker="o",
        markersize=3.5,
        label=label,
    )


def _ground(axes: Axes, rows: int, groups_from: int) -> None:
    """Shade every other row, so that points are seen to belong to one, and part the groups from the inputs."""
    for at in range(0, rows, 2):
        axes.axhspan(at - 0.5, at + 0.5, color="0.95", linewidth=0, zorder=0)
    if groups_from < rows:
        axes.axhline(groups_from - 0.5, color="grey", linewidth=0.8)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(axis="x", which="both", top=False)


def _title(row: ImportanceRow, context: Context) -> str:
    """Return what to call a row: units say nothing here; inputs of a group two a line."""
    titles = [context.title_of(name).partition(" [")[0] for name in row.inputs]
    if len(titles) > 1:
        titles[-1] += " together"
    return ",\n".join(", ".join(titles[at : at + 2]) for at in range(0, len(titles), 2))
