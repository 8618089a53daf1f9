"""Limits: CLs against the signal strength, limits side by side, and what the uncertainty of the strength is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from fivesigma.inference.breakdown import Breakdown
from fivesigma.inference.fitted_parameters import Pulls
from fivesigma.inference.limits import CLsCurve, NamedLimit, UpperLimit
from fivesigma.inference.systematics import MC_STATISTICS, STATISTICS
from fivesigma.inference.template_fit import TemplateFitResult
from fivesigma.plots.registry import register, register_several
from fivesigma.plots.style import BACKGROUND, DATA, Context, digits, logarithmic, new_figure
from fivesigma.plots.templates import WHOLE

__all__ = [
    "ONE_SIGMA",
    "TWO_SIGMA",
    "parameter_title",
    "plot_breakdown",
    "plot_cls",
    "plot_limits",
    "plot_pulls",
    "plot_template_fit",
    "plot_upper_limit",
    "several_regions",
]

ONE_SIGMA, TWO_SIGMA = "#607641", "#f5bb54"  # told apart by colour-blind readers, as CMS recommends
_LEAST_CLS = 2e-3
_MOST_PULLS = 20


@register(CLsCurve)
def plot_cls(result: CLsCurve, *, context: Context) -> Figure:
    """Draw CLs against the signal strength: the expected curve with its bands, the observed one, and where they exclude."""
    figure, axes = new_figure(context)
    low2, low1, median, high1, high2 = np.maximum(result.expected, _LEAST_CLS / 10)
    axes.fill_between(result.mu, low2, high2, color=TWO_SIGMA, linewidth=0, label="expected ± 2σ")
    axes.fill_between(result.mu, low1, high1, color=ONE_SIGMA, linewidth=0, label="expected ± 1σ")
    axes.plot(
        result.mu, median, color="black", linestyle="--", label=f"expected: μ < {digits(result.limit_expected[2], 3)}"
    )
    _drop(axes, result.limit_expected[2], 1 - result.level, "--")
    if result.observed is not None and result.limit_observed is not None:
        seen = np.maximum(result.observed, _LEAST_CLS / 10)
        title = f"observed ({context.data_title})" if context.pseudo_data else "observed"
        axes.plot(result.mu, seen, color=DATA, linewidth=2, label=f"{title}: μ < {digits(result.limit_observed, 3)}")
        _drop(axes, result.limit_observed, 1 - result.level, "-")
    axes.axhline(1 - result.level, color="#bd1f01", linewidth=1, label=f"excluded at {100 * result.level:g} % CL below")
    logarithmic(axes)
    axes.set(xlim=(0, result.mu[-1]), ylim=(_LEAST_CLS, 10), xlabel="signal strength μ", ylabel="CLₛ")
    axes.legend(loc="upper right", ncols=2)
    return figure


@register(UpperLimit)
def plot_upper_limit(result: UpperLimit, *, context: Context) -> Figure:
    """Draw the CLs curve that a limit is read from."""
    return plot_cls(result.curve, context=context)


@register(TemplateFitResult)
def plot_template_fit(result: TemplateFitResult, *, context: Context) -> Figure:
    """Draw the CLs curve of a template fit."""
    return plot_cls(result.curve, context=context)


@register_several(NamedLimit)
def plot_limits(limits: Sequence[NamedLimit], *, context: Context) -> Figure:
    """Draw upper limits side by side, one row each: expected with its bands, observed as a point."""
    figure, axes = new_figure(context, size=(5.8, 1.9 + 0.55 * len(limits)))
    for row, limit in enumerate(limits):
        low2, low1, median, high1, high2 = limit.expected
        axes.add_patch(Rectangle((low2, row - 0.3), high2 - low2, 0.6, facecolor=TWO_SIGMA, linewidth=0))
        axes.add_patch(Rectangle((low1, row - 0.3), high1 - low1, 0.6, facecolor=ONE_SIGMA, linewidth=0))
        axes.plot([median, median], [row - 0.3, row + 0.3], color="black", linestyle="--")
        if limit.observed is not None:
            axes.plot([limit.observed], [row], color=DATA, marker="o", markersize=6, linestyle="none")
    highest = max(max(limit.expected[4], limit.observed or 0.0) for limit in limits)
    axes.axvline(1, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlim=(0, 1.1 * max(highest, 1.0)), ylim=(len(limits) - 0.4, -0.6))
    axes.set_yticks(range(len(limits)), [context.title_of(limit.name) for limit in limits])
    axes.tick_params(axis="y", which="both", length=0)
    axes.set_xlabel(f"upper limit on the signal strength μ, {100 * limits[0].level:g} % CL")
    _limit_legend(figure, axes, context, any(limit.observed is not None for limit in limits))
    return figure


@register(Breakdown)
def plot_breakdown(result: Breakdown, *, context: Context) -> Figure:
    """Draw what each group of uncertainties adds to σ(μ), the largest at the top, and the whole."""
    rows = [("total", result.total), *sorted(result.groups.items(), key=lambda item: -item[1])]
    figure, axes = new_figure(context, size=(5.8, 1.5 + 0.42 * len(rows)))
    colour = ["dimgrey", *(BACKGROUND for _ in rows[1:])]
    bars = axes.barh(range(len(rows)), [size for _, size in rows], color=colour, height=0.65)
    axes.bar_label(bars, [digits(size, 2) for _, size in rows], padding=4, fontsize="small")
    axes.set_yticks(range(len(rows)), [_group_title(name, context) for name, _ in rows])
    axes.tick_params(axis="y", which="both", length=0)
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.15 * result.total))
    axes.set_xlabel("expected σ(μ) for μ = 1" if result.expected else "σ(μ)")
    return figure


@register(Pulls)
def plot_pulls(result: Pulls, *, context: Context) -> Figure:
    """Draw how far the fit moved each constrained parameter, and how much it narrowed it, in units of the constraint.

    Of more than 20 parameters the 20 that moved or narrowed most are drawn.
    """
    chosen = sorted(result.parameters, key=lambda p: -max(abs(p.pull or 0.0), 1 - (p.constraint or 0.0)))[:_MOST_PULLS]
    shown = [parameter for parameter in result.parameters if parameter in chosen]
    figure, axes = new_figure(context, size=(5.8, 1.5 + 0.26 * max(len(shown), 3)))
    rows = np.arange(len(shown))
    axes.axvspan(-2, 2, color="#efefef", linewidth=0)
    axes.axvspan(-1, 1, color="#d9d9d9", linewidth=0)
    axes.axvline(0, color="dimgrey", linewidth=0.8)
    pulls, constraints = [p.pull or 0.0 for p in shown], [p.constraint or 0.0 for p in shown]
    axes.errorbar(pulls, rows, xerr=constraints, color=DATA, linestyle="none", marker="o", markersize=4)
    regions = several_regions(p.name for p in result.parameters)
    axes.set_yticks(rows, [parameter_title(p.name, context, regions=regions) for p in shown], fontsize="x-small")
    axes.tick_params(axis="y", which="both", length=0)
    reach = max(2.5, *(abs(pull) + constraint + 0.2 for pull, constraint in zip(pulls, constraints, strict=True)))
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlim=(-reach, reach))
    fitted = "Asimov data, μ = 1" if result.expected else context.data_title
    axes.set_xlabel(f"(fitted − nominal) / constraint, fit to {fitted}")
    return figure


def _drop(axes: Axes, limit: float, height: float, linestyle: str) -> None:
    axes.plot([limit, limit], [_LEAST_CLS, height], color="black", linewidth=1, linestyle=linestyle)


def _limit_legend(figure: Figure, axes: Axes, context: Context, observed: bool) -> None:
    handles = [
        axes.plot([], [], color="black", linestyle="--", label="expected")[0],
        Patch(facecolor=ONE_SIGMA, label="± 1σ"),
        Patch(facecolor=TWO_SIGMA, label="± 2σ"),
    ]
    if observed:
        label = f"observed ({context.data_title})" if context.pseudo_data else "observed"
        handles.append(axes.plot([], [], color=DATA, marker="o", markersize=6, linestyle="none", label=label)[0])
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)


def _group_title(name: str, context: Context) -> str:
    own = {STATISTICS: "number of data events", MC_STATISTICS: "number of simulated events", "total": "total"}
    return context.titles.get(name) or own.get(name) or name.replace("_", " ")


def parameter_title(name: str, context: Context, *, regions: bool = False) -> str:
    """Return what a figure calls a nuisance parameter; where there are several ``regions`` each is named, "all" too."""
    if name.startswith(MC_STATISTICS):
        owner, _, number = name.removeprefix(f"{MC_STATISTICS}_").rstrip("]").partition("[")
        region, what = owner.removesuffix("_signal"), "signal" if owner.endswith("_signal") else "background"
        where = f"{context.title_of(region)}, " if regions or region != WHOLE else ""
        return f"simulated {what}, {where}bin {int(number) + 1}"
    return _group_title(name, context)


def several_regions(names: Iterable[str]) -> bool:
    """Say whether parameters are of another region than the whole, so that this one needs its name as well."""
    return any(name.startswith(MC_STATISTICS) and _owner(name).removesuffix("_signal") != WHOLE for name in names)


def _owner(name: str) -> str:
    return name.removeprefix(f"{MC_STATISTICS}_").partition("[")[0]
