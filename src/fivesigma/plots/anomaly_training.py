"""How well each window of a scan is told from its sidebands."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.plots.anomaly_panels import at_hypotheses, mass_axis, mass_text, stacked_panels
from fivesigma.plots.registry import register
from fivesigma.plots.style import BACKGROUND, SIGNAL, Context
from fivesigma.searches.anomaly.views import WindowTraining

__all__ = ["plot_window_training"]


@register(WindowTraining)
def plot_window_training(result: WindowTraining, *, context: Context) -> Figure:
    """Draw the out-of-fold AUC of window against sidebands, and the loss where training ended, against the mass hypothesis."""
    series = [
        ("AUC of window\nagainst sidebands", result.auc_mass, result.auc),
        ("loss in validation", result.loss_mass, result.loss),
    ]
    there = [(title, mass, values) for title, mass, values in series if len(values)]
    figure, panels = stacked_panels(context, [2.4 for _ in there], width=6.2)
    for axes, (title, mass, values) in zip(panels, there, strict=True):
        _line(axes, result, mass, values)
        axes.set_ylabel(title)
    if len(result.auc):
        panels[0].axhline(0.5, color="dimgrey", linewidth=1, linestyle="--", label="0.5: nothing learnt")
        low, high = panels[0].get_ylim()
        panels[0].set_ylim(min(low, 0.49), max(high, 0.53))
    panels[-1].set_xlabel(result.title)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _line(axes: Axes, result: WindowTraining, mass: Floats, values: Floats) -> None:
    axes.plot(
        result.hypotheses,
        at_hypotheses(result.hypotheses, mass, values),
        color=BACKGROUND,
        marker="o",
        markersize=4.5,
        label="window",
    )
    if (at := np.flatnonzero(mass == result.best)).size:
        label = f"best: {mass_text(float(mass[at[0]]), result.title)}"
        axes.plot(mass[at], values[at], color=SIGNAL, marker="o", markersize=8, linestyle="none", label=label)
    mass_axis(axes, result.hypotheses, result.range, mass)
