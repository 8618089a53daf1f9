"""Limits over a plane of two parameters: interpolated shades and the contours at μ = 1."""

from __future__ import annotations

from collections.abc import Sequence
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
from fivesigma.inference.limit_plane import LimitRow, LimitTable
from fivesigma.plots.style import DATA, SIGNAL, Context, digits, new_figure

__all__ = ["plot_contours"]

_LEAST_TO_INTERPOLATE = 4  # points
_FLAT = 1e-6  # of the plane's extent: points on one line, but for rounding
_MOST_NUMBERS = 30
_SHADES = 32
_COLOURS = "viridis_r"
_DECADES_ALONE = 1000.0  # largest over smallest limit beyond which the scale tells but powers of ten


def plot_contours(result: LimitTable, *, context: Context) -> Figure:
    """Draw the median expected limit on μ over two parameters, and where μ = 1 is on the verge of exclusion.

    ln(limit) is interpolated linearly in the triangles between points (Delaunay); with fewer than four points, or all on one
    line, the points alone are drawn. Dashed: expected; dotted: its ± 1σ; solid: observed. Signals on the side of
    smaller limits are excluded.
    """
    figure, axes = new_figure(context, size=(6.6, 5.2))
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
    _crosses(axes, _places([row for row in result.points if row.limit_expected is None], result.parameters))
    first, second = (context.titles.get(name) or result.titles.get(name) or name for name in result.parameters)
    axes.set(xlabel=first, ylabel=second)
    axes.use_sticky_edges = False
    axes.margins(0.08)
    _colour_bar(figure, axes, scale, f"expected {100 * result.level:g} % CL limit on μ")
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _places(rows: Sequence[LimitRow], parameters: Sequence[str]) -> Floats:
    return np.asarray([[row.parameters[name] for name in parameters] for row in rows]).reshape(-1, 2)


def _scale(logarithms: Floats) -> Normalize:
    """Return a scale of colours for ln(limit); one that is not empty where all limits are the same."""
    return Normalize(float(logarithms.min()) - 1e-3, float(logarithms.max()) + 1e-3)


def _triangles(place: Floats) -> Triangulation | None:
    """Return triangles between points of shape (n, 2), near in units of the plane's extent; None where there are too few."""
    extent = np.ptp(place, axis=0)
    if len(place) < _LEAST_TO_INTERPOLATE or not np.all(extent > 0):
        return None
    scaled = (place - place.mean(axis=0)) / extent
    if np.linalg.svd(scaled, compute_uv=False)[-1] < _FLAT:
        return None
    near = Triangulation(scaled[:, 0], scaled[:, 1]).triangles
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
