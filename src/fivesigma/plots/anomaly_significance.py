"""Local p-values of a scan against the mass hypothesis."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.core.arrays import Floats
from fivesigma.plots.anomaly_panels import (
    at_hypotheses,
    interval_text,
    mass_axis,
    mass_text,
    p_value_text,
    per_cent,
    selection_styles,
)
from fivesigma.plots.registry import register
from fivesigma.plots.style import SIGNAL, Context, new_figure, power_of_ten
from fivesigma.searches.anomaly.results import AnomalyScan
from fivesigma.searches.anomaly.views import LocalSignificances, local_significances
from fivesigma.statistics.significance import log_p_from_z

__all__ = ["plot_anomaly_scan", "plot_local_significances"]

_SIGMAS = (5, 3, 1, 2, 4, 6, 7, 10, 15, 20, 25, 30, 40, 50, 70, 100)
"""Lines that may be drawn, those first that are wanted most."""
_LOWEST = 5.2  # σ that the ordinate reaches at least
_APART = 0.05  # of the height, from one line to the next


@register(LocalSignificances)
def plot_local_significances(result: LocalSignificances, *, context: Context) -> Figure:
    """Draw the local p-value of each selection against the mass hypothesis, with lines of whole σ, and mark the smallest.

    The ordinate is linear in log p, which has no smallest value; deficits lie close to p = 1.
    """
    figure, axes = new_figure(context, size=(6.4, 5.2))
    for curve, (colour, marker) in zip(result.curves, selection_styles(len(result.curves)), strict=True):
        axes.plot(
            result.hypotheses,
            at_hypotheses(result.hypotheses, curve.mass, _decades(curve.log_p)),
            color=colour,
            marker=marker,
            markersize=4.5,
            label=f"{per_cent(curve.efficiency)} of events selected",
        )
    _mark_best(axes, result)
    lowest = min(
        [_decades(log_p_from_z(_LOWEST)).item(), *(1.06 * _decades(c.log_p).min(initial=0.0) for c in result.curves)]
    )
    axes.set_ylim(lowest, -0.03 * lowest)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.yaxis.set_major_formatter(lambda tick, _: power_of_ten(round(tick)) if tick else "1")
    axes.yaxis.set_minor_locator(MaxNLocator(40, integer=True))
    _sigma_lines(axes, lowest)
    mass_axis(axes, result.hypotheses, result.range, np.concatenate([curve.mass for curve in result.curves]))
    axes.set(xlabel=result.title, ylabel="local p-value")
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=2,
        title=_headline(result),
        alignment="left",
    )
    return figure


@register(AnomalyScan)
def plot_anomaly_scan(result: AnomalyScan, *, context: Context) -> Figure:
    """Draw the local p-values of a scan."""
    return plot_local_significances(local_significances(result), context=context)


def _decades(log_p: Floats) -> Floats:
    return np.asarray(log_p) / math.log(10)


def _mark_best(axes: Axes, result: LocalSignificances) -> None:
    if (best := result.best) is None:
        return
    where = f"{mass_text(best.mass, result.title)}, {per_cent(best.efficiency)}"
    axes.plot(
        best.mass,
        best.log_p / math.log(10),
        color=SIGNAL,
        marker="o",
        markersize=12,
        markerfacecolor="none",
        markeredgewidth=1.8,
        linestyle="none",
        label=f"best: {where}, {best.z:.2f}σ".replace("-", "\N{MINUS SIGN}"),
    )


def _sigma_lines(axes: Axes, lowest: float) -> None:
    """Draw lines at whole significances as far as they are apart, titled at the right."""
    drawn = [0.0]
    for sigma in _SIGMAS:
        at = _decades(log_p_from_z(sigma)).item()
        if at <= lowest or min(abs(at - other) for other in drawn) < _APART * abs(lowest):
            continue
        drawn.append(at)
        axes.axhline(at, color="grey", linewidth=0.8, linestyle="--" if sigma == 5 else ":", zorder=0)
        axes.annotate(
            f"{sigma}σ",
            (1.01, at),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize="x-small",
            color="dimgrey",
        )


def _headline(result: LocalSignificances) -> str:
    if result.best is None:
        return "nothing was looked at"
    local = f"smallest local p = {p_value_text(result.best.log_p)}"
    if result.p_global is None:
        return f"{local}, of {result.trials} looked at"
    return f"{local}, of {result.trials} looked at\nglobal p {interval_text(result.p_global)}, {result.p_global.method}"
