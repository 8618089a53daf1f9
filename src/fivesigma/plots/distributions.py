"""Distributions of scores: by sample with data, and of training against out-of-fold events."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.core.arrays import Floats
from fivesigma.core.sample import Kind
from fivesigma.evaluation.distributions import SampleHistogram, ScoreDistribution
from fivesigma.evaluation.histograms import DataHistogram
from fivesigma.evaluation.overtraining import Overtraining
from fivesigma.plots.feature_panels import agreement_text
from fivesigma.plots.registry import register
from fivesigma.plots.style import (
    BACKGROUND,
    DATA,
    SIGNAL,
    Context,
    figure_with_ratio,
    hatched_band,
    logarithmic,
    new_figure,
    plus_minus,
    sample_colours,
    spread_score_axis,
)

__all__ = ["plot_overtraining", "plot_score_distribution"]

_UNCERTAINTY = "simulation's uncertainty"
_HEADROOM, _LEGEND_ROW = 0.28, 0.06
"""Shares of the height of the axes: what is left above the bins at least, and what a row of the legend takes."""


@register(ScoreDistribution)
def plot_score_distribution(result: ScoreDistribution, *, context: Context) -> Figure:
    """Draw the stacked background with the signal over it and, unless blind, data as points with their ratio below."""
    if result.data is None:
        figure, main = new_figure(context)
        lowest = main
    else:
        figure, main, lowest = figure_with_ratio(context)
    background, variance = _stack(main, result, context)
    _signals(main, result, context)
    hatched_band(main, result.edges, background, np.sqrt(variance), _UNCERTAINTY)
    if result.data is not None:
        _points(main, result.edges, result.data, 1.0, context.data_title)
        _ratio(lowest, result, result.data, background, variance)
        lowest.set_ylabel(f"{context.data_title} /\nbackground", loc="center")
    main.set_ylabel("events / bin")
    spread_score_axis(main, result.edges[-2])
    lowest.tick_params(axis="x", labelsize="x-small")
    title = None if result.agreement is None else agreement_text(result.agreement)
    rows = math.ceil(len(main.get_legend_handles_labels()[0]) / 2) + (title is not None)
    totals = [background, *(sample.histogram.total for sample in result.samples)]
    _log_scale(main, totals, result.data, headroom=max(_HEADROOM, _LEGEND_ROW * (rows + 1)))
    main.legend(ncols=2, loc="upper center", title=title)
    lowest.set_xlabel(f"score of {context.title_of(result.model)} (fraction of background below)")
    return figure


@register(Overtraining)
def plot_overtraining(result: Overtraining, *, context: Context) -> Figure:
    """Draw each class's training events as filled histograms and its out-of-fold events as points with errors."""
    figure, axes = new_figure(context)
    for overlay, colour in zip(result.classes, (SIGNAL, BACKGROUND), strict=True):
        axes.stairs(
            overlay.train.total, result.edges, fill=True, color=colour, alpha=0.35, label=f"{overlay.name}, training"
        )
        axes.stairs(overlay.train.total, result.edges, color=colour, linewidth=1)
        axes.errorbar(
            _centres(result.edges),
            overlay.out_of_fold.total,
            yerr=overlay.out_of_fold.error,
            color=colour,
            linestyle="none",
            marker="o",
            markersize=4,
            label=f"{overlay.name}, out of fold",
        )
    totals = [part.total for overlay in result.classes for part in (overlay.train, overlay.out_of_fold)]
    _log_scale(axes, totals, None, headroom=0.4)
    axes.set_ylabel("fraction of events per bin")
    _score_axis(axes, result.edges)
    axes.set_xlabel(f"score of {context.title_of(result.model)} (fraction of background below)")
    axes.legend(
        ncols=2,
        loc="upper left",
        title=f"AUC {plus_minus(result.auc_train)} in training, {plus_minus(result.auc_out_of_fold)} out of fold\n"
        f"difference {plus_minus(result.difference)}\nalike: "
        + ", ".join(
            f"{_p_value(overlay.p_value, result.least_p_value)} in {overlay.name}" for overlay in result.classes
        ),
        alignment="left",
    )
    return figure


def _p_value(value: float, least: float) -> str:
    """Return "p = …", or "p ≤ …" where the test can tell no smaller one."""
    return f"p {'≤' if value <= least < 1 else '='} {value:.2g}"


