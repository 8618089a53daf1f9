"""What cuts on a score do to the background in an observable, and the signal that a fit would see in that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.evaluation.sculpting import CutShape, Sculpting
from fivesigma.evaluation.spurious_signal import ObservableSculpting, SpuriousCut, SpuriousFit, SpuriousSignal
from fivesigma.plots.registry import register, register_several
from fivesigma.plots.style import BACKGROUND, SIGNAL, Context, colours, figure_with_ratio, new_grid, plus_minus

__all__ = ["plot_observable_sculpting", "plot_sculpting", "plot_spurious_signals"]

_ALLOWED = 0.2
_MARKERS = "osD^vP"
_DARK = (0.04, 0.07, 0.25)


@register(Sculpting)
def plot_sculpting(result: Sculpting, *, context: Context) -> Figure:
    """Draw the shape of the background before and after each cut, and below it their ratio."""
    return _shapes(result, {}, context)


@register(ObservableSculpting)
def plot_observable_sculpting(result: ObservableSculpting, *, context: Context) -> Figure:
    """Draw the same, with the signal that a fit would see after each cut."""
    fits = {cut.efficiency: cut for cut in result.spurious.cuts}
    return _shapes(result.shapes, fits, context)


@register_several(SpuriousSignal)
def plot_spurious_signals(results: Sequence[SpuriousSignal], *, context: Context) -> Figure:
    """Draw the spurious signal over the data's error, for each model and cut, a panel for each observable."""
    observables = list(dict.fromkeys(result.observable for result in results))
    models = list(dict.fromkeys(result.model for result in results))
    efficiencies = sorted({cut.efficiency for result in results for cut in result.cuts}, reverse=True)
    size = (max(4.4, 6.4 - 0.6 * len(observables)), 1.7 + 0.13 * len(models) * (len(efficiencies) + 1))
    columns = min(3, len(observables))
    figure, panels = new_grid(context, len(observables), columns=columns, panel=size)
    for place, (axes, observable) in enumerate(zip(panels, observables, strict=True)):
        of_observable = {result.model: result for result in results if result.observable == observable}
        _ratios(axes, of_observable, models, efficiencies, context)
        names = [context.title_of(model) if place % columns == 0 else "" for model in models]
        axes.set_yticks(range(len(models)), names, fontsize="small")
        axes.set_xlabel(
            f"spurious signal in {_parts(context.title_of(observable))[0]} / error of data", fontsize="small"
        )
    panels[0].fill_between([], [], color="lightgrey", alpha=0.6, linewidth=0, label=f"within ±{_ALLOWED:g}")
    for place, efficiency in enumerate(efficiencies):
        marker = _MARKERS[place % len(_MARKERS)]
        panels[0].plot([], [], marker, color="black", markersize=5, label=f"cut keeps {_per_cent(efficiency)}")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2 if columns == 1 else 4)
    return figure


def _shapes(result: Sculpting, fits: dict[float, SpuriousCut], context: Context) -> Figure:
    height = 5.6 + 0.2 * (len(result.cuts) + 2)
    figure, main, ratio = figure_with_ratio(context, size=(6.6, height))
    width = np.diff(result.edges)
    main.stairs(result.before / width, result.edges, fill=True, color="#e8e8e8", label="background before any cut")
    _band(main, result.before / width, result.before_error / width, result.edges, "grey")
    for place, cut in enumerate(result.cuts):
        _cut(main, ratio, cut, _shade(place, len(result.cuts)), _label(cut, fits.get(cut.efficiency)))
    top = main.get_ylim()[1]
    signal = result.signal / width
    if np.isfinite(signal).all() and signal.max() > 0:
        scaled = 0.95 * top * signal / signal.max()
        main.stairs(
            scaled, result.edges, color=SIGNAL, linestyle="--", linewidth=1.2, label="signal before any cut, scaled"
        )
    title, unit = _parts(context.title_of(result.observable))
    main.set_ylabel(f"fraction of background{f' / {unit}' if unit else ' per unit'}")
    main.set_ylim(0, 1.12 * top)
    main.text(0.97, 0.95, context.title_of(result.model), transform=main.transAxes, ha="right", va="top")
    ratio.axhline(1, color="grey", linewidth=0.8)
    ratio.set(xlim=(result.edges[0], result.edges[-1]), ylabel="after / before")
    ratio.set_ylim(0, 1.15 * _highest(result.cuts))
    ratio.set_xlabel(f"{title} [{unit}]" if unit else title)
    handles, labels = main.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=1, fontsize="x-small")
    return figure


