"""ROC curves of several models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.evaluation.roc import RocCurve
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import Context, colours, logarithmic, new_grid, plus_minus

__all__ = ["plot_roc"]


@register_several(RocCurve)
def plot_roc(curves: Sequence[RocCurve], *, context: Context) -> Figure:
    """Draw background against signal efficiency, and background rejection in a logarithmic scale beside it."""
    figure, (left, right) = new_grid(context, 2, columns=2, panel=(4.6, 4.4))
    colour = colours((curve.model for curve in curves), context)
    for curve in curves:
        name = f"{context.title_of(curve.model)}: AUC {plus_minus(curve.auc)}"
        left.plot(curve.signal_efficiency, curve.background_efficiency, color=colour[curve.model], label=name)
        kept = curve.background_efficiency > 0
        right.plot(
            curve.signal_efficiency[kept],
            1 / curve.background_efficiency[kept],
            color=colour[curve.model],
            label=context.title_of(curve.model),
        )
        _rejections(right, curve, colour[curve.model])
    chance = np.linspace(0.01, 1, 100)
    left.plot(chance, chance, color="grey", linestyle=":", linewidth=1, label="no separation")
    right.plot(chance, 1 / chance, color="grey", linestyle=":", linewidth=1)
    left.set(xlim=(0, 1), ylim=(0, 1), xlabel="signal efficiency", ylabel="background efficiency")
    logarithmic(right)
    right.set(xlim=(0, 1), ylim=(1, 3 * max(map(_rejection_at_tenth, curves))))
    right.set(xlabel="signal efficiency", ylabel="background rejection, 1 / efficiency")
    left.legend(loc="upper left")
    right.legend(loc="upper right")
    return figure


def _rejection_at_tenth(curve: RocCurve) -> float:
    """Return the largest rejection at a signal efficiency of 0.1 or more: what lies left of it is a handful of events."""
    background = curve.background_efficiency[(curve.signal_efficiency >= 0.1) & (curve.background_efficiency > 0)]
    return max(10.0, 1 / float(background.min()))


def _rejections(axes: Axes, curve: RocCurve, colour: str) -> None:
    """Mark the fixed efficiencies with their intervals."""
    for point in curve.rejections:
        if point.rejection is not None:
            value, low, high = point.rejection.value, point.rejection.low, point.rejection.high
            # a percentile interval need not hold its value
            reach = [[max(value - low, 0)], [max(high - value, 0)]]
            axes.errorbar(point.signal_efficiency, value, yerr=reach, color=colour, marker="o", markersize=4, capsize=0)
