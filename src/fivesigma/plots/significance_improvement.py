"""The significance improvement of several models against signal efficiency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.evaluation.significance_improvement import SignificanceImprovement
from fivesigma.plots.curves import legend_below, legend_grid, line_styles, reach
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import Context, colours, new_grid, plus_minus

__all__ = ["plot_significance_improvement"]

_HONEST, _NAIVE = "best, read on the other half", "best, naive"
_WIDTH = 7.4


@register_several(SignificanceImprovement)
def plot_significance_improvement(results: Sequence[SignificanceImprovement], *, context: Context) -> Figure:
    """Draw ε_S / √ε_B against ε_S for each model, with the maximum read on other events than it was chosen on, and the naive one."""
    names = [_name(result, context) for result in results]
    columns, height = legend_grid([*names, _HONEST, _NAIVE], _WIDTH)
    figure, (axes,) = new_grid(context, 1, columns=1, panel=(_WIDTH, 4.4 + height))
    models = [result.model for result in results]
    colour, style = colours(models, context), line_styles(models, context)
    for result, name in zip(results, names, strict=True):
        values = np.array([np.nan if value is None else value for value in result.values])
        axes.plot(
            result.signal_efficiency, values, color=colour[result.model], linestyle=style[result.model], label=name
        )
        _maxima(axes, result, colour[result.model])
    axes.axhline(1, color="grey", linestyle=":", linewidth=1)
    axes.plot([], [], "ok", markersize=5, label=_HONEST)
    axes.plot([], [], "ok", markersize=5, fillstyle="none", label=_NAIVE)
    axes.set(xlim=(0, 1), xlabel="signal efficiency $ε_S$", ylabel="significance improvement $ε_S / \\sqrt{ε_B}$")
    axes.set_ylim(bottom=0, top=1.08 * axes.get_ylim()[1])
    legend_below(figure, axes, columns)
    return figure


def _name(result: SignificanceImprovement, context: Context) -> str:
    maximum = "" if result.best is None else f": {plus_minus(result.best.value)}"
    return f"{context.title_of(result.model)}{maximum}"


def _maxima(axes: Axes, result: SignificanceImprovement, colour: str) -> None:
    best, read, naive = result.best, result.best_signal_efficiency, result.naive_signal_efficiency
    if best is None or read is None or naive is None:
        return
    axes.plot(naive, best.naive_value, "o", color=colour, fillstyle="none", markersize=6)
    axes.errorbar(read, best.value.value, yerr=reach(best.value), color=colour, marker="o", markersize=5, zorder=5)
