"""Templates before and after a fit: stacked samples, their uncertainty, the signal, and data where anybody may look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

from fivesigma.core.arrays import Floats
from fivesigma.core.sample import Kind, SampleInfo
from fivesigma.inference.yields import ChannelYields
from fivesigma.plots.registry import register
from fivesigma.plots.style import (
    DATA,
    SIGNAL,
    Context,
    figure_with_ratio,
    hatched_band,
    logarithmic,
    new_figure,
    sample_colours,
)
from fivesigma.statistics.poisson import garwood_interval

__all__ = ["WHOLE", "plot_yields"]

_LOGARITHMIC_BEYOND = 15.0  # largest over smallest bin
_NEGLIGIBLE = 0.01  # of the highest bin of a signal
_FAR_BELOW = 1000.0  # times, the lowest bin of a signal that is drawn below the lowest of the background
_SEEN = 0.02  # of the highest bin of the background: a lower signal is a line on the linear axis
_MARKS_UP_TO = 0.7  # of the height
_WIDTH, _LETTER, _LINE = 5.0, 0.085, 0.16  # inches: of the axes, of a letter below them, of a line of such letters
_TOLERATED = 0.1  # of a bin, by which its edge may be rounded in print
_UNEVEN_BEYOND = 8.0  # widest over narrowest bin
_MOST_UPRIGHT_EDGES = 15
WHOLE = "all"
"""The region of a fit that has but one."""


@register(ChannelYields)
def plot_yields(result: ChannelYields, *, context: Context) -> Figure:
    """Draw the yields of one region.

    Before a fit the backgrounds are stacked, the signal stands over them at μ = 1 and the ratio is to the background; after
    it the fitted signal is part of the stack and the ratio is to the sum. Where a signal could not be seen it is drawn ten
    times larger, a hundred times, ..., and the legend says so. Bands hold systematics and the statistics of the simulation; data have Poisson intervals (Garwood 1936) and are left out where they are blind. Bins whose widths
    differ much are drawn equally wide.
    """
    if result.observed is None:
        figure, main = new_figure(context, size=(6.2, 4.6))
        lowest = main
    else:
        figure, main, lowest = figure_with_ratio(replace(context, blind=False), size=(6.2, 5.7))
    edges = _edges(result)
    reference, error = (result.total, result.error) if result.postfit else (result.background, result.background_error)
    _stack(main, result, context)
    hatched_band(
        main, edges, reference, error, "uncertainty of the sum" if result.postfit else "background uncertainty"
    )
    if result.observed is not None:
        linear = not _differs_much(result)
        _points(main, edges, result.observed, np.ones_like(reference), context.data_title, empty=linear)
        _ratio(lowest, result, reference, error, context)
    _scale(main, result)
    main.set(xlim=(edges[0], edges[-1]), ylabel="events / bin")
    _abscissa(lowest, result)
    _rows(main, lowest, result)
    state = "after the fit" if result.postfit else "before the fit"
    region = "" if result.name == WHOLE else f"{context.title_of(result.name)}, "
    handles, labels = main.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: labels[i] != context.data_title)
    main.legend(
        [handles[i] for i in order],
        [labels[i] for i in order],
        ncols=2,
        loc="upper left",
        title=f"{region}{state}",
        alignment="left",
    )
    return figure


def _stack(axes: Axes, result: ChannelYields, context: Context) -> None:
    edges = _edges(result)
    colour = sample_colours(*([s.name for s in _of_kind(result, kind)] for kind in ("signal", "background")))
    base = np.zeros(result.binning.count)
    order = sorted(
        range(len(result.samples)), key=lambda i: (result.samples[i].kind == "signal", result.values[i].sum())
    )
    for index in order:
        sample, values = result.samples[index], result.values[index]
        title = context.titles.get(sample.name) or sample.title
        if sample.kind == "signal":
            title += f" (μ = {result.strength:.2g})"
        if sample.kind == "signal" and not result.postfit:
            times = _times(result, values)
            title += f" × {times:g}" if times > 1 else ""
            axes.stairs(times * values, edges, color=colour[sample.name], linewidth=2, label=title)
            continue
        axes.stairs(base + values, edges, baseline=base, fill=True, color=colour[sample.name], label=title)
        base = base + values
    axes.stairs(base, edges, color="black", linewidth=0.8)


def _points(axes: Axes, edges: Floats, counts: Floats, scale: Floats, label: str | None, *, empty: bool) -> None:
    shown = (counts > 0) | empty
    centres, counts, scale = ((edges[1:] + edges[:-1]) / 2)[shown], counts[shown], scale[shown]
    low, high = garwood_interval(counts)
    axes.errorbar(
        centres,
        counts / scale,
        yerr=[(counts - low) / scale, (high - counts) / scale],
        color=DATA,
        linestyle="none",
        marker="o",
        markersize=4,
        label=label,
    )


def _ratio(axes: Axes, result: ChannelYields, reference: Floats, error: Floats, context: Context) -> None:
    if result.observed is None:
        return
    edges = _edges(result)
    hatched_band(axes, edges, np.ones_like(reference), error / reference, None)
    if not result.postfit:
        axes.stairs(1 + result.signal / reference, edges, color=SIGNAL, baseline=None)
    axes.axhline(1, color="dimgrey", linewidth=0.8)
    _points(axes, edges, result.observed, reference, None, empty=False)
    seen = result.observed > 0
    highest = np.max((garwood_interval(result.observed)[1] / reference)[seen], initial=2.0)
    axes.set_ylim(0, min(1.08 * highest, 8.0))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.set_ylabel(f"{context.data_title} /\n{'sum' if result.postfit else 'background'}", loc="center")


def _scale(axes: Axes, result: ChannelYields) -> None:
    """Leave room for the legend, on a logarithmic scale where bins differ much."""
    grid = len(result.binning.axes) > 1
    tops = [result.total + result.error, result.background + result.background_error]
    if result.observed is not None:
        tops.append(garwood_interval(result.observed)[1])
    top = float(np.max(tops))
    if _differs_much(result):
        bottom = _lowest(result) / 3
        logarithmic(axes)
        axes.set_ylim(bottom, top * (top / bottom) ** (0.65 if grid else 0.5))
    else:
        axes.set_ylim(0, (1.6 if grid else 1.45) * top)


def _lowest(result: ChannelYields) -> float:
    """Return the least yield that a logarithmic axis shows: of the background and, not far below, of the signals drawn."""
    least = float(result.background.min())
    for sample, values in zip(result.samples, result.values, strict=True):
        if sample.kind == "signal" and not result.postfit:
            drawn = _times(result, values) * values
            least = min([least, *drawn[drawn > _NEGLIGIBLE * drawn.max(initial=0.0)]])
    return max(least, float(result.background.min()) / _FAR_BELOW)


def _times(result: ChannelYields, signal: Floats) -> float:
    """Return the power of ten by which a signal is drawn larger, so that its highest bin is seen."""
    highest = float(signal.max(initial=0.0))
    differs = _differs_much(result)
    seen = float(result.background.min()) if differs else _SEEN * float(result.background.max(initial=0.0))
    if not 0 < highest < seen / (_FAR_BELOW / 10 if differs else 1):
        return 1.0
    return float(10 ** math.ceil(math.log10(seen / highest)))


def _differs_much(result: ChannelYields) -> bool:
    background = result.background
    return bool(background.max() > _LOGARITHMIC_BEYOND * background.min() > 0)


def _rows(main: Axes, lowest: Axes, result: ChannelYields) -> None:
    """Mark where the first axis of a grid goes on to its next bin, and say below the axes which range each part is."""
    if len(result.binning.axes) == 1:
        return
    rows, first = result.binning.rows, result.binning.axes[0]
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    ends = np.asarray([*starts[1:], len(rows)])
    for axes in dict.fromkeys((main, lowest)):
        for start in starts[1:]:
            axes.axvline(start + 0.5, ymax=_MARKS_UP_TO, color="dimgrey", linewidth=0.8, linestyle=":")
    edges = _short(first.edges)
    labels = [f"{edges[rows[start]]}–{edges[rows[start] + 1]}" for start in starts]
    width = _WIDTH / len(rows)  # of a bin
    flat = all(_LETTER * (len(label) + 1) < n * width for label, n in zip(labels, ends - starts, strict=True))
    step = 1 if flat else math.ceil(_LINE / (width * float(np.diff(starts).min(initial=len(rows)))))
    lowest.xaxis.set_major_locator(FixedLocator((starts + ends + 1)[::step] / 2))
    lowest.xaxis.set_major_formatter(FixedFormatter(labels[::step]))
    lowest.xaxis.set_minor_locator(NullLocator())
    lowest.tick_params(axis="x", length=0, labelsize="x-small", labelrotation=0 if flat else 90)


def _short(edges: Sequence[float]) -> list[str]:
    """Return edges with three significant digits, with four where three would move one by a tenth of a bin."""
    three, four = ([float(f"{edge:.{digits}g}") for edge in edges] for digits in (3, 4))
    off = np.abs(np.subtract(three, edges)).max() / np.diff(edges).min()
    return [f"{edge:g}" for edge in (three if off < _TOLERATED else four)]


def _is_uneven(result: ChannelYields) -> bool:
    widths = np.diff(result.binning.edges)
    return bool(widths.max() > _UNEVEN_BEYOND * widths.min())


def _edges(result: ChannelYields) -> Floats:
    """Return where the edges of the bins are drawn: where they lie, or evenly."""
    edges = result.binning.edges
    return np.arange(len(edges), dtype=np.float64) if _is_uneven(result) else edges


def _abscissa(axes: Axes, result: ChannelYields) -> None:
    """Say what the bins are; where they are drawn equally wide, number their edges."""
    first, *others = result.binning.axes
    if others:
        axes.set_xlabel(f"bins of {' × '.join(axis.title for axis in others)} in ranges of {first.title}")
        return
    uneven = _is_uneven(result)
    axes.set_xlabel(f"{first.title}, bins drawn equally wide" if uneven else first.title)
    if uneven:
        upright = len(first.edges) <= _MOST_UPRIGHT_EDGES
        axes.xaxis.set_major_locator(FixedLocator(range(len(first.edges))))
        axes.xaxis.set_major_formatter(lambda place, _: f"{first.edges[round(place)]:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.tick_params(axis="x", labelsize="x-small", labelrotation=0 if upright else 90)


def _of_kind(result: ChannelYields, kind: Kind) -> list[SampleInfo]:
    return [sample for sample in result.samples if sample.kind == kind]
