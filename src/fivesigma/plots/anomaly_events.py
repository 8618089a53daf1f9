"""Events of a scan's best window: their scores, and the features of those that were selected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.core.arrays import Floats, Ints
from fivesigma.evaluation.histograms import DataHistogram
from fivesigma.plots.anomaly_panels import per_cent
from fivesigma.plots.feature_panels import finish_panels
from fivesigma.plots.registry import register, register_several
from fivesigma.plots.style import BACKGROUND, DATA, SIGNAL, Context, figure_with_ratio, logarithmic, new_grid
from fivesigma.searches.anomaly.event_views import SelectedFeature, WindowScores

__all__ = ["plot_selected_features", "plot_window_scores"]

_WIDEST_ERROR = 0.5  # relative, of a ratio that the ordinate makes room for
_HEAD = 0.25


@register(WindowScores)
def plot_window_scores(result: WindowScores, *, context: Context) -> Figure:
    """Draw the shapes of the score in the window and in its sidebands, where the selections begin, and window over sidebands below."""
    figure, main, lower = figure_with_ratio(context, size=(6.2, 5.7))
    sidebands = result.below.counts + result.above.counts
    shape = sidebands / max(int(sidebands.sum()), 1)
    main.stairs(
        shape, result.edges, fill=True, color=BACKGROUND, alpha=0.35, label=f"sidebands, {sidebands.sum()} events"
    )
    for name, part, line in (("lower", result.below, "--"), ("upper", result.above, ":")):
        main.stairs(
            part.counts / max(int(part.counts.sum()), 1),
            result.edges,
            color=BACKGROUND,
            linestyle=line,
            linewidth=1.2,
            label=f"{name} sideband, {part.counts.sum()} events",
        )
    window = result.window
    _points(
        main,
        result.edges,
        result.inside,
        np.ones(len(shape)),
        f"{window.low:g} to {window.high:g} GeV, {result.inside.counts.sum()} events",
    )
    _points(lower, result.edges, result.inside, shape, None)
    lower.axhline(1, color="dimgrey", linewidth=0.8)
    _ratio_axis(lower, result.inside, sidebands)
    positive = np.concatenate([shape[shape > 0], (result.inside.counts / max(int(result.inside.counts.sum()), 1))])
    positive = positive[positive > 0]
    logarithmic(main)
    top, bottom = float(positive.max(initial=1e-3)), float(positive.min(initial=1.0)) / 2
    main.set(xlim=(result.edges[0], result.edges[-1]), ylim=(bottom, top * (top / bottom) ** _HEAD))
    main.set_ylabel("fraction of events per bin")
    beyond = f"; {result.beyond} beyond are in the last bin" if result.beyond else ""
    lower.set(xlabel=f"score{beyond}", ylabel="window /\nsidebands")
    _thresholds(main, lower, result)
    figure.legend(*main.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@register_several(SelectedFeature)
def plot_selected_features(results: Sequence[SelectedFeature], *, context: Context, columns: int = 4) -> Figure:
    """Draw each feature of the selected events in the window, of those outside it and of all others: shapes with an area of one."""
    columns = 2 if len(results) == 4 else min(columns, len(results))
    figure, panels = new_grid(
        context, len(results), columns=columns, panel=(3.4, 2.8) if len(results) > 1 else (6.2, 4.2)
    )
    for axes, result in zip(panels, results, strict=True):
        axes.stairs(_shape(result.rest), result.edges, fill=True, color=BACKGROUND, alpha=0.35, label="not selected")
        axes.stairs(_shape(result.outside), result.edges, color=BACKGROUND, label="selected outside the window")
        _points(axes, result.edges, result.inside, np.ones(len(result.rest)), "selected in the window", colour=SIGNAL)
        axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
        axes.set_xlim(result.edges[0], result.edges[-1])
        axes.set_xlabel(context.title_of(result.feature), fontsize="small")
        axes.tick_params(labelsize="x-small")
        axes.minorticks_off()
        axes.xaxis.set_major_locator(
            MaxNLocator(5, steps=[1, 2, 5, 10], integer=bool(np.all(np.diff(result.edges) == 1)))
        )
    finish_panels(figure, panels, columns, "fraction of events per bin")
    return figure


def _shape(counts: Ints) -> Floats:
    return counts / max(int(counts.sum()), 1)


def _points(
    axes: Axes, edges: Floats, histogram: DataHistogram, over: Floats, label: str | None, *, colour: str = DATA
) -> None:
    """Draw counts as a shape over another, with their intervals, where both have something."""
    shown = (histogram.counts > 0) & (over > 0)
    area = over[shown] * max(int(histogram.counts.sum()), 1)
    value, low, high = (part[shown] / area for part in (histogram.counts, histogram.low, histogram.high))
    axes.errorbar(
        ((edges[1:] + edges[:-1]) / 2)[shown],
        value,
        yerr=[value - low, high - value],
        color=colour,
        linestyle="none",
        marker="o",
        markersize=3.5,
        linewidth=1,
        label=label,
    )


def _ratio_axis(axes: Axes, inside: DataHistogram, sidebands: Ints) -> None:
    """Make room for the ratios that are known, and for all of them up to a few times those."""
    known = (inside.counts > 1 / _WIDEST_ERROR**2) & (sidebands > 0)
    ratio = _shape(inside.counts)[known] / _shape(sidebands)[known]
    axes.set_ylim(0, max(2.0, 1.4 * float(ratio.max(initial=1.0))))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _thresholds(main: Axes, lower: Axes, result: WindowScores) -> None:
    for place, one in enumerate(result.thresholds):
        for axes in (main, lower):
            axes.axvline(one.score, color=SIGNAL, linewidth=1, linestyle="--")
        main.annotate(
            f"{per_cent(one.efficiency)} →",
            (one.score, 0.97 - 0.06 * (place % 3)),  # neighbours side by side stay readable
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            va="top",
            fontsize="x-small",
            color=SIGNAL,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
