"""How the scores depend on each input: a panel an input, all models in it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.evaluation.partial_dependence import PartialDependence
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import BACKGROUND, SIGNAL, Context, colours, new_grid

__all__ = ["plot_partial_dependences"]

_FOOT = 0.22
"""The part of a panel's height that the distributions stand in."""
_FEW = 3
"""As many models can show the curves of their folds without hiding each other's."""


@register_several(PartialDependence)
def plot_partial_dependences(
    results: Sequence[PartialDependence], *, context: Context, columns: int | None = None, most: int = 8
) -> Figure:
    """Draw the mean score against each of the first ``most`` inputs: a line a model with its interval, in rows of like length.

    Thin lines are each fold's estimator, as long as there are three models at most. A diamond is the mean score where the input is missing. At the foot of each panel the shapes of signal and background show where there are events.
    """
    features = list(dict.fromkeys(result.feature for result in results))[:most]
    colour = colours((result.model for result in results), context)
    few = len({result.model for result in results}) <= _FEW
    columns = columns or math.ceil(len(features) / math.ceil(len(features) / 4))
    figure, panels = new_grid(context, len(features), columns=columns, panel=(3.3, 2.9))
    low, high = _reach([result for result in results if result.feature in features], folds=few)
    for axes, feature in zip(panels, features, strict=True):
        mine = [result for result in results if result.feature == feature]
        _distributions(axes, mine[0], low, high)
        for result in mine:
            _curve(axes, result, colour[result.model], context.title_of(result.model), folds=few)
        axes.set(xlim=(mine[0].edges[0], mine[0].edges[-1]), ylim=(low, high))
        axes.set_xlabel(context.title_of(feature), fontsize="small")
        axes.tick_params(labelsize="x-small")
        axes.minorticks_off()
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    for row in range(0, len(panels), columns):
        panels[row].set_ylabel("mean score", fontsize="small")
    _legend(figure, panels)
    return figure


def _reach(results: Sequence[PartialDependence], *, folds: bool) -> tuple[float, float]:
    """Return an ordinate that all curves share, to be compared by eye, with room for the distributions below them."""
    curves = [values for result in results for values in (result.low, result.high)]
    curves += [result.by_fold for result in results if folds]
    curves += [np.array([result.missing.value]) for result in results if result.missing is not None]
    low, high = (float(end([end(values) for values in curves if values.size])) for end in (np.min, np.max))
    span = max(high - low, 0.05)
    return low - span * (0.05 + _FOOT / (1 - _FOOT)), high + 0.05 * span


def _curve(axes: Axes, result: PartialDependence, colour: str, label: str, *, folds: bool) -> None:
    for values in result.by_fold if folds else ():
        axes.plot(result.grid, values, color=colour, linewidth=0.5, alpha=0.5)
    axes.fill_between(result.grid, result.low, result.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(result.grid, result.value, color=colour, label=label)
    if result.missing is not None:
        at = result.edges[-1] - 0.03 * (result.edges[-1] - result.edges[0])
        axes.plot(at, result.missing.value, color=colour, marker="D", markersize=4, linestyle="none")
        axes.plot([], [], color="dimgrey", marker="D", markersize=4, linestyle="none", label="missing")


def _distributions(axes: Axes, result: PartialDependence, low: float, high: float) -> None:
    """Draw the shapes of both classes at the foot of the panel, on a scale of their own."""
    top = max(result.signal.max(), result.background.max()) or 1.0
    scale = _FOOT * (high - low) / top
    background, signal = (low + scale * np.maximum(shape, 0) for shape in (result.background, result.signal))
    axes.stairs(
        background, result.edges, baseline=low, fill=True, color=BACKGROUND, alpha=0.35, linewidth=0, label="background"
    )
    axes.stairs(signal, result.edges, baseline=low, color=SIGNAL, linewidth=1, label="signal")


def _legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Set one legend below all panels: each model once, then the classes."""
    entries = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    last = ["missing", "background", "signal"]
    ordered = [label for label in entries if label not in last] + [label for label in last if label in entries]
    handles = [entries[label] for label in ordered]
    rows = math.ceil(len(ordered) / min(5, len(panels) + 1))
    figure.legend(handles, ordered, loc="outside lower center", ncols=math.ceil(len(ordered) / rows))
