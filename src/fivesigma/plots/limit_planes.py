"""Limits over a grid of signal points: bands against one parameter, contours over two, rows otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.core.numbers import digits
from fivesigma.inference.limit_plane import LimitPlane, LimitRow, LimitTable
from fivesigma.inference.limits import NamedLimit
from fivesigma.inference.published_limits import PublishedLimits
from fivesigma.plots.limit_contours import PUBLISHED, plot_contours
from fivesigma.plots.limits import ONE_SIGMA, TWO_SIGMA, plot_limits
from fivesigma.plots.registry import register
from fivesigma.plots.style import DATA, SIGNAL, Context, logarithmic, new_figure, new_grid

__all__ = ["plot_limit_plane", "plot_limit_table"]

_LOGARITHMIC_BEYOND = 30.0  # largest over smallest limit
_LOGARITHMIC_PARAMETER = 1000.0  # largest over smallest value of the parameter


@register(LimitPlane)
def plot_limit_plane(result: LimitPlane, *, context: Context) -> Figure:
    """Draw the limits of a plane."""
    return plot_limit_table(result.table, context=context)


@register(LimitTable)
def plot_limit_table(result: LimitTable, *, context: Context) -> Figure:
    """Draw limits over a grid; points without a limit are crosses.

    Against one parameter: the limit on μ, expected with its bands and observed; where it lies below the line at μ = 1 the
    signal is excluded. Above it, where all cross-sections are known, the same in pb, beside what others published. Over two parameters see
    `fivesigma.plots.limit_contours.plot_contours`. Over more, or for a single limit: one row each.
    """
    known = [row for row in result.points if row.limit_expected is not None]
    if not known:
        return _nothing(context)
    if len(known) > 1 and len(result.parameters) == 1:
        return _curves(result, context)
    if len(known) > 1 and len(result.parameters) == 2:
        return plot_contours(result, context=context)
    names = [", ".join(f"{name} = {digits(value)}" for name, value in row.parameters.items()) for row in known]
    limits = [
        NamedLimit(name=name, expected=row.limit_expected, observed=row.limit_observed, level=result.level)
        for name, row in zip(names, known, strict=True)
        if row.limit_expected is not None
    ]
    return plot_limits(limits, context=context)


def _curves(result: LimitTable, context: Context) -> Figure:
    (parameter,) = result.parameters
    rows = sorted(result.points, key=lambda row: row.parameters[parameter])
    place = np.asarray([row.parameters[parameter] for row in rows])
    theory = np.asarray([row.cross_section or np.nan for row in rows])
    what = f"{100 * result.level:g} % CL limit on"
    if np.all(np.isfinite(theory)):
        figure, (upper, lower) = new_grid(context, 2, columns=1, panel=(5.8, 3.3))
        _band(upper, place, rows, theory, context, _published(upper, result.published, place))
        upper.set_ylabel(f"{what} σ [pb]")
        upper.tick_params(axis="x", labelbottom=False)
    else:
        figure, lower = new_figure(context)
    _band(lower, place, rows, np.ones_like(place), context, np.empty(0))
    lower.set(ylabel=f"{what} μ", xlabel=context.titles.get(parameter) or result.titles.get(parameter) or parameter)
    for axes in figure.axes:
        if place[0] > 0 and place[-1] > _LOGARITHMIC_PARAMETER * place[0]:
            axes.set_xscale("log")
        axes.set_xlim(place[0], place[-1])
    handles = {
        label: handle
        for axes in figure.axes[::-1]
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _published(axes: Axes, published: Sequence[PublishedLimits], place: Floats) -> Floats:
    """Draw cross-section limits of others within the range of our points, and return them, shape (n,)."""
    everything = [np.empty(0)]
    for limits, colour in zip(published, cycle(PUBLISHED)):
        for kind, line in (("observed", "-"), ("expected", "--")):
            known = sorted(
                (limits.place(point)[0], getattr(point, kind)) for point in limits.points if getattr(point, kind)
            )
            drawn = np.asarray([pair for pair in known if place[0] <= pair[0] <= place[-1]]).reshape(-1, 2)
            if len(drawn):
                label = f"{limits.title}, {kind}"
                axes.plot(drawn[:, 0], drawn[:, 1], color=colour, linestyle=line, label=label)
                everything.append(drawn[:, 1])
    return np.concatenate(everything)


def _band(axes: Axes, place: Floats, rows: Sequence[LimitRow], unit: Floats, context: Context, others: Floats) -> None:
    """Draw limits in units of what the signal has at μ = 1, of shape (points,), with gaps where there is none.

    The ordinate reaches ``others``, limits drawn before, too.
    """
    bands = unit[:, None] * np.asarray([row.limit_expected or [np.nan] * 5 for row in rows])
    observed = unit * np.asarray([np.nan if row.limit_observed is None else row.limit_observed for row in rows])
    low2, low1, median, high1, high2 = bands.T
    if np.any(np.isfinite(observed)):
        title = f"observed ({context.data_title})" if context.pseudo_data else "observed"
        axes.plot(place, observed, color=DATA, marker="o", markersize=4, label=title)
    axes.plot(place, median, color="black", linestyle="--", marker=".", label="expected")
    axes.fill_between(place, low1, high1, color=ONE_SIGMA, linewidth=0, label="± 1σ")
    axes.fill_between(place, low2, high2, color=TWO_SIGMA, linewidth=0, label="± 2σ", zorder=0.9)
    axes.plot(place, unit, color=SIGNAL, label="signal, μ = 1")
    missing = place[np.isnan(median)]
    if len(missing):
        low, where = np.full(len(missing), 0.04), axes.get_xaxis_transform()
        (crosses,) = axes.plot(missing, low, color="dimgrey", marker="x", linestyle="none", label="no limit")
        crosses.set(transform=where, clip_on=False, zorder=5)
    drawn = np.concatenate([bands.ravel(), observed, unit, others])
    least, most = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    if most > _LOGARITHMIC_BEYOND * least:
        logarithmic(axes)
        axes.set_ylim(least / 2, 2 * most)
    else:
        axes.set_ylim(0, 1.1 * most)


def _nothing(context: Context) -> Figure:
    figure, axes = new_figure(context, size=(5.8, 2.0))
    axes.set_axis_off()
    axes.text(0.5, 0.5, "no limit at any point", transform=axes.transAxes, ha="center", va="center")
    return figure
