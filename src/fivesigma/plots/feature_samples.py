"""Features by sample: expected events stacked, and shapes over each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.evaluation.distributions import (
    FeatureDistribution,
    FeatureShapes,
    FeatureYields,
    SampleHistogram,
)
from fivesigma.plots.feature_panels import data_points, feature_axis, finish_panels
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import Context, hatched_band, logarithmic, new_grid, sample_colours

__all__ = ["plot_feature_shapes", "plot_feature_yields"]

_DECADES = 1e-4
_ROOM = 3.0


@register_several(FeatureYields)
def plot_feature_yields(results: Sequence[FeatureYields], *, context: Context, columns: int = 4) -> Figure:
    """Draw the expected events of each feature: backgrounds stacked, with their uncertainty, signals and data over them."""
    figure, panels = new_grid(context, len(results), columns=columns, panel=(3.3, 2.8))
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
