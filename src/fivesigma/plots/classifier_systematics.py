"""Systematics through a classifier: δμ against the cut, scores that systematics shift, and a count beside a fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from fivesigma.core.arrays import Bools, Floats
from fivesigma.plots.curves import legend_below, legend_grid, line_styles
from fivesigma.plots.registry import register, register_several
from fivesigma.plots.style import (
    BACKGROUND,
    PALETTE,
    SIGNAL,
    Context,
    colours,
    digits,
    figure_with_ratio,
    logarithmic,
    new_figure,
    spread_score_axis,
)
from fivesigma.searches.classifier_systematics import StrengthScan
from fivesigma.searches.count_and_fit import CountAndFit
from fivesigma.searches.shifted_scores import ClassShift, ShiftedScores

__all__ = ["plot_count_and_fit", "plot_shifted_scores", "plot_strength_scan", "plot_strength_totals"]

_PARTS = {
    "total": ("total", "black", "-", 2.4),
    "systematic": ("all systematics", "black", "--", 1.6),
    "statistics": ("statistics", PALETTE[8], "-", 1.6),
    "signal": ("signal", SIGNAL, "-", 1.6),
    "background": ("background", BACKGROUND, "-", 1.6),
    "luminosity": ("luminosity", PALETTE[1], "-", 1.6),
    "detector": ("detector", PALETTE[4], "-", 1.6),
}
"""Name, colour, line and width of each part."""
_SIMULATION = ("simulated events", PALETTE[3], ":", 1.6)
_HIGHEST_RATIO = 2.0
_CHOSEN = "best, chosen on other folds"


@register_several(StrengthScan)
def plot_strength_totals(scans: Sequence[StrengthScan], *, context: Context) -> Figure:
    """Draw the total δμ against the cut for each model, up to the cuts that leave too little background, with the best."""
    models = [scan.model for scan in scans]
    names = [f"{context.title_of(scan.model)}: {digits(scan.best.total, 2)} at {scan.best.cut:.3g}" for scan in scans]
    columns, height = legend_grid([*names, _CHOSEN], 5.8)
    figure, axes = new_figure(context, size=(5.8, 4.4 + height))
    colour, style = colours(models, context), line_styles(models, context)
    for scan, name in zip(scans, names, strict=True):
        shown = _shown(scan)
        mine = colour[scan.model]
        axes.plot(scan.cuts[shown], scan.uncertainty.total[shown], color=mine, linestyle=style[scan.model], label=name)
        axes.plot(scan.best.cut, scan.best.total, "o", color=mine, markersize=6)
    axes.plot([], [], "ok", markersize=6, label=_CHOSEN)
    _cut_axes(axes, scans, "total δμ")
    legend_below(figure, axes, columns)
    return figure


@register(StrengthScan)  # of one alone the parts are drawn
def plot_strength_scan(scan: StrengthScan, *, context: Context) -> Figure:
    """Draw δμ and its parts against the cut on a model's score, with the best cut and those of the folds."""
    parts = {name: getattr(scan.uncertainty, name) for name in _PARTS}
    columns, height = legend_grid([title for title, *_ in (*_PARTS.values(), _SIMULATION)], 5.8)
    figure, axes = new_figure(context, size=(5.8, 4.5 + height))
    shown = _shown(scan)
    for name, values in parts.items():
        title, colour, style, width = _PARTS[name]
        if values.any():
            axes.plot(
                scan.cuts[shown], _drawn(values[shown]), color=colour, linestyle=style, linewidth=width, label=title
            )
    detector, error = scan.uncertainty.detector[shown], scan.detector_error[shown]
    low = np.maximum(detector - error, 1e-9)
    axes.fill_between(scan.cuts[shown], low, detector + error, color=_PARTS["detector"][1], alpha=0.15, linewidth=0)
    title, colour, style, width = _SIMULATION
    axes.plot(scan.cuts[shown], scan.mc_statistics[shown], color=colour, linestyle=style, linewidth=width, label=title)
    _best_cut(axes, scan)
    least = min(float(values[shown].min()) for name, values in parts.items() if name != "detector" and values.any())
    _cut_axes(axes, [scan], "δμ")
    axes.set_ylim(bottom=least / 2)
    axes.set_xlabel(f"cut on {context.title_of(scan.model)} (fraction of background below)")
    legend_below(figure, axes, columns)
    return figure


