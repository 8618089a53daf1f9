"""The expected limit on a counted signal against the cut on a score, with the cuts chosen."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.numbers import digits
from fivesigma.plots.limits import ONE_SIGMA, TWO_SIGMA
from fivesigma.plots.registry import register
from fivesigma.plots.style import SIGNAL, Context, new_figure, spread_score_axis
from fivesigma.plots.style import digits as significant
from fivesigma.searches.limit_working_point import WorkingPointCurve

__all__ = ["plot_working_point"]

_HIGHEST = 4.0
"""Times the least limit of the curve up to which it is drawn: beyond, no one cuts."""


@register(WorkingPointCurve)
def plot_working_point(result: WorkingPointCurve, *, context: Context) -> Figure:
    """Draw the expected limit on μ with its band against the cut, the cut of each fold, and the naive choice.

    The full marker is what counting above each fold's own cut expects, drawn at their median. Grey is where cuts leave too little
    simulated background to be chosen.
    """
    figure, axes = new_figure(context, size=(6.0, 5.2))
    low2, low1, median, high1, high2 = result.limit_expected
    axes.plot(result.cuts, median, color="black", linestyle="--", label="expected limit on μ")
    axes.fill_between(result.cuts, low1, high1, color=ONE_SIGMA, linewidth=0, label="± 1σ")
    axes.fill_between(result.cuts, low2, high2, color=TWO_SIGMA, linewidth=0, zorder=0.9, label="± 2σ")
    _mark(axes, result)
    highest = max(_HIGHEST * float(median.min()), 1.2 * result.limit[2])
    axes.set_ylim(0, min(highest, 1.05 * float(high2.max())))
    shown = result.cuts[low1 < highest]
    spread_score_axis(axes, float(max(result.cut, result.naive_cut, shown.max())))
    _shade(axes, result)
    title = context.title_of(result.model)
    axes.set(xlabel=f"cut on the score of {title}", ylabel=f"{100 * result.level:g} % CL limit on μ")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _choices(result: WorkingPointCurve) -> tuple[str, str, str]:
    return (
        f"folds at their cuts: {significant(result.limit[2], 3)}",
        "chosen on the other folds",
        f"naive: {significant(result.naive_limit, 3)}",
    )


def _too_few(result: WorkingPointCurve) -> str:
    return f"background < {digits(result.floor)} simulated events"


def _mark(axes: Axes, result: WorkingPointCurve) -> None:
    honest, folds, naive = _choices(result)
    for number, cut in enumerate(result.fold_cuts):
        axes.axvline(cut, ymax=0.08, color=SIGNAL, linewidth=1.5, label=folds if number == 0 else None)
    axes.plot(result.cut, result.limit[2], "o", color=SIGNAL, markersize=6, zorder=5, label=honest)
    axes.plot(
        result.naive_cut, result.naive_limit, "o", color="black", fillstyle="none", markersize=8, zorder=4, label=naive
    )


def _shade(axes: Axes, result: WorkingPointCurve) -> None:
    """Shade from the first cut on that leaves too little, as all tighter ones do, but for negative weights."""
    few = result.cuts[result.background_effective < result.floor]
    if len(few) and few[0] < axes.get_xlim()[1]:
        axes.axvspan(float(few[0]), 1.0, color="lightgrey", alpha=0.6, linewidth=0, label=_too_few(result), zorder=2)
