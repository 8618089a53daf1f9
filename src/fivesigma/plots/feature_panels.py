"""What panels of features have in common: the axis of a feature, points of data and their agreement, one legend for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.evaluation.distributions import FeatureDistribution
from fivesigma.plots.style import DATA, Context
from fivesigma.statistics.agreement import ChiSquare

__all__ = ["agreement_text", "beyond", "data_points", "feature_axis", "finish_panels"]

_SMALLEST = 1e-4
"""p-values below are not told apart in print."""


def data_points(axes: Axes, result: FeatureDistribution, context: Context, *, as_shape: bool = False) -> None:
    """Draw data, if any were filled, as points with their intervals: counts, or scaled to an area of one."""
    data = result.data
    if data is None or not data.counts.sum():
        return
    shown, area = data.counts > 0, data.counts.sum() if as_shape else 1.0
    counts, low, high = (values[shown] / area for values in (data.counts, data.low, data.high))
    axes.errorbar(
        ((result.edges[1:] + result.edges[:-1]) / 2)[shown],
        counts,
        yerr=[counts - low, high - counts],
        color=DATA,
        linestyle="none",
        marker="o",
        markersize=2.5,
        linewidth=1,
        label=context.data_title,
    )


def agreement_text(agreement: ChiSquare) -> str:
    """Return χ², its degrees of freedom and p-value in one line, and that the normalisation was free if it was."""
    p = f"p = {agreement.p_value:.2g}" if agreement.p_value >= _SMALLEST else f"p < {_SMALLEST:g}"
    shape = "shape, " if agreement.normalisation == "free" else ""
    return f"{shape}χ²/ndf = {agreement.value:.1f}/{agreement.ndf}, {p}"


def feature_axis(axes: Axes, result: FeatureDistribution, context: Context) -> None:
    """Title and limit the abscissa; it says how many of the simulated events lack a value."""
    missing = f", {100 * result.missing:.2g} % missing" if result.missing else ""
    axes.set_xlabel(context.title_of(result.feature) + missing, fontsize="small")
    axes.set_xlim(result.edges[0], result.edges[-1])
    axes.tick_params(labelsize="x-small")
    axes.minorticks_off()
    whole = bool(np.all(np.diff(result.edges) == 1))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=whole))


def beyond(results: Sequence[FeatureDistribution], context: Context) -> str:
    """Return in a sentence, for a caption, how many events no bin of a feature holds, at most; empty where there are none."""
    simulated = max((result.outside for result in results), default=0.0)
    data = max((result.data.outside for result in results if result.data is not None), default=0)
    parts = [f"{100 * simulated:.2g} % of the simulated events"] if simulated else []
    parts += [f"{data} of the {context.data_title}"] if data else []
    return f" Up to {' and '.join(parts)} lie beyond an axis." if parts else ""


def finish_panels(figure: Figure, panels: Sequence[Axes], columns: int, ordinate: str) -> None:
    """Title the ordinate of each row, and set the legend below all panels."""
    for row in range(0, len(panels), columns):
        panels[row].set_ylabel(ordinate, fontsize="small")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, max(len(labels), 1)), borderaxespad=0.1)
