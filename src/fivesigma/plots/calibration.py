"""The calibration of several models: fractions of signal against scores."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from fivesigma.evaluation.calibration import Calibration
from fivesigma.plots.curves import legend_below, legend_grid, reach
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import Context, colours, new_grid, plus_minus

__all__ = ["plot_calibration"]

_MARKERS = "osD^vP*Xhd"
_MIXTURES = {"equal": "classes of equal weight", "yields": "classes by their yields"}


@register_several(Calibration)
def plot_calibration(results: Sequence[Calibration], *, context: Context) -> Figure:
    """Draw the fraction of signal in bins of the raw score, with intervals, for each model; the diagonal is calibrated."""
    names = [f"{context.title_of(result.model)}: ECE {plus_minus(result.calibration_error)}" for result in results]
    columns, height = legend_grid([*names, "calibrated"], 6.0)
    figure, (axes,) = new_grid(context, 1, columns=1, panel=(6.0, 5.0 + height))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    colour = colours((result.model for result in results), context)
    for place, (result, name) in enumerate(zip(results, names, strict=True)):
        bars = [reach(part.fraction) for part in result.bins]
        axes.errorbar(
            [part.score for part in result.bins],
            [part.fraction.value for part in result.bins],
            yerr=[[bar[side][0] for bar in bars] for side in (0, 1)],
            color=colour[result.model],
            marker=_MARKERS[place % len(_MARKERS)],
            markersize=4,
            linewidth=1,
            label=name,
        )
    axes.plot([], [], color="grey", linestyle=":", linewidth=1, label="calibrated")
    low, high = axes.get_ylim()
    axes.set(xlim=(0, 1), ylim=(min(0.0, low), max(1.0, high)), xlabel="score of the model")
    axes.set_ylabel(f"fraction of signal, {_MIXTURES[results[0].balance]}")
    legend_below(figure, axes, columns)
    return figure
