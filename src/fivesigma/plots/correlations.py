"""Correlations of inputs with each other, and of scores with the observables kept from the models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.evaluation.correlation import Correlations
from fivesigma.evaluation.observable_dependence import ObservableCorrelations
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import Context, colours, new_figure, new_grid

__all__ = ["plot_correlations", "plot_observable_correlations", "without_unit"]

_IN_A_ROW = 8
"""Features up to which three matrices side by side are legible."""


@register_several(Correlations)
def plot_correlations(results: Sequence[Correlations], *, context: Context) -> Figure:
    """Draw correlations, a matrix for each class and one for their difference, with the numbers in per cent."""
    count = len(results[0].features)
    columns = len(results) if count <= _IN_A_ROW else 2
    side = max(3.4 if columns > 1 else 6.2, 0.34 * count + 1.2)  # a single one has the context above itself
    figure, panels = new_grid(context, len(results), columns=columns, panel=(side, 0.98 * side))
    image = None
    for place, (axes, result) in enumerate(zip(panels, results, strict=True)):
        values = np.array([[np.nan if value is None else value for value in row] for row in result.matrix])
        image = axes.imshow(100 * values, cmap="RdBu_r", vmin=-100, vmax=100, aspect="auto")
        titles = [without_unit(context.title_of(name)) for name in result.features]
        axes.set_xticks(range(count), titles, rotation=90, fontsize="x-small")
        axes.set_yticks(range(count), titles if place % columns == 0 else [""] * count, fontsize="x-small")
        axes.tick_params(which="both", length=0)
        axes.minorticks_off()
        axes.set_xlabel(result.name, loc="center")
        _annotate(axes, values)
    if image is not None:
        bar = figure.colorbar(image, ax=panels, pad=0.01)
        bar.set_label("correlation [%]")
    return figure


@register_several(ObservableCorrelations)
def plot_observable_correlations(results: Sequence[ObservableCorrelations], *, context: Context) -> Figure:
    """Draw the correlation of each score with each observable, in background, with its interval."""
    names = list(dict.fromkeys(name for result in results for name in result.coefficients))
    figure, axes = new_figure(context, size=(5.8, 1.6 + 0.35 * len(names) * (len(results) + 0.5)))
    colour = colours((result.model for result in results), context)
    for place, result in enumerate(results):
        offset = (place - (len(results) - 1) / 2) * 0.8 / len(results)
        known = [(row, value) for row, name in enumerate(names) if (value := result.coefficients.get(name)) is not None]
        axes.errorbar(
            [value.value for _, value in known],
            [row + offset for row, _ in known],
            xerr=np.array([[value.value - value.low, value.high - value.value] for _, value in known]).T.clip(0),
            color=colour[result.model],
            linestyle="none",
            marker="o",
            markersize=5,
            label=context.title_of(result.model),
        )
    axes.axvline(0, color="grey", linewidth=0.8)
    reach = max([0.35, *(1.2 * abs(v.value) for r in results for v in r.coefficients.values() if v is not None)])
    axes.set(xlim=(-reach, reach), ylim=(len(names) - 0.4, -0.6))
    axes.set_yticks(range(len(names)), [without_unit(context.title_of(name)) for name in names])
    axes.tick_params(axis="y", which="minor", length=0)
    axes.set_xlabel("correlation with the score, background")
    axes.legend(loc="best")
    return figure


def _annotate(axes: Axes, values: Floats) -> None:
    size = "x-small" if len(values) <= 10 else "xx-small"
    for (row, column), value in np.ndenumerate(values):
        text = "–" if np.isnan(value) else f"{round(100 * value)}".replace("-", "\N{MINUS SIGN}")
        shade = "white" if abs(value) > 0.6 else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=shade)


def without_unit(title: str) -> str:
    """Return a title without its unit, as a coefficient has none."""
    return title.partition(" [")[0]