def _cut(main: Axes, ratio: Axes, cut: CutShape, colour: str, label: str) -> None:
    width = np.diff(cut.edges)
    main.stairs(cut.after / width, cut.edges, color=colour, linewidth=1.5, label=label)
    _band(main, cut.after / width, cut.after_error / width, cut.edges, colour)
    ratio.stairs(cut.ratio, cut.edges, color=colour, linewidth=1.5)
    _band(ratio, cut.ratio, cut.ratio_error, cut.edges, colour)


def _band(axes: Axes, values: Floats, error: Floats, edges: Floats, colour: str) -> None:
    axes.stairs(values + error, edges, baseline=values - error, fill=True, color=colour, alpha=0.22, linewidth=0)


def _highest(cuts: Sequence[CutShape]) -> float:
    """Return the largest ratio that is known to a quarter of itself."""
    known = [
        value + error
        for cut in cuts
        for value, error in zip(cut.ratio, cut.ratio_error, strict=True)
        if np.isfinite(value) and error < 0.25 * value
    ]
    return float(max(known, default=1.5))


def _label(cut: CutShape, spurious: SpuriousCut | None) -> str:
    parts = []
    if cut.divergence is not None and cut.by_chance is not None:
        parts.append(f"JSD {cut.divergence.value:.2g} bit (by chance < {cut.by_chance:.2g})")
    if spurious is not None and spurious.fit is not None:
        fit = spurious.fit
        parts.append(f"spurious signal {plus_minus(fit.events)} = {fit.ratio.value:z.2f} σ(data)")
    said = "; ".join(parts) or "too few events to say more"
    return f"cut keeps {_per_cent(cut.efficiency)}: {said}".replace("-", "\N{MINUS SIGN}")


def _ratios(
    axes: Axes,
    results: dict[str, SpuriousSignal],
    models: Sequence[str],
    efficiencies: Sequence[float],
    context: Context,
) -> None:
    colour = colours(models, context)
    for row, model in enumerate(models):
        fits = {cut.efficiency: cut.fit for cut in results[model].cuts} if model in results else {}
        for place, efficiency in enumerate(efficiencies):
            if (fit := fits.get(efficiency)) is not None:
                offset = (place - (len(efficiencies) - 1) / 2) * 0.75 / len(efficiencies)
                _point(axes, fit, row + offset, colour[model], _MARKERS[place % len(_MARKERS)])
    axes.axvspan(-_ALLOWED, _ALLOWED, color="lightgrey", alpha=0.6, linewidth=0)
    axes.axvline(0, color="grey", linewidth=0.8)
    for limit in (-1, 1):
        axes.axvline(limit, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xscale("symlog", linthresh=1, linscale=0.8)
    reach = max([2.0, *(abs(end) for line in axes.lines for end in np.asarray(line.get_xdata(), dtype=np.float64))])
    axes.set(xlim=(-1.3 * reach, 1.3 * reach), ylim=(len(models) - 0.5, -0.5))
    ticks = [sign * tick for tick in (1, 2, 5, 10, 20, 50, 100, 1000) if tick <= 1.3 * reach for sign in (-1, 1)]
    axes.set_xticks([0, *ticks], [f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in (0, *ticks)])
    axes.tick_params(axis="y", which="both", length=0)
    axes.minorticks_off()


def _point(axes: Axes, fit: SpuriousFit, row: float, colour: str, marker: str) -> None:
    value = fit.ratio.value
    # a percentile interval need not hold its value
    reach = [[max(value - fit.ratio.low, 0)], [max(fit.ratio.high - value, 0)]]
    axes.errorbar(value, row, xerr=reach, color=colour, marker=marker, markersize=4.5, linestyle="none", capsize=0)


def _shade(place: int, count: int) -> str:
    """Return the background's colour for the loosest cut, darker for each that is tighter."""
    strength = place / max(count - 1, 1)
    red, green, blue = (
        light * (1 - strength) + dark * strength for light, dark in zip(to_rgb(BACKGROUND), _DARK, strict=True)
    )
    return to_hex((red, green, blue))


def _per_cent(fraction: float) -> str:
    return f"{100 * fraction:g} %"


def _parts(title: str) -> tuple[str, str]:
    """Return a title without its unit, and the unit."""
    name, _, unit = title.partition(" [")
    return name, unit.rstrip("]")
