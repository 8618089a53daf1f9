"""Shapes of the inputs in signal and background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.core.sample import Kind
from fivesigma.evaluation.distributions import FeatureDistribution
from fivesigma.plots.feature_panels import data_points, feature_axis, finish_panels
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import BACKGROUND, SIGNAL, Context, new_grid

__all__ = ["plot_features"]


@register_several(FeatureDistribution)
def plot_features(results: Sequence[FeatureDistribution], *, context: Context, columns: int = 4) -> Figure:
    """Draw the shape of each feature in signal, background and, if filled, data: each scaled to an area of one."""
    figure, panels = new_grid(context, len(results), columns=columns, panel=(3.3, 2.8))
    for axes, result in zip(panels, results, strict=True):
        total, error = _class(result, "background")
        axes.stairs(total, result.edges, fill=True, color=BACKGROUND, alpha=0.4, label="background")
        _errors(axes, result.edges, total, error, BACKGROUND)
        total, error = _class(result, "signal")
        axes.stairs(total, result.edges, color=SIGNAL, label="signal")
        _errors(axes, result.edges, total, error, SIGNAL)
        data_points(axes, result, context, as_shape=True)
        axes.set_ylim(bottom=0, top=1.15 * axes.get_ylim()[1])
        feature_axis(axes, result, context)
    finish_panels(figure, panels, columns, "fraction of events per bin")
    return figure


def _class(result: FeatureDistribution, kind: Kind) -> tuple[Floats, Floats]:
    """Return the histogram of all samples of a kind, scaled to an area of one, and its error."""
    histograms = [sample.histogram for sample in result.samples if sample.kind == kind]
    total = np.sum([histogram.total for histogram in histograms], axis=0) * np.ones(len(result.edges) - 1)
    variance = np.sum([histogram.error**2 for histogram in histograms], axis=0)
    area = total.sum() if total.sum() > 0 else 1.0
    return total / area, np.sqrt(variance) / area * np.ones_like(total)


def _errors(axes: Axes, edges: Floats, total: Floats, error: Floats, colour: str) -> None:
    axes.stairs(total + error, edges, baseline=total - error, fill=True, color=colour, alpha=0.4)