@register(ShiftedScores)
def plot_shifted_scores(result: ShiftedScores, *, context: Context) -> Figure:
    """Draw the score of signal and background, nominal and varied, and below it their ratios with the errors of the change."""
    figure, main, ratio = figure_with_ratio(context, size=(5.8, 6.2))
    for shift, colour in zip(result.classes, (SIGNAL, BACKGROUND), strict=True):
        main.stairs(shift.nominal, result.edges, fill=True, color=colour, alpha=0.25, label=f"{shift.name}, nominal")
        for one, line in zip(shift.shifts, _lines(shift), strict=True):
            main.stairs(
                one.total, result.edges, color=colour, linestyle=line, linewidth=1.4, label=f"{shift.name}, {one.label}"
            )
        _ratios(ratio, result.edges, shift, colour)
    low, high = ratio.get_ylim()
    ratio.set_ylim(max(low, 0.0), min(high, _HIGHEST_RATIO))  # a bin with next to nothing in it would dwarf all others
    ratio.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    logarithmic(main)
    totals = np.concatenate([shift.nominal for shift in result.classes])
    low, high = float(totals[totals > 0].min()) / 3, float(totals.max())
    main.set(ylim=(low, high * (high / low) ** 0.35), ylabel="events / bin")
    main.legend(ncols=2, loc="upper center", title=f"{context.title_of(result.systematic)}, ± 1σ")
    spread_score_axis(main, result.edges[-2])
    ratio.tick_params(axis="x", labelsize="x-small")
    ratio.set_ylabel("varied /\nnominal", loc="center")
    ratio.set_xlabel(f"score of {context.title_of(result.model)} (fraction of background below)")
    return figure


@register_several(CountAndFit)
def plot_count_and_fit(results: Sequence[CountAndFit], *, context: Context) -> Figure:
    """Draw δμ of a count at the best cut and of a fit of the whole score, two bars for each model."""
    figure, axes = new_figure(context, size=(5.8, 1.9 + 0.75 * len(results)))
    rows = np.arange(len(results))
    for offset, colour, sizes in (
        (-0.19, BACKGROUND, [result.count for result in results]),
        (0.19, PALETTE[1], [result.fit for result in results]),
    ):
        bars = axes.barh(rows + offset, sizes, height=0.36, color=colour)
        axes.bar_label(bars, [digits(size, 2) for size in sizes], padding=4, fontsize="small")
    axes.set_yticks(rows, [context.title_of(result.model) for result in results])
    axes.tick_params(axis="y", which="both", length=0)
    axes.set(ylim=(len(results) - 0.45, -0.55), xlim=(0, 1.18 * max(max(r.count, r.fit) for r in results)))
    axes.set_xlabel("expected δμ for μ = 1, that of the simulation's statistics included")
    handles = [
        Patch(color=BACKGROUND, label="count above the best cut"),
        Patch(color=PALETTE[1], label="fit of the whole score"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _shown(scan: StrengthScan) -> Bools:
    """Return the cuts that leave enough background to be believed."""
    shown: Bools = scan.background_effective >= scan.floor
    return shown


def _drawn(values: Floats) -> Floats:
    """Return values with gaps where there are none that a logarithmic scale can show."""
    return np.where(values > 0, values, np.nan)


def _cut_axes(axes: Axes, scans: Sequence[StrengthScan], title: str) -> None:
    spread_score_axis(axes, max(float(scan.cuts[_shown(scan)][-1]) for scan in scans))
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="cut on the score (fraction of background below)", ylabel=title)


def _best_cut(axes: Axes, scan: StrengthScan) -> None:
    for number, cut in enumerate(sorted(set(scan.best.cuts))):
        label = None if number else "cut of each fold"
        axes.axvline(cut, color="grey", linewidth=0.8, linestyle="-.", label=label)
    axes.plot(scan.best.cut, scan.best.total, "ok", markersize=6, label=_CHOSEN)


def _lines(shift: ClassShift) -> tuple[str, ...]:
    return tuple("-" if one.label == "up" else "--" for one in shift.shifts)


def _ratios(axes: Axes, edges: Floats, shift: ClassShift, colour: str) -> None:
    known = shift.nominal > 0
    safe = np.where(known, shift.nominal, 1.0)
    for one, line in zip(shift.shifts, _lines(shift), strict=True):
        ratio, error = np.where(known, one.total / safe, 1.0), np.where(known, one.difference_error / safe, 0.0)
        axes.stairs(ratio, edges, baseline=None, color=colour, linestyle=line, linewidth=1.4)
        axes.stairs(ratio + error, edges, baseline=ratio - error, fill=True, color=colour, alpha=0.2, linewidth=0)
    axes.axhline(1, color="dimgrey", linewidth=0.8)
