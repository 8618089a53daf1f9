"""Features by sample: expected events stacked, and shapes over each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from fivesigma.core.arrays import Floats
from fivesigma.evaluation.distributions import FeatureDistribution, FeatureShapes, FeatureYields, SampleHistogram
from fivesigma.evaluation.histograms import DataHistogram
from fivesigma.plots.feature_panels import agreement_text, data_points, feature_axis, finish_panels
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import DATA, Context, hatched_band, logarithmic, new_grid, sample_colours

__all__ = ["plot_feature_shapes", "plot_feature_yields"]

_DECADES = 1e-4
_ROOM = 3.0


@register_several(FeatureYields)
def plot_feature_yields(results: Sequence[FeatureYields], *, context: Context, columns: int = 4) -> Figure:
    """Draw the expected events of each feature: backgrounds stacked, with their uncertainty, signals and data over them."""
    shows_data = any(result.distribution.data is not None for result in results)
    figure, panels = new_grid(context, len(results), columns=columns, panel=(3.3, 3.5 if shows_data else 2.8))
    for axes, result in zip(panels, (result.distribution for result in results), strict=True):
        colour = _colours(result)
        total, variance = np.zeros(len(result.edges) - 1), np.zeros(len(result.edges) - 1)
        for sample in sorted(_of(result, "background"), key=lambda sample: float(sample.histogram.total.sum())):
            top = total + sample.histogram.total
            axes.stairs(
                top, result.edges, baseline=total, fill=True, color=colour[sample.name], label=_title(sample, context)
            )
            total, variance = top, variance + sample.histogram.error**2
        hatched_band(axes, result.edges, total, np.sqrt(variance), "simulation's uncertainty")
        for sample in _of(result, "signal"):
            title = _title(sample, context)
            axes.stairs(sample.histogram.total, result.edges, color=colour[sample.name], linewidth=1.6, label=title)
        data_points(axes, result, context)
        _logarithmic(axes, [total, *(sample.histogram.total for sample in result.samples)])
        feature_axis(axes, result, context)
        if result.data is not None and result.data.counts.sum():
            _ratio(axes, result, result.data, total, np.sqrt(variance))
            highest = np.maximum(axes.get_ylim()[1], result.data.high.max())
            axes.set_ylim(top=float(highest) * _ROOM)  # room for what is written there
    layout = figure.get_layout_engine()
    if shows_data and isinstance(layout, ConstrainedLayoutEngine):
        layout.set(h_pad=0.09)  # clear of the panels below
    finish_panels(figure, panels, columns, "events / bin")
    return figure


@register_several(FeatureShapes)
def plot_feature_shapes(results: Sequence[FeatureShapes], *, context: Context, columns: int = 4) -> Figure:
    """Draw the shape of each feature in every sample, each scaled to an area of one."""
    figure, panels = new_grid(context, len(results), columns=columns, panel=(3.3, 2.8))
    for axes, result in zip(panels, (result.distribution for result in results), strict=True):
        colour = _colours(result)
        for sample in (*_of(result, "background"), *_of(result, "signal")):
            area = float(sample.histogram.total.sum())
            if area <= 0:
                continue
            total, error = sample.histogram.total / area, sample.histogram.error / area
            axes.stairs(
                total + error, result.edges, baseline=total - error, fill=True, color=colour[sample.name], alpha=0.2
            )
            axes.stairs(total, result.edges, color=colour[sample.name], linewidth=1.4, label=_title(sample, context))
        axes.set_ylim(bottom=0, top=1.1 * axes.get_ylim()[1])
        feature_axis(axes, result, context)
    finish_panels(figure, panels, columns, "fraction of events per bin")
    return figure


def _ratio(axes: Axes, result: FeatureDistribution, data: DataHistogram, total: Floats, error: Floats) -> None:
    """Draw data over background below a panel, whose abscissa it takes over, and write how they agree."""
    lower = axes.inset_axes((0, -0.38, 1, 0.34))
    lower.tick_params(which="both", direction="in", labelsize="x-small")
    lower.minorticks_off()
    known = total > 0
    safe = np.where(known, total, 1.0)
    hatched_band(lower, result.edges, np.ones_like(total), np.where(known, error / safe, 0.0), None)
    lower.axhline(1, color="dimgrey", linewidth=0.8)
    shown = known & (data.counts > 0)
    value, low, high = (values[shown] / safe[shown] for values in (data.counts, data.low, data.high))
    centres = ((result.edges[1:] + result.edges[:-1]) / 2)[shown]
    yerr = [value - low, high - value]
    lower.errorbar(centres, value, yerr=yerr, color=DATA, linestyle="none", marker="o", markersize=2.5, linewidth=1)
    lower.set(xlim=axes.get_xlim(), ylim=(0, min(max(2.0, 1.2 * float(value.max(initial=0))), 5.0)))
    lower.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    lower.xaxis.set_major_locator(axes.xaxis.get_major_locator())
    lower.set_xlabel(axes.get_xlabel(), fontsize="small")
    lower.set_ylabel("ratio", fontsize="x-small", loc="center")
    axes.set_xlabel("")
    axes.tick_params(labelbottom=False)
    if result.agreement is not None:
        axes.text(
            0.97,
            0.95,
            agreement_text(result.agreement),
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize="x-small",
        )


def _of(result: FeatureDistribution, kind: str) -> list[SampleHistogram]:
    return [sample for sample in result.samples if sample.kind == kind]


def _colours(result: FeatureDistribution) -> dict[str, str]:
    signal, background = ([sample.name for sample in _of(result, kind)] for kind in ("signal", "background"))
    return sample_colours(signal, background)


def _title(sample: SampleHistogram, context: Context) -> str:
    return context.titles.get(sample.name) or sample.title


def _logarithmic(axes: Axes, totals: Sequence[Floats]) -> None:
    """Set a logarithmic ordinate over four decades at most, from below the smallest bin of them."""
    positive = np.concatenate([total[total > 0] for total in totals])
    if not len(positive):
        return
    top = float(positive.max())
    logarithmic(axes)
    axes.set_ylim(max(float(positive.min()) / 2, top * _DECADES), top * _ROOM)
