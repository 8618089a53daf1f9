"""Histograms that were filled while files were read."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from fivesigma.events.streamed_histogram import StreamedHistogram
from fivesigma.plots.registry import register
from fivesigma.plots.style import Context, hatched_band, logarithmic, new_figure

__all__ = ["plot_streamed_histogram"]


@register(StreamedHistogram)
def plot_streamed_histogram(
    result: StreamedHistogram, *, context: Context, title: str = "value", log: bool = False
) -> Figure:
    """Draw a weighted histogram with its statistical uncertainty; ``title`` says what was filled, with its unit."""
    figure, axes = new_figure(context)
    axes.stairs(result.values, result.edges, linewidth=1.6, label=f"{result.events:,} events")
    hatched_band(axes, result.edges, result.values, np.sqrt(result.variances), "statistical uncertainty")
    axes.set_xlim(result.edges[0], result.edges[-1])
    axes.set_xlabel(title)
    axes.set_ylabel("expected events / bin")
    if log:
        logarithmic(axes)
    else:
        axes.set_ylim(0, 1.35 * float((result.values + np.sqrt(result.variances)).max(initial=0.0)) or 1.0)
    axes.legend()
    return figure
