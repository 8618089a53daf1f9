"""Is one model better than another: the differences of pairs of models with both intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fivesigma.evaluation.comparison import ComparedQuantity, Comparison, Verdict
from fivesigma.plots.registry import register
from fivesigma.plots.style import PALETTE, Context, new_grid

__all__ = ["plot_comparison"]

_MOST_PAIRS = 6
_NARROW, _WIDE = 5.0, 1.3
_COLOURS: dict[Verdict | None, str] = {"better": PALETTE[4], "better as trained": PALETTE[6], None: PALETTE[8]}
_MARKERS: dict[Verdict | None, str] = {"better": "o", "better as trained": "s", None: "D"}
_TITLES: dict[Verdict | None, str] = {
    "better": "one is better",
    "better as trained": "better as trained only",
    None: "no verdict",
}


@dataclass(frozen=True, slots=True)
class _Difference:
    """A pair's difference: value, interval as trained and with retraining, verdict."""

    value: float
    narrow: tuple[float, float]
    wide: tuple[float, float]
    verdict: Verdict | None


@register(Comparison)
def plot_comparison(result: Comparison, *, context: Context) -> Figure:
    """Draw the differences of up to six pairs of models; of more than four models each against the one of the largest AUC."""
    rows = _rows(result)
    wide = max(len(_row_title(row, context)) for row in rows)
    figure, panels = new_grid(
        context,
        len(result.quantities),
        columns=len(result.quantities),
        panel=(2.9 + 0.03 * wide, 1.7 + 0.34 * len(rows)),
    )
    for place, (axes, quantity) in enumerate(zip(panels, result.quantities, strict=True)):
        _draw(axes, quantity, rows)
        titles = [_row_title(row, context) for row in rows] if place == 0 else [""] * len(rows)
        axes.set_yticks(range(len(rows)), titles)
        axes.tick_params(axis="y", which="both", length=0)
        axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=f"difference in {quantity.title}")
    _legend(figure, result)
    return figure


def _rows(result: Comparison) -> list[tuple[str, str]]:
    """Return which pairs are drawn, the one of the smaller AUC first: all if they are few, else those with the largest."""
    area = dict(zip(result.models, result.of("auc").values, strict=True))
    *others, best = sorted(result.models, key=lambda name: area[name] or 0.0)
    pairs = [(name, best) for name in reversed(others)]
    rest = list(combinations(others, 2))
    return pairs + rest if len(pairs) + len(rest) <= _MOST_PAIRS else pairs


def _row_title(row: tuple[str, str], context: Context) -> str:
    first, second = map(context.title_of, row)
    return f"{first} \N{MINUS SIGN} {second}"


def _draw(axes: Axes, quantity: ComparedQuantity, rows: Sequence[tuple[str, str]]) -> None:
    axes.axvline(0, color="grey", linewidth=0.8)
    for place, (first, second) in enumerate(rows):
        found = _between(quantity, first, second)
        if found is None:
            axes.text(
                0.5,
                place,
                "too little background",
                transform=axes.get_yaxis_transform(),
                ha="center",
                va="center",
                fontsize="x-small",
                color="dimgrey",
            )
            continue
        colour = _COLOURS[found.verdict]
        axes.plot(found.wide, [place] * 2, color=colour, linewidth=_WIDE, solid_capstyle="butt")
        axes.plot(found.narrow, [place] * 2, color=colour, linewidth=_NARROW, alpha=0.45, solid_capstyle="butt")
        axes.plot(
            [found.value], [place], color=colour, marker=_MARKERS[found.verdict], markersize=5.5, linestyle="none"
        )
    axes.xaxis.set_major_locator(MaxNLocator(4, min_n_ticks=3))
    axes.tick_params(axis="x", labelsize="small")


def _between(quantity: ComparedQuantity, first: str, second: str) -> _Difference | None:
    """Return the first's number minus the second's, whichever way it was taken."""
    for d in quantity.differences:
        if {d.first, d.second} == {first, second}:
            sign = 1 if d.first == first else -1
            return _Difference(
                sign * d.estimate.value,
                (sign * d.estimate.low, sign * d.estimate.high),
                (sign * d.retrained.low, sign * d.retrained.high),
                d.verdict,
            )
    return None


def _legend(figure: Figure, result: Comparison) -> None:
    """Explain lines and markers below the panels, those that are drawn and no others."""
    grey = PALETTE[8]
    handles = [
        Line2D([], [], color=grey, linewidth=_NARROW, alpha=0.45, solid_capstyle="butt"),
        Line2D([], [], color=grey, linewidth=_WIDE),
    ]
    labels = ["these estimators", "trained on other events"]
    drawn = {d.verdict for quantity in result.quantities for d in quantity.differences}
    for verdict in (verdict for verdict in _TITLES if verdict in drawn):
        handles.append(
            Line2D([], [], color=_COLOURS[verdict], marker=_MARKERS[verdict], markersize=5.5, linestyle="none")
        )
        labels.append(_TITLES[verdict])
    pairs = len(result.models) * (len(result.models) - 1) // 2
    together = f", {100 * (1 - result.error_rate):.4g} % for all {pairs} pairs together" if pairs > 1 else ""
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(handles),
        title=f"intervals of {100 * result.level:.4g} %{together}",
    )
