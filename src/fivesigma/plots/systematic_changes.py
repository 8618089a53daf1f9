"""What a systematic changes in each bin, how far that is known, and what the fit takes it for."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fivesigma.inference.systematic_changes import SystematicChange
from fivesigma.plots.limits import parameter_title
from fivesigma.plots.registry import register
from fivesigma.plots.style import PALETTE, Context, new_figure
from fivesigma.plots.templates import WHOLE

__all__ = ["plot_systematic_change"]

_COLOURS = {"up": PALETTE[1], "down": PALETTE[0]}
_APART = 0.12  # of a bin, by which the points of up and down are set apart
_ROOM = 1.55  # of the reach, above zero, for the legend


@register(SystematicChange)
def plot_systematic_change(result: SystematicChange, *, context: Context) -> Figure:
    """Draw the relative change as filled, points with statistical errors, and as the fit takes it at ±1 σ, steps.

    Bins are drawn equally wide and numbered. Where points and steps differ, the variation was mirrored, symmetrised or smoothed.
    """
    figure, axes = new_figure(context, size=(6.0, 4.4))
    edges = np.arange(result.binning.count + 1) + 0.5
    for label, values in (("up", result.up), ("down", result.down)):
        sign = "+" if label == "up" else "−"
        axes.stairs(
            100 * values, edges, color=_COLOURS[label], linewidth=1.8, baseline=None, label=f"in the fit, {sign}1σ"
        )
    for label in result.filled:
        _points(axes, result, label)
    axes.axhline(0, color="black", linewidth=0.8)
    _scale(axes, result)
    title = result.binning.title
    axes.set(xlim=(edges[0], edges[-1]), xlabel=title if title.startswith("bin of") else f"bin of {title}")
    axes.set_ylabel("change of the yield [%]")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(axis="x", which="minor", length=0)
    sample = context.titles.get(result.sample.name) or result.sample.title
    region = "" if result.region == WHOLE else f", {context.title_of(result.region)}"
    axes.legend(
        ncols=2,
        loc="upper left",
        title=f"{parameter_title(result.systematic, context)}: {sample}{region}",
        alignment="left",
    )
    return figure


def _points(axes: Axes, result: SystematicChange, label: str) -> None:
    centres = np.arange(result.binning.count) + 1.0
    apart = {"up": -_APART, "down": _APART}.get(label, 0.0) if len(result.filled) > 1 else 0.0
    errors = result.errors.get(label)
    axes.errorbar(
        centres + apart,
        100 * result.filled[label],
        yerr=None if errors is None else 100 * errors,
        color=_COLOURS.get(label, "black"),
        linestyle="none",
        marker="o",
        markersize=4,
        label=f"as filled, {label}",
    )


def _scale(axes: Axes, result: SystematicChange) -> None:
    none = np.zeros(result.binning.count)
    reach = [np.abs(values) + result.errors.get(label, none) for label, values in result.filled.items()]
    most = 110 * float(np.max([*reach, np.abs(result.up), np.abs(result.down)]))
    axes.set_ylim(-most, _ROOM * most)
