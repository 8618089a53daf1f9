"""Scans of pseudo-experiments without a signal beside the scan that they are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import special

from fivesigma.plots.anomaly_panels import interval_text
from fivesigma.plots.curves import reach
from fivesigma.plots.registry import register_several
from fivesigma.plots.style import BACKGROUND, PALETTE, SIGNAL, Context, logarithmic, new_figure, plus_minus
from fivesigma.searches.anomaly.options import NullFeatures
from fivesigma.searches.anomaly.results import NullExperiments
from fivesigma.statistics.trial_factors import independent_trials

__all__ = ["plot_null_experiments"]

_COLOURS = (BACKGROUND, PALETTE[1], PALETTE[4], PALETTE[8])
_FEATURES: dict[NullFeatures, str] = {
    "conditional": "features follow the mass",
    "independent": "features know nothing of the mass",
}
_ASIDE = 0.012  # of the width, of p-values beside what is observed
_BEYOND = 3.0  # σ above the largest pseudo-experiment; what is observed farther out is told, not drawn


@register_several(NullExperiments)
def plot_null_experiments(results: Sequence[NullExperiments], *, context: Context) -> Figure:
    """Draw the fraction of pseudo-experiments whose largest local significance reaches z, with what is observed.

    A line for each background model; points at what is observed are the p-values with their intervals. The grey line is what
    independent normal significances, as many as the scan looks at, would give.
    """
    figure, axes = new_figure(context, size=(6.2, 4.6 + 0.65 * len(results)))
    lowest, highest = _range(results)
    z = np.linspace(lowest, highest, 400)
    for trials in sorted({one.trials for one in results}):
        axes.plot(
            z,
            independent_trials(special.ndtr(-z), trials),
            color="grey",
            linestyle=":",
            label=f"{trials} independent normal z",
        )
    for place, one in enumerate(results):
        aside = _ASIDE * (highest - lowest) * (place + 1)
        _fraction(axes, one, _COLOURS[place % len(_COLOURS)], lowest, highest, aside)
    for observed in sorted({one.observed for one in results}):
        _observed(axes, observed, highest)
    logarithmic(axes)
    axes.set(xlim=(lowest, highest), ylim=(_bottom(results), 1.5))
    axes.set(xlabel="reached by the largest local z of a scan [σ]", ylabel="fraction of scans")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=1)
    return figure


def _range(results: Sequence[NullExperiments]) -> tuple[float, float]:
    """Return the significances to draw: of all pseudo-experiments, and what is observed unless it is far beyond."""
    drawn = np.concatenate([one.largest_z for one in results])
    observed = [one.observed for one in results]
    low = min(float(drawn.min()), *observed, 1.0)
    high = max(float(drawn.max()), 3.5)
    if max(observed) <= high + _BEYOND:
        high = max(high, *observed)
    return low - 0.2, high + 0.4


def _fraction(axes: Axes, one: NullExperiments, colour: str, lowest: float, highest: float, aside: float) -> None:
    ordered = np.sort(one.largest_z)
    count = len(ordered)
    fraction = np.append(np.arange(count, -1, -1), 0) / count
    p_value = f"p {interval_text(one.p_value)} at {100 * one.p_value.level:.3g} % CL"
    scatter = "" if one.width is None else f", root mean square of all z {plus_minus(one.width)}"
    label = (
        f"{_FEATURES[one.features]}: {p_value}\n{count} experiments{scatter}\n"
        f"mean largest |z| {one.largest_absolute_z.mean():.2f}, {one.expected_absolute_z:.2f} if independent"
    )
    axes.step(np.concatenate([[lowest], ordered, [highest]]), fraction, where="post", color=colour, label=label)
    if one.observed <= highest:
        axes.errorbar(
            one.observed + aside,
            one.p_value.value,
            yerr=reach(one.p_value),
            color=colour,
            marker="o",
            markersize=5,
            linestyle="none",
            zorder=4,
        )


def _observed(axes: Axes, observed: float, highest: float) -> None:
    text = f"observed: {observed:.2f}σ".replace("-", "\N{MINUS SIGN}")
    if observed <= highest:
        axes.axvline(observed, color=SIGNAL, linewidth=1.6, label=text)
    else:
        axes.annotate(
            f"{text} →", (0.98, 0.95), xycoords="axes fraction", ha="right", va="top", color=SIGNAL, fontsize="small"
        )


def _bottom(results: Sequence[NullExperiments]) -> float:
    """Return the foot of the ordinate: below one experiment of the most numerous, and below the smallest p-value."""
    return 0.4 * min(1 / max(len(one.largest_z) for one in results), *(one.p_value.value for one in results))
