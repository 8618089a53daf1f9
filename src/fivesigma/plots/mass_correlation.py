"""How far features follow a mass; the matrix of all their correlations is ``plot(result.matrix)``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.mass_correlation import MassCorrelations
from fivesigma.plots.correlations import without_unit
from fivesigma.plots.registry import register
from fivesigma.plots.style import BACKGROUND, DATA, PALETTE, SIGNAL, Context, new_figure

__all__ = ["plot_mass_correlations"]

_LEFT_OUT = PALETTE[3]


@register(MassCorrelations)
def plot_mass_correlations(result: MassCorrelations, *, context: Context) -> Figure:
    """Draw the size of each feature's correlation with the mass, the largest first, and the threshold where there is one."""
    sizes = {name: _size(dependence.pearson) for name, dependence in result.inputs.dependences.items()}
    names = sorted(sizes, key=lambda name: -sizes[name][0])
    figure, axes = new_figure(context, size=(6.6, 2.3 + 0.42 * len(names)))
    kept = set(result.kept)
    for chosen, colour, label in (
        (True, BACKGROUND, "linear correlation" + ("" if result.threshold is None else ", kept")),
        (False, _LEFT_OUT, "linear correlation, not kept"),
    ):
        rows = [row for row, name in enumerate(names) if (name in kept) is chosen]
        if rows:
            values, low, high = np.array([sizes[names[row]] for row in rows]).T
            axes.barh(rows, values, xerr=[low, high], color=colour, height=0.62, label=label, error_kw={"linewidth": 1})
    _draw_distances(axes, result, names)
    if result.threshold is not None:
        axes.axvline(result.threshold, color=SIGNAL, linestyle="--", label=f"threshold {result.threshold:g}")
    axes.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, None))
    axes.set_yticks(range(len(names)), [without_unit(context.title_of(name)) for name in names])
    axes.tick_params(axis="y", which="both", length=0)
    axes.set_xlabel(f"size of the correlation with {without_unit(context.title_of(result.inputs.observable))}")
    for row, name in enumerate(names):
        if result.inputs.dependences[name].pearson is None:
            axes.annotate(
                "does not vary", (0, row), (6, 0), textcoords="offset points", va="center", fontsize="x-small"
            )
    handles, labels = axes.get_legend_handles_labels()
    bars_first = sorted(range(len(labels)), key=lambda place: not labels[place].startswith("linear"))
    figure.legend(
        [handles[i] for i in bars_first], [labels[i] for i in bars_first], loc="outside lower center", ncols=2
    )
    return figure


def _draw_distances(axes: Axes, result: MassCorrelations, names: list[str]) -> None:
    """Draw the distance correlation of each feature, and up to where it would be if nothing depended on the mass."""
    found = [
        (row, distance) for row, name in enumerate(names) if (distance := result.inputs.dependences[name].distance)
    ]
    if not found:
        return
    rows = [row for row, _ in found]
    axes.plot(
        [d.value for _, d in found],
        rows,
        linestyle="none",
        marker="D",
        markersize=5,
        color=DATA,
        label="distance correlation",
    )
    chance = [d.independence for _, d in found]
    label = "distance if independent, 95 %"
    axes.plot(
        chance, rows, linestyle="none", marker="|", markersize=15, markeredgewidth=1.8, color=PALETTE[1], label=label
    )


def _size(estimate: Estimate | None) -> tuple[float, float, float]:
    """Return the size of a coefficient and how far its interval goes to either side of that; zeros where there is none."""
    if estimate is None:
        return 0.0, 0.0, 0.0
    ends = (estimate.low, estimate.high) if estimate.value >= 0 else (-estimate.high, -estimate.low)
    size = abs(estimate.value)
    return size, min(size, max(0.0, size - ends[0])), max(0.0, ends[1] - size)
