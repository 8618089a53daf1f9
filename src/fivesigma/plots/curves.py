"""ROC curves of several models, and what figures with a curve for each model share: their lines, and a legend below the axes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.roc import RocCurve
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import Context, colours, logarithmic, new_grid, plus_minus

__all__ = ["legend_below", "legend_grid", "line_styles", "plot_roc", "reach"]

_LETTER, _HANDLE, _ROW = 0.08, 0.65, 0.2
"""Inches: of a letter of a legend, of its line and the space beside it, and from one of its rows to the next."""
_STYLES = ("-", "--", ":")


@register_several(RocCurve)
def plot_roc(curves: Sequence[RocCurve], *, context: Context) -> Figure:
    """Draw background against signal efficiency, and background rejection in a logarithmic scale beside it."""
    names = [f"{context.title_of(curve.model)}: AUC {plus_minus(curve.auc)}" for curve in curves]
    columns, height = legend_grid([*names, "no separation"], 9.2)
    figure, (left, right) = new_grid(context, 2, columns=2, panel=(4.6, 4.3 + height))
    models = [curve.model for curve in curves]
    colour, style = colours(models, context), line_styles(models, context)
    for curve, name in zip(curves, names, strict=True):
        signal, background, mine = curve.signal_efficiency, curve.background_efficiency, colour[curve.model]
        left.plot(signal, background, color=mine, linestyle=style[curve.model], label=name)
        kept = background > 0
        right.plot(signal[kept], 1 / background[kept], color=mine, linestyle=style[curve.model])
        _rejections(right, curve, mine)
    chance = np.linspace(0.01, 1, 100)
    left.plot(chance, chance, color="grey", linestyle=":", linewidth=1, label="no separation")
    right.plot(chance, 1 / chance, color="grey", linestyle=":", linewidth=1)
    left.set(xlim=(0, 1), ylim=(0, 1), xlabel="signal efficiency", ylabel="background efficiency")
    logarithmic(right)
    right.set(xlim=(0, 1), ylim=(1, 3 * max(map(_rejection_at_tenth, curves))))
    right.set(xlabel="signal efficiency", ylabel="background rejection, 1 / efficiency")
    legend_below(figure, left, columns)
    return figure


def line_styles(names: Iterable[str], context: Context) -> dict[str, str]:
    """Return how the line of each model is drawn: whole, and dashed where the colours begin anew."""
    times: Counter[str] = Counter()
    styles = {}
    for name, colour in colours(names, context).items():
        styles[name] = _STYLES[times[colour] % len(_STYLES)]
        times[colour] += 1
    return styles


def legend_grid(names: Sequence[str], width: float) -> tuple[int, float]:
    """Return in how many columns a legend fits below axes of ``width`` inches, and the inches that its rows then take."""
    columns = max(1, min(5, len(names), int(width / (_LETTER * max(map(len, names)) + _HANDLE))))
    return columns, _ROW * math.ceil(len(names) / columns)


def legend_below(figure: Figure, axes: Axes, columns: int) -> None:
    """Write the legend of one of the axes below all of them, where it hides no curve."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=columns)


def reach(estimate: Estimate) -> list[list[float]]:
    """Return how far an error bar reaches below and above the value; a percentile interval need not hold it."""
    return [[max(estimate.value - estimate.low, 0)], [max(estimate.high - estimate.value, 0)]]


def _rejection_at_tenth(curve: RocCurve) -> float:
    """Return the largest rejection at a signal efficiency of 0.1 or more: what lies left of it is a handful of events."""
    background = curve.background_efficiency[(curve.signal_efficiency >= 0.1) & (curve.background_efficiency > 0)]
    return max(10.0, 1 / float(background.min()))


def _rejections(axes: Axes, curve: RocCurve, colour: str) -> None:
    """Mark the fixed efficiencies with their intervals."""
    for point in curve.rejections:
        if (rejection := point.rejection) is not None:
            axes.errorbar(
                point.signal_efficiency,
                rejection.value,
                yerr=reach(rejection),
                color=colour,
                marker="o",
                markersize=4,
                capsize=0,
            )
