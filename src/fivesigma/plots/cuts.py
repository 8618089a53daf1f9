"""Figures of merit against the cut on the score, and against a cut on one input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.evaluation.figures_of_merit import FigureOfMerit, MeritScan
from fivesigma.evaluation.single_cuts import CutScan, SingleCut
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import PALETTE, Context, colours, new_grid, spread_score_axis

__all__ = ["plot_merits", "plot_single_cuts"]

_CLOSE = 1e-4
_ABOVE, _BELOW, _RATIO = PALETTE[0], PALETTE[6], "grey"


@register_several(MeritScan)
def plot_merits(scans: Sequence[MeritScan], *, context: Context, names: Sequence[str] | None = None) -> Figure:
    """Draw figures of merit against the cut, a panel each, with the honest maximum of each model and the naive one.

    Parameters
    ----------
    scans
        One for each model.
    context
        What stands at the top.
    names
        Which figures of merit; all that the first scan has if None.

    Raises
    ------
    FivesigmaError
        If there is no figure of merit of such a name.
    """
    there = [figure.name for figure in scans[0].figures]
    names = there if names is None else names
    for name in names:
        if name not in there:
            raise FivesigmaError(f"no figure of merit {name!r}{suggestion(name, there)}")
    columns = min(3, len(names))
    figure, panels = new_grid(context, len(names), columns=columns, panel=(4.2, 3.5) if len(names) > 1 else (5.8, 4.6))
    colour = colours((scan.model for scan in scans), context)
    for axes, name in zip(panels, names, strict=True):
        for scan in scans:
            merit = next(merit for merit in scan.figures if merit.name == name)
            _merit(axes, scan, merit, colour[scan.model], context)
            axes.set_ylabel(merit.title, fontsize="small")
        spread_score_axis(axes, _last_cut(scans))
        axes.tick_params(axis="x", labelrotation=45)
        axes.set_xlabel("cut on the score")
        axes.set_ylim(bottom=0, top=1.12 * axes.get_ylim()[1])
    panels[0].plot([], [], "ok", markersize=5, label="best, chosen on other folds")
    panels[0].plot([], [], "ok", markersize=5, fillstyle="none", label="best, naive")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3 if len(names) == 1 else 5)
    return figure


@register_several(SingleCut)
def plot_single_cuts(results: Sequence[SingleCut], *, context: Context, columns: int = 4) -> Figure:
    """Draw Asimov Z (lines, left) and S/B (dotted, right) against a cut on each input, keeping what is above or below."""
    figure, panels = new_grid(context, len(results), columns=columns, panel=(3.6, 2.9))
    for axes, result in zip(panels, results, strict=True):
        right = axes.twinx()
        right.tick_params(colors=_RATIO, which="both", direction="in", labelsize="x-small")
        axes.tick_params(right=False, which="both", labelsize="x-small")
        for side in (axes, right):
            side.minorticks_off()
        right.spines[:].set_visible(False)
        for scan in result.scans:
            _scan(axes, right, scan)
        axes.axhline(result.no_cut_asimov_z, color="black", linewidth=0.8, linestyle="--")
        _best(axes, result)
        low, high = _bulk(result)
        axes.set_xlim(low, high if high > low else low + 1)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.set_xlabel(context.title_of(result.feature), fontsize="small")
        axes.set_ylim(bottom=0, top=1.25 * axes.get_ylim()[1])
        right.set_ylim(bottom=0, top=1.25 * right.get_ylim()[1])
    for row in range(0, len(panels), columns):
        panels[row].set_ylabel(f"Asimov Z, {100 * results[0].background_uncertainty:g} % on B", fontsize="small")
    _key(figure)
    return figure


def _merit(axes: Axes, scan: MeritScan, merit: FigureOfMerit, colour: str, context: Context) -> None:
    axes.plot(scan.cuts, _drawn(merit.values), color=colour, label=context.title_of(scan.model))
    if (best := merit.best) is None:
        return
    value = best.value
    reach = [[max(value.value - value.low, 0)], [max(value.high - value.value, 0)]]
    axes.axvline(best.cut, color=colour, linewidth=0.8, linestyle="--")
    axes.plot(best.naive_cut, best.naive_value, "o", color=colour, fillstyle="none", markersize=6)
    axes.errorbar(best.cut, value.value, yerr=reach, color=colour, marker="o", markersize=5)


def _last_cut(scans: Sequence[MeritScan]) -> float:
    """Return the tightest cut at which any figure of merit has a value."""
    last = [
        scan.cuts[place]
        for scan in scans
        for merit in scan.figures
        for place, value in enumerate(merit.values)
        if value is not None
    ]
    return float(max(last, default=1 - _CLOSE))


def _scan(left: Axes, right: Axes, scan: CutScan) -> None:
    colour = _ABOVE if scan.direction == ">=" else _BELOW
    left.plot(scan.cuts, _drawn(scan.asimov_z), color=colour)
    right.plot(scan.cuts, _drawn(scan.s_over_b), color=colour, linestyle=":", linewidth=1.2)


def _bulk(result: SingleCut) -> tuple[float, float]:
    """Return the range of cuts that leaves out the outermost half per cent of the events at either end."""
    above = next(scan for scan in result.scans if scan.direction == ">=")
    events = above.signal + above.background
    inside = above.cuts[(events >= 0.005 * events[0]) & (events <= 0.995 * events[0])]
    return (float(inside[0]), float(inside[-1])) if len(inside) > 1 else (float(above.cuts[0]), float(above.cuts[-1]))


def _best(axes: Axes, result: SingleCut) -> None:
    if (best := result.best_asimov_z) is None:
        return
    colour = _ABOVE if best.direction == ">=" else _BELOW
    cut = np.clip(best.cut, *_bulk(result))
    axes.axvline(cut, color=colour, linewidth=0.8, linestyle="--")
    axes.plot(cut, best.value.value, "o", color=colour, markersize=5, clip_on=False, zorder=5)


def _key(figure: Figure) -> None:
    axes = figure.axes[0]
    handles = [
        axes.plot([], [], color=_ABOVE, label="Asimov Z, keeping above")[0],
        axes.plot([], [], color=_BELOW, label="keeping below")[0],
        axes.plot([], [], color=_RATIO, linestyle=":", label="S / B (right)")[0],
        axes.plot([], [], color="black", linestyle="--", linewidth=0.8, label="Z without a cut")[0],
        axes.plot([], [], "ok", markersize=5, label="best, chosen on other folds")[0],
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5)


def _drawn(values: Sequence[float | None]) -> list[float]:
    """Return values with gaps where there are none, as matplotlib marks them."""
    return [np.nan if value is None else value for value in values]
