"""Which nuisance parameters move the signal strength most, with how far the fit moved them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fivesigma.inference.fitted_parameters import FittedParameter
from fivesigma.inference.ranking import Impact, Ranking
from fivesigma.plots.limits import parameter_title, several_regions
from fivesigma.plots.registry import register
from fivesigma.plots.style import DATA, PALETTE, Context, digits, new_figure

__all__ = ["plot_ranking"]

_DOWN, _UP = PALETTE[1], PALETTE[0]
_ROW = 0.27  # inches
_ABOVE = 40  # points that the axis above takes
_LEAST_REACH = 1.6  # of the pulls' axis


@register(Ranking)
def plot_ranking(result: Ranking, *, context: Context, most: int = 20) -> Figure:
    """Draw the impacts of the parameters on μ as bars, and their pulls as points, those that do most at the top.

    Filled bars are the changes of μ for ±1 σ after the fit, outlines those for ±1 σ before it; both are read above. Points
    with errors are pulls and constraints, read below; what nothing constrains has its value beside its name. At most ``most``
    parameters are drawn.
    """
    shown = result.impacts[:most]
    figure, axes = new_figure(context, size=(6.4, _ROW * max(len(shown), 3) + 2.1))
    _bars(axes.twiny(), shown)
    _pulls(axes, shown)
    regions = several_regions(i.parameter.name for i in result.impacts)
    titles = [_title(i.parameter, context, regions=regions) for i in shown]
    axes.set_yticks(range(len(shown)), titles, fontsize="x-small")
    axes.set_ylim(max(len(shown), 3) - 0.4, -0.6)
    axes.tick_params(axis="y", which="both", length=0)
    places: tuple[Literal["left", "right"], ...] = ("left", "right")
    for place in places:
        weight = "bold" if place == "left" else "normal"
        axes.set_title(axes.get_title(place), loc=place, pad=_ABOVE, fontsize="medium", fontweight=weight)
    _legend(figure, result, context)
    left = len(result.impacts) - len(shown) + result.left_out
    if left:
        axes.set_xlabel(f"{axes.get_xlabel()}; {left} parameters of less impact not shown", fontsize="small")
    return figure


def _bars(axes: Axes, shown: Sequence[Impact]) -> None:
    for row, impact in enumerate(shown):
        for change, colour in zip(impact.postfit, (_DOWN, _UP), strict=True):
            axes.barh(row, change, height=0.7, color=colour, linewidth=0)
        for change, colour in zip(impact.prefit or (), (_DOWN, _UP), strict=False):
            axes.barh(row, change, height=0.7, facecolor="none", edgecolor=colour, linewidth=1)
    reach = 1.15 * max((abs(c) for i in shown for c in (*i.postfit, *(i.prefit or ()))), default=1.0)
    axes.set_xlim(-(reach or 1.0), reach or 1.0)  # nothing may have an impact
    axes.tick_params(axis="x", which="both", direction="in", bottom=False, top=True, labelsize="small")
    axes.tick_params(axis="y", which="both", length=0)
    axes.set_xlabel("change of the signal strength, Δμ", fontsize="small", loc="right")


def _pulls(axes: Axes, shown: Sequence[Impact]) -> None:
    axes.set_zorder(2)  # the points lie over the bars, which belong to axes made later
    axes.patch.set_visible(False)
    drawn = [
        (row, i.parameter.pull, i.parameter.constraint)
        for row, i in enumerate(shown)
        if i.parameter.pull is not None and i.parameter.constraint is not None
    ]
    for place in (-1, 0, 1):
        axes.axvline(place, color="dimgrey", linewidth=0.8, linestyle=":" if place else "-")
    axes.errorbar(
        [pull for _, pull, _ in drawn],
        [row for row, _, _ in drawn],
        xerr=[constraint for _, _, constraint in drawn],
        color=DATA,
        linestyle="none",
        linewidth=1.2,
        marker="o",
        markersize=3.5,
    )
    reach = max(_LEAST_REACH, *(abs(pull) + 1.1 * constraint for _, pull, constraint in drawn), 0.0)
    axes.set_xlim(-reach, reach)
    axes.tick_params(axis="x", which="both", top=False, labelsize="small")
    axes.set_xlabel("(fitted − nominal) / constraint", fontsize="small")


def _title(parameter: FittedParameter, context: Context, *, regions: bool) -> str:
    title = parameter_title(parameter.name, context, regions=regions)
    return (
        title
        if parameter.pull is not None
        else f"{title} = {digits(parameter.value, 3)} ± {digits(parameter.error, 2)}"
    )


def _legend(figure: Figure, result: Ranking, context: Context) -> None:
    data = "Asimov data, μ = 1" if result.expected else context.data_title
    handles = [
        Patch(facecolor=_DOWN, label="−1σ after the fit"),
        Patch(facecolor=_UP, label="+1σ after the fit"),
        Line2D([], [], color=DATA, marker="o", markersize=3.5, label=f"pull, fit to {data}"),
        Patch(facecolor="none", edgecolor=_DOWN, label="−1σ before the fit"),
        Patch(facecolor="none", edgecolor=_UP, label="+1σ before the fit"),
        Line2D([], [], linestyle="none", label=f"σ(μ) = {digits(result.error, 2)}"),
    ]
    order = [handles[place] for place in (0, 3, 1, 4, 2, 5)]
    figure.legend(handles=order, loc="outside lower center", ncols=3, frameon=False, fontsize="x-small")