def _stack(axes: Axes, result: ScoreDistribution, context: Context) -> tuple[Floats, Floats]:
    """Stack the backgrounds, the smallest at the bottom; return their sum and its variance in each bin."""
    total = np.zeros(len(result.edges) - 1)
    variance = np.zeros_like(total)
    colour = _colours(result)
    for sample in sorted(_of_kind(result, "background"), key=lambda sample: float(sample.histogram.total.sum())):
        top = total + sample.histogram.total
        axes.stairs(
            top, result.edges, baseline=total, fill=True, color=colour[sample.name], label=_title(sample, context)
        )
        total, variance = top, variance + sample.histogram.error**2
    return total, variance


def _signals(axes: Axes, result: ScoreDistribution, context: Context) -> None:
    colour = _colours(result)
    for sample in _of_kind(result, "signal"):
        title = _title(sample, context)
        axes.stairs(sample.histogram.total, result.edges, color=colour[sample.name], linewidth=2, label=title)


def _colours(result: ScoreDistribution) -> dict[str, str]:
    signal, background = ([sample.name for sample in _of_kind(result, kind)] for kind in ("signal", "background"))
    return sample_colours(signal, background)


def _points(axes: Axes, edges: Floats, data: DataHistogram, scale: Floats | float, label: str | None) -> None:
    """Draw data divided by ``scale`` where there is something of it; empty bins stay empty in the main figure."""
    scale = np.broadcast_to(scale, data.counts.shape)
    shown = (scale > 0) & (data.counts > 0)
    counts, low, high = (values[shown] / scale[shown] for values in (data.counts, data.low, data.high))
    axes.errorbar(
        _centres(edges)[shown],
        counts,
        yerr=[counts - low, high - counts],
        color=DATA,
        linestyle="none",
        marker="o",
        markersize=4,
        label=label,
    )


def _ratio(axes: Axes, result: ScoreDistribution, data: DataHistogram, background: Floats, variance: Floats) -> None:
    safe = np.where(background > 0, background, 1.0)
    known = background > 0
    relative = np.where(known, np.sqrt(variance) / safe, 0.0)
    hatched_band(axes, result.edges, np.ones_like(background), relative, _UNCERTAINTY)
    signal = np.sum([sample.histogram.total for sample in _of_kind(result, "signal")], axis=0)
    axes.stairs(np.where(known, 1 + signal / safe, 1.0), result.edges, color=SIGNAL, baseline=None)
    axes.axhline(1, color="dimgrey", linewidth=0.8)
    _points(axes, result.edges, data, background, None)
    top = np.max(np.where(known & (data.counts > 0), data.high / safe, 1.0), initial=2.0)
    axes.set_ylim(0, min(float(top) * 1.1, 10.0))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _log_scale(axes: Axes, totals: Sequence[Floats], data: DataHistogram | None, headroom: float) -> None:
    """Set a logarithmic ordinate from below the smallest relevant bin, with a share of the height left for the legend."""
    top = max([float(total.max()) for total in totals] + ([float(data.high.max())] if data is not None else []))
    positive = np.concatenate([total[total > 0] for total in totals])
    bottom = max(float(positive.min()) / 2, top * 1e-4) if len(positive) else top / 10
    logarithmic(axes)
    axes.set_ylim(bottom, top * (top / bottom) ** (headroom / (1 - headroom)))


def _score_axis(axes: Axes, edges: Floats) -> None:
    """Spread the common scale; raw scores, which may lie anywhere, stay as they are."""
    if _is_common(edges):
        spread_score_axis(axes, edges[-2])
    else:
        axes.set_xlim(edges[0], edges[-1])


def _centres(edges: Floats) -> Floats:
    """Return where the middle of each bin is drawn."""
    if not _is_common(edges):
        return (edges[1:] + edges[:-1]) / 2
    above = np.append(1 - edges[:-1], (1 - edges[-2]) / 1.5)
    centres: Floats = 1 - np.sqrt(above[1:] * above[:-1])
    return centres


def _is_common(edges: Floats) -> bool:
    return bool(edges[0] == 0 and edges[-1] == 1)


def _of_kind(result: ScoreDistribution, kind: Kind) -> list[SampleHistogram]:
    return [sample for sample in result.samples if sample.kind == kind]


def _title(sample: SampleHistogram, context: Context) -> str:
    return context.titles.get(sample.name) or sample.title
