"""Events in every pair of several features, the distribution of each on the diagonal."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fivesigma.evaluation.distributions import FeatureDistribution
from fivesigma.evaluation.scatter import ScatterMatrix
from fivesigma.plots.registry import register
from fivesigma.plots.style import Context, new_grid, sample_colours

__all__ = ["plot_scatter_matrix"]

_SIDE, _WHOLE = 1.5, 5.0
"""Of a panel at least, and of all panels together if there are few, in inches."""
_LARGEST, _SMALLEST, _POINTS_A_LETTER = 8.5, 5.0, 0.55
_LEGEND_INSIDE_FROM = 3


@register(ScatterMatrix)
def plot_scatter_matrix(result: ScatterMatrix, *, context: Context) -> Figure:
    """Draw the events of each sample as points below the diagonal, and on it the shape of each sample.

    The points of a panel are one image: as shapes, thousands of them would make a file that is slow to show.
    """
    count = len(result.features)
    side = _side(count)
    figure, panels = new_grid(context, count * count, columns=count, panel=(side, side))
    colour = _colours(result)
    for place, axes in enumerate(panels):
        row, column = divmod(place, count)
        if column > row:
            axes.set_axis_off()
            continue
        if row == column:
            _shapes(axes, result.distributions[row], colour)
        else:
            _points(axes, result, row, column, colour)
        _dress(axes, result, row, column, context)
    _legend(figure, result, colour, context)
    return figure


def _colours(result: ScatterMatrix) -> dict[str, str]:
    signal, background = ([s.name for s in result.samples if s.kind == kind] for kind in ("signal", "background"))
    return sample_colours(signal, background)


def _points(axes: Axes, result: ScatterMatrix, row: int, column: int, colour: dict[str, str]) -> None:
    for sample in sorted(result.samples, key=lambda sample: sample.kind):  # background first, signal upon it
        axes.plot(
            sample.values[:, column],
            sample.values[:, row],
            linestyle="none",
            marker="o",
            markersize=1.7,
            markeredgewidth=0,
            alpha=0.45,
            color=colour[sample.name],
            rasterized=True,
        )


def _shapes(axes: Axes, distribution: FeatureDistribution, colour: dict[str, str]) -> None:
    for sample in distribution.samples:
        total = sample.histogram.total
        if total.sum() > 0:
            axes.stairs(total / total.sum(), distribution.edges, color=colour[sample.name], linewidth=1, baseline=None)
    axes.set_ylim(bottom=0, top=1.1 * axes.get_ylim()[1])
    axes.set_yticks([])


def _dress(axes: Axes, result: ScatterMatrix, row: int, column: int, context: Context) -> None:
    """Give every panel of a column the same abscissa, and what stands at the rim its name."""
    count = len(result.features)
    for axis, place, limits in ((axes.xaxis, column, axes.set_xlim), (axes.yaxis, row, axes.set_ylim)):
        if axis is axes.yaxis and row == column:
            continue
        edges = result.distributions[place].edges
        limits(edges[0], edges[-1])
        whole = bool(np.all(np.diff(edges) == 1))
        axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], integer=whole))
    axes.minorticks_off()
    axes.tick_params(labelsize="xx-small", length=3, labelbottom=row == count - 1, labelleft=0 == column != row)
    if row == count - 1:
        title = context.title_of(result.features[column])
        axes.set_xlabel(title, fontsize=_size(title, count), loc="center")
    if column == 0:
        title = context.title_of(result.features[row])
        axes.set_ylabel(title, fontsize=_size(title, count), loc="center")


def _side(count: int) -> float:
    return max(_SIDE, _WHOLE / count)


def _size(title: str, count: int) -> float:
    """Return the size in points at which a title is not much longer than a panel is wide."""
    fitting = 72 * _side(count) / (_POINTS_A_LETTER * max(len(title), 1))
    return min(_LARGEST, max(_SMALLEST, fitting))


def _legend(figure: Figure, result: ScatterMatrix, colour: dict[str, str], context: Context) -> None:
    titles = {sample.name: context.titles.get(sample.name) or sample.title for sample in result.samples}
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=5, color=colour[name], label=title)
        for name, title in titles.items()
    ]
    if len(result.features) >= _LEGEND_INSIDE_FROM:
        figure.legend(handles=handles, loc="upper right", bbox_to_anchor=(0.99, 0.94))
    else:
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
