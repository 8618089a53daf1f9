"""Limits over a plane of two parameters: interpolated shades and the contours at μ = 1."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator, NullLocator
from matplotlib.tri import Triangulation

from fivesigma.core.arrays import Floats
from fivesigma.inference.grid_geometry import decorrelation
from fivesigma.inference.limit_plane import LimitRow, LimitTable
from fivesigma.inference.published_comparison import published_at
from fivesigma.inference.published_limits import PublishedLimits
from fivesigma.plots.diagonal_planes import upright
from fivesigma.plots.style import DATA, PALETTE, SIGNAL, Context, digits, new_figure

__all__ = ["PUBLISHED", "plot_contours"]

PUBLISHED = (PALETTE[4], PALETTE[5], PALETTE[0], PALETTE[6])
"""Colours of the limits of others."""

_LEAST_TO_INTERPOLATE = 4  # points
_MOST_NUMBERS = 30
_SHORT = 24  # letters of a label, four of which stand side by side
_WIDTH = 6.6
_SHADES = 32
_COLOURS = "viridis_r"
_DECADES_ALONE = 1000.0  # largest over smallest limit beyond which the scale tells but powers of ten


def plot_contours(result: LimitTable, *, context: Context) -> Figure:
    """Draw the median expected limit on μ over two parameters, and where μ = 1 is on the verge of exclusion.

    ln(limit) is interpolated linearly in the triangles between points (Delaunay); with fewer than four points, or all on one
    line, the points alone are drawn. Dashed: expected; dotted: its ± 1σ; solid: observed. Signals on the side of
    smaller limits are excluded. Two masses that differ by little are drawn as one and their difference.

    Limits of others are lines of their own colours: their contours as published, and where their cross-section limits, at our points,
    are the cross-sections of the signal; crosses where such limits are published of a signal whose cross-section is not known here.
    """
    result = upright(result, context)
    figure, axes = new_figure(context, size=(_WIDTH, 5.2))
    known = [row for row in result.points if row.limit_expected is not None]
    place = _places(known, result.parameters)
    logarithms = np.log(np.asarray([row.limit_expected for row in known], dtype=np.float64))
    median, scale = logarithms[:, 2], _scale(logarithms[:, 2])
    triangles = _triangles(place)
    if triangles is None:
        axes.scatter(place[:, 0], place[:, 1], s=90, c=median, norm=scale, cmap=_COLOURS, edgecolors="black")
    else:
        levels = np.linspace(scale.vmin or 0.0, scale.vmax or 0.0, _SHADES + 1)
        axes.tricontourf(triangles, median, levels=levels, norm=scale, cmap=_COLOURS)
        _contours(axes, triangles, logarithms, known, context)
        axes.plot(place[:, 0], place[:, 1], color="black", marker="o", markersize=3, linestyle="none")
    if len(known) <= _MOST_NUMBERS:
        _numbers(axes, place, median, 4 if triangles else 7)
    for published, colour in zip(result.published, cycle(PUBLISHED)):
        _published(axes, result, published, colour)
    _crosses(axes, _places([row for row in result.points if row.limit_expected is None], result.parameters))
    first, second = (context.titles.get(name) or result.titles.get(name) or name for name in result.parameters)
    axes.set(xlabel=first, ylabel=second)
    axes.use_sticky_edges = False
    axes.margins(0.08)
    _colour_bar(figure, axes, scale, f"expected {100 * result.level:g} % CL limit on μ")
    _legend(figure, axes)
    return figure


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        columns = 4 if max(map(len, labels)) <= _SHORT else 2
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)


def _places(rows: Sequence[LimitRow], parameters: Sequence[str]) -> Floats:
    return np.asarray([[row.parameters[name] for name in parameters] for row in rows]).reshape(-1, 2)


def _scale(logarithms: Floats) -> Normalize:
    """Return a scale of colours for ln(limit); one that is not empty where all limits are the same."""
    return Normalize(float(logarithms.min()) - 1e-3, float(logarithms.max()) + 1e-3)


def _triangles(place: Floats) -> Triangulation | None:
    """Return triangles between points of shape (n, 2), near in units of their spread; None where they span no plane."""
    axes = decorrelation(place) if len(place) >= _LEAST_TO_INTERPOLATE else None
    if axes is None:
        return None
    near = Triangulation(*(place @ axes).T).triangles
    return Triangulation(place[:, 0], place[:, 1], near)


def _contours(
    axes: Axes, triangles: Triangulation, expected: Floats, rows: Sequence[LimitRow], context: Context
) -> None:
    styles: tuple[tuple[int, str, float, str | None], ...] = (
        (2, "--", 2.0, "expected, μ = 1"),
        (1, ":", 1.2, "± 1σ"),
        (3, ":", 1.2, None),
    )
    for column, line, width, label in styles:
        _contour(axes, triangles, expected[:, column], color=SIGNAL, style=(line, width), label=label)
    observed = [row.limit_observed for row in rows if row.limit_observed is not None]
    if len(observed) == len(rows):
        title = f"observed ({context.data_title})" if context.pseudo_data else "observed"
        _contour(axes, triangles, np.log(observed), color=DATA, style=("-", 2.0), label=f"{title}, μ = 1")


def _published(axes: Axes, result: LimitTable, published: PublishedLimits, colour: str) -> None:
    """Draw what others exclude, with the lines they published or from their limits."""
    order = [published.parameters.index(name) for name in result.parameters]
    for contour in published.contours:
        corners, label = np.asarray(contour.points)[:, order], f"{published.title}, {contour.name}"
        axes.plot(corners[:, 0], corners[:, 1], color=colour, linestyle=_line(contour.name), linewidth=1.6, label=label)
    if not published.points:
        return
    if all(row.cross_section is None for row in result.points):
        place = np.asarray([published.place(point) for point in published.points])[:, order]
        axes.plot(
            place[:, 0], place[:, 1], color=colour, marker="+", linestyle="none", label=f"{published.title}: limits"
        )
        return
    for kind, limits in zip(("observed", "expected"), published_at(result, published), strict=True):
        both = [(row, limit) for row, limit in zip(result.points, limits, strict=True) if row.cross_section and limit]
        ratios = np.log([limit / (row.cross_section or np.nan) for row, limit in both])
        triangles = _triangles(_places([row for row, _ in both], result.parameters))
        if triangles is not None:
            label = f"{published.title}, {kind}"
            _contour(axes, triangles, ratios, color=colour, style=(_line(kind), 1.6), label=label)


def _line(name: str) -> str:
    return "--" if "expected" in name else "-"


def _contour(
    axes: Axes, triangles: Triangulation, values: Floats, *, color: str, style: tuple[str, float], label: str | None
) -> None:
    if not values.min() < 0 < values.max():
        return
    line, width = style
    axes.tricontour(triangles, values, levels=[0.0], colors=color, linestyles=line, linewidths=width)
    axes.plot([], [], color=color, linestyle=line, linewidth=width, label=label)


def _numbers(axes: Axes, place: Floats, logarithms: Floats, above: int) -> None:
    halo = [withStroke(linewidth=2, foreground="white")]
    for (x, y), logarithm in zip(place, logarithms, strict=True):
        text = digits(float(np.exp(logarithm)), 2)
        where: dict[str, Any] = {"xytext": (0, above), "textcoords": "offset points", "ha": "center"}
        axes.annotate(text, (x, y), fontsize="x-small", path_effects=halo, **where)


def _crosses(axes: Axes, place: Floats) -> None:
    if len(place):
        axes.plot(place[:, 0], place[:, 1], color="dimgrey", marker="x", linestyle="none", label="no limit")


def _colour_bar(figure: Figure, axes: Axes, scale: Normalize, label: str) -> None:
    least, most = (float(np.exp(end or 0.0)) for end in (scale.vmin, scale.vmax))
    bar = figure.colorbar(ScalarMappable(LogNorm(least, most), _COLOURS), ax=axes, label=label)
    many = most > _DECADES_ALONE * least
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if many else (1.0, 2.0, 5.0)))
    bar.ax.yaxis.set_major_formatter(lambda tick, _: f"{tick:g}")
    bar.ax.yaxis.set_minor_locator(NullLocator())
