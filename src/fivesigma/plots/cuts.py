"""Figures of merit against the cut on the score, and against a cut on one input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.evaluation.figures_of_merit import FigureOfMerit, MeritScan
from fivesigma.evaluation.single_cuts import CutScan, SingleCut
from fivesigma.plots.curves import legend_below, legend_grid, line_styles, reach
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import PALETTE, Context, colours, new_grid, spread_score_axis

__all__ = ["plot_merits", "plot_single_cuts"]

Against: TypeAlias = Literal["cut", "signal_efficiency"]

_CLOSE = 1e-4
_DWARFED = 1.25
"""A naive maximum so many times above the rest of a panel is not drawn to scale."""
_HONEST, _NAIVE = "best, chosen on other folds", "best, naive"
_ABOVE, _BELOW, _RATIO = PALETTE[0], PALETTE[6], "grey"


@register_several(MeritScan)
def plot_merits(
    scans: Sequence[MeritScan], *, context: Context, names: Sequence[str] | None = None, against: Against = "cut"
) -> Figure:
    """Draw figures of merit, a panel each, with the honest maximum of each model and the naive one.

    A naive maximum that hangs on so little background that it would dwarf the curves is a triangle at the upper edge.

    Parameters
    ----------
    scans
        One for each model.
    context
        What stands at the top.
    names
        Which figures of merit; all that the first scan has if None.
    against
        What the abscissa is: the "cut" on the score, or the "signal_efficiency" of that cut.

    Raises
    ------
    FivesigmaError
        If there is no figure of merit of such a name, or no such abscissa.
    """
    if against not in (known := ("cut", "signal_efficiency")):
        raise FivesigmaError(
            f"figures of merit are drawn against {' or '.join(known)}, not {against!r}{suggestion(against, known)}"
        )
    there = [figure.name for figure in scans[0].figures]
    names = there if names is None else names
    for name in names:
        if name not in there:
            raise FivesigmaError(f"no figure of merit {name!r}{suggestion(name, there)}")
    columns, panel = min(3, len(names)), (4.2, 3.5) if len(names) > 1 else (5.8, 4.6)
    titles = [context.title_of(scan.model) for scan in scans]
    beside, height = legend_grid([*titles, _HONEST, _NAIVE], panel[0] * columns)
    rows = math.ceil(len(names) / columns)
    figure, panels = new_grid(context, len(names), columns=columns, panel=(panel[0], panel[1] + height / rows))
    lines = _Lines.of(scans, context)
    for axes, name in zip(panels, names, strict=True):
        merits = [next(merit for merit in scan.figures if merit.name == name) for scan in scans]
        for scan, merit in zip(scans, merits, strict=True):
            _merit(axes, scan, merit, lines, against)
        _naive(axes, scans, merits, lines, against)
        axes.set_ylabel(merits[0].title, fontsize="small")
        _abscissa(axes, scans, against)
        axes.set_ylim(bottom=0, top=1.12 * axes.get_ylim()[1])
    panels[0].plot([], [], "ok", markersize=5, label=_HONEST)
    panels[0].plot([], [], "ok", markersize=5, fillstyle="none", label=_NAIVE)
    legend_below(figure, panels[0], beside)
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


@dataclass(frozen=True, slots=True)
class _Lines:
    """How the line of each model is drawn and called."""

    colour: Mapping[str, str]
    style: Mapping[str, str]
    titles: Mapping[str, str]

    @classmethod
    def of(cls, scans: Sequence[MeritScan], context: Context) -> _Lines:
        models = [scan.model for scan in scans]
        titles = {model: context.title_of(model) for model in models}
        return cls(colours(models, context), line_styles(models, context), titles)


def _merit(axes: Axes, scan: MeritScan, merit: FigureOfMerit, lines: _Lines, against: Against) -> None:
    colour = lines.colour[scan.model]
    places = _places(scan, against)
    axes.plot(
        places, _drawn(merit.values), color=colour, linestyle=lines.style[scan.model], label=lines.titles[scan.model]
    )
    if (best := merit.best) is None:
        return
    value, cut = best.value, np.interp(best.cut, scan.cuts, places)
    axes.axvline(cut, ymax=0.04, color=colour, linewidth=1.2, linestyle="--")
    axes.errorbar(cut, value.value, yerr=reach(value), color=colour, marker="o", markersize=5)


def _naive(
    axes: Axes, scans: Sequence[MeritScan], merits: Sequence[FigureOfMerit], lines: _Lines, against: Against
) -> None:
    ceiling = _DWARFED * axes.get_ylim()[1]
    for scan, merit in zip(scans, merits, strict=True):
        if (best := merit.best) is not None:
            place = np.interp(best.naive_cut, scan.cuts, _places(scan, against))
            height, marker = min((best.naive_value, "o"), (ceiling, "^"))
            axes.plot(
                place, height, marker, fillstyle="none", markersize=6, clip_on=False, color=lines.colour[scan.model]
            )


def _places(scan: MeritScan, against: Against) -> Floats:
    return scan.cuts if against == "cut" else scan.signal_efficiency


def _abscissa(axes: Axes, scans: Sequence[MeritScan], against: Against) -> None:
    if against == "cut":
        spread_score_axis(axes, _last_cut(scans))
        axes.tick_params(axis="x", labelrotation=45)
        axes.set_xlabel("cut on the score")
    else:
        axes.set_xlim(0, 1)
        axes.set_xlabel("signal efficiency")


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
