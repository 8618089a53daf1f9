"""What figures of a scan have in common: panels below each other, colours of selections, masses and small p-values in print."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import Estimate
from fivesigma.plots.style import PALETTE, Context, new_grid, power_of_ten

__all__ = [
    "at_hypotheses",
    "interval_text",
    "mass_axis",
    "mass_text",
    "p_value_text",
    "per_cent",
    "selection_styles",
    "stacked_panels",
    "unit_of",
]

_PLAIN = 1e-3
_SMALLEST = -300.0  # decades: below, a double holds no p-value
_MARKERS = "osD^vP"
_SELECTIONS = (PALETTE[0], PALETTE[1], PALETTE[4], PALETTE[5], PALETTE[8], PALETTE[9])


def stacked_panels(context: Context, heights: Sequence[float], *, width: float = 6.2) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels of these heights, in inches, below each other, that share the abscissa."""
    figure, panels = new_grid(context, len(heights), columns=1, panel=(width, sum(heights) / len(heights)))
    specification = panels[0].get_subplotspec()
    if specification is not None:
        specification.get_gridspec().set_height_ratios(heights)
    for axes in panels[1:]:
        axes.sharex(panels[0])
    for axes in panels[:-1]:
        axes.tick_params(labelbottom=False)
    figure.align_ylabels(panels)
    return figure, panels


def selection_styles(count: int) -> list[tuple[str, str]]:
    """Return colour and marker of so many selections, by their place; red is left to what stands out."""
    return [(_SELECTIONS[place % len(_SELECTIONS)], _MARKERS[place % len(_MARKERS)]) for place in range(count)]


def at_hypotheses(hypotheses: Floats, mass: Floats, values: Floats) -> Floats:
    """Return the value at each hypothesis, NaN where there is none, so that a line breaks there."""
    out = np.full(len(hypotheses), np.nan)
    out[np.searchsorted(hypotheses, mass)] = values
    return out


def mass_axis(axes: Axes, hypotheses: Floats, limits: tuple[float, float], looked_at: Floats) -> None:
    """Limit the abscissa to the windows, and shade the masses nearest to hypotheses that were not looked at."""
    ends = np.concatenate([limits[:1], (hypotheses[1:] + hypotheses[:-1]) / 2, limits[1:]])
    label: str | None = "not looked at"
    for place in np.flatnonzero(~np.isin(hypotheses, looked_at)):
        axes.axvspan(
            ends[place],
            ends[place + 1],
            facecolor="none",
            edgecolor="lightgrey",
            hatch="////",
            linewidth=0,
            zorder=0,
            label=label,
        )
        label = None
    axes.set_xlim(limits)


def per_cent(fraction: float) -> str:
    """Return a fraction in per cent."""
    return f"{100 * fraction:.4g} %"


def unit_of(title: str) -> str:
    """Return the unit of an axis' title, "GeV" of "m [GeV]"; empty without one."""
    _, bracket, rest = title.rpartition("[")
    return rest.rstrip("] ") if bracket else ""


def mass_text(mass: float, title: str) -> str:
    """Return a mass with the unit of the axis' title."""
    return f"{np.format_float_positional(mass, precision=5, fractional=False, trim='-')} {unit_of(title)}".rstrip()


def p_value_text(log_p: float) -> str:
    """Return a p-value given as ``ln p`` with two digits, "2.3×10⁻¹⁹⁷" if it is small."""
    decades = log_p / math.log(10)
    if decades >= math.log10(_PLAIN):
        return f"{math.exp(log_p):.2g}"
    exponent = math.floor(decades)
    mantissa = f"{10 ** (decades - exponent):.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    return f"{mantissa}×{power_of_ten(exponent)}"


def interval_text(estimate: Estimate) -> str:
    """Return "= value", and the interval of a p-value where it has one; "≤ value" of a bound, and where no pseudo-experiment reaches it."""
    if estimate.value <= 0:
        return f"< {power_of_ten(round(_SMALLEST))}"
    is_bound = "Bonferroni" in estimate.method
    value = f"{'≤' if is_bound or estimate.low <= 0 else '='} {p_value_text(math.log(estimate.value))}"
    if is_bound or estimate.low == estimate.high:
        return value
    low, high = (p_value_text(math.log(end)) if end > 0 else "0" for end in (estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"
