"""Losses against the steps of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.learning.losses import LossCurves
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import BACKGROUND, SIGNAL, Context, new_grid

__all__ = ["plot_losses"]


@register_several(LossCurves)
def plot_losses(models: Sequence[LossCurves], *, context: Context) -> Figure:
    """Draw a panel a model: training and validation loss of every fold, a dot where the validation loss is lowest."""
    figure, grid = new_grid(context, len(models), columns=min(3, len(models)), panel=(4.2, 3.4))
    for axes, curves in zip(grid, models, strict=True):
        _draw(axes, curves)
        axes.set(xlabel=curves.step, ylabel="loss")
        axes.legend(loc="upper right", title=context.title_of(curves.model))
    return figure


def _draw(axes: Axes, curves: LossCurves) -> None:
    several = f", {len(curves.training)} folds" if len(curves.training) > 1 else ""
    for fold, (training, validation) in enumerate(zip(curves.training, curves.validation, strict=True)):
        for losses, colour, what in ((training, BACKGROUND, "training"), (validation, SIGNAL, "validation")):
            label = f"{what}{several}" if fold == 0 else None
            axes.plot(np.arange(1, len(losses) + 1), losses, color=colour, linewidth=1, alpha=0.8, label=label)
    lowest = [min(losses) for losses in curves.validation]
    axes.plot(curves.lowest, lowest, color=SIGNAL, marker="o", markersize=4, linestyle="none", label="lowest")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.35 * (high - low))  # room for the legend
