"""The uncertainty of a counted signal strength against luminosity, purity or number of events."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from fivesigma.inference.strength_scans import PrecisionScan, Quantity
from fivesigma.plots.curves import legend_below, legend_grid
from fivesigma.plots.registry import register
from fivesigma.plots.style import PALETTE, SIGNAL, Context, digits, new_grid

__all__ = ["plot_strength_scan"]

_AXES: dict[Quantity, tuple[str, str]] = {
    "luminosity factor": ("luminosity factor α", "α"),
    "purity": ("purity $f_S = S/n$, at the same n", "$f_S$"),
    "events": ("events n, at the same purity", "n"),
}
_SOURCES = {
    "signal": ("signal efficiency", PALETTE[5], "--"),
    "background": ("background efficiency", PALETTE[0], "--"),
    "luminosity": ("luminosity", PALETTE[1], "-."),
    "detector": ("detector", PALETTE[4], ":"),
}


@register(PrecisionScan)
def plot_strength_scan(result: PrecisionScan, *, context: Context) -> Figure:
    """Draw the total uncertainty and its sources in linear scales, and in logarithmic ones beside them."""
    sources = [title for name, (title, *_) in _SOURCES.items() if np.any(getattr(result.uncertainty, name) > 0)]
    shared = [
        "total",
        "statistics",
        "systematics",
        "here: σ = 0.000",
        "target: σ = 0.000, not reached",
        "reached at α = 0.00",
    ]
    columns, height = legend_grid(shared + sources if sources else shared[2:], 9.2)
    figure, panels = new_grid(context, 2, columns=2, panel=(4.6, 3.9 + height))
    for axes in panels:
        _curves(axes, result)
        axes.set(xlabel=_AXES[result.quantity][0], ylabel="uncertainty of the signal strength, $σ_μ$")
    linear, logarithmic = panels
    _linear_range(linear, result)
    logarithmic.set(xscale="log", yscale="log", xlim=(result.values.min(), result.values.max()))
    logarithmic.set_ylim(*_decades(result))
    for axis, (low, high) in ((logarithmic.xaxis, logarithmic.get_xlim()), (logarithmic.yaxis, logarithmic.get_ylim())):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 200 * low else (1.0,)))
        axis.set_major_formatter(lambda tick, _: f"{tick:g}" if tick < 1e4 else f"$10^{round(math.log10(tick))}$")
        axis.set_minor_formatter(NullFormatter())
    legend_below(figure, linear, columns)
    return figure


def _curves(axes: Axes, result: PrecisionScan) -> None:
    x, uncertainty = result.values, result.uncertainty
    systematic = bool(np.any(uncertainty.systematic > 0))
    axes.plot(x, uncertainty.total, color="black", linewidth=2.2, label="total" if systematic else "statistics only")
    if systematic:
        axes.plot(x, uncertainty.statistics, color="dimgrey", label="statistics")
        axes.plot(x, uncertainty.systematic, color=SIGNAL, label="systematics")
    for name, (title, colour, line) in _SOURCES.items():
        if np.any(getattr(uncertainty, name) > 0):
            axes.plot(x, getattr(uncertainty, name), color=colour, linestyle=line, linewidth=1.2, label=title)
    axes.plot(
        result.nominal,
        result.nominal_total,
        color="black",
        marker="o",
        linestyle="none",
        label=f"here: $σ_μ$ = {digits(result.nominal_total, 3)}",
    )
    if result.target is not None:
        _target(axes, result.target, result.reached, _AXES[result.quantity][1])


def _target(axes: Axes, target: float, reached: float | None, symbol: str) -> None:
    missed = ", not reached" if reached is None else ""
    axes.axhline(target, color=PALETTE[3], linewidth=1, label=f"target: $σ_μ$ = {digits(target, 3)}{missed}")
    if reached is not None:
        axes.plot(
            reached,
            target,
            color="black",
            marker="o",
            markerfacecolor="white",
            linestyle="none",
            label=f"reached at {symbol} = {digits(reached, 3)}",
        )


def _linear_range(axes: Axes, result: PrecisionScan) -> None:
    """Show what lies around the nominal point: a range of three decades shows one in linear scales."""
    ends = [result.nominal] if result.reached is None else [result.nominal, result.reached]
    last = 1.0 if result.quantity == "purity" else min(float(result.values.max()), 3 * max(ends))
    axes.set(xlim=(0, last), ylim=(0, 2.5 * result.nominal_total))


def _decades(result: PrecisionScan) -> tuple[float, float]:
    """Return the range of logarithmic uncertainties: no source of them a tenth of the smallest total is looked at."""
    total = result.uncertainty.total
    return (0.1 if np.any(result.uncertainty.systematic > 0) else 0.7) * float(total.min()), 1.5 * float(total.max())
