"""What all figures share: the context at the top, colours, empty figures, and files with the same bytes for the same result."""

from __future__ import annotations

import dataclasses
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, cast

import matplotlib as mpl
import mplhep
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.rcsetup import cycler
from matplotlib.ticker import FixedLocator, Locator, NullFormatter

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import Estimate
from fivesigma.plots.svg import slim

__all__ = [
    "BACKGROUND",
    "DATA",
    "PALETTE",
    "SIGNAL",
    "Context",
    "colours",
    "digits",
    "figure_with_ratio",
    "hatched_band",
    "label_from_right",
    "logarithmic",
    "new_figure",
    "new_grid",
    "numbers",
    "plus_minus",
    "power_of_ten",
    "sample_colours",
    "save",
    "spread_score_axis",
    "styled",
]

PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
"""Ten colours that differ for colour-blind readers too: M. Petroff, arXiv:2107.02270, as CMS recommends."""
SIGNAL, BACKGROUND, DATA = "#bd1f01", "#3f90da", "black"
_CURVES = (PALETTE[4], PALETTE[1], PALETTE[8], PALETTE[5], PALETTE[9], PALETTE[6], PALETTE[7], PALETTE[3], PALETTE[0])
"""The same without the signal's red, the background's blue last: colours for curves of models."""

Format: TypeAlias = Literal["svg", "pdf", "png"]
Draw = TypeVar("Draw", bound=Callable[..., Figure])

_STYLE: dict[str, Any] = dict(mplhep.style.CMS) | {
    "axes.formatter.use_mathtext": False,  # plain text is typeset ten times as fast
    "axes.labelsize": "medium",
    "axes.linewidth": 1.0,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.titlesize": "medium",
    "axes.titley": 1.0,  # stays put: looking for room measures every tick label once more
    "axes.unicode_minus": True,
    "figure.figsize": (5.8, 4.6),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib, so that figures look the same everywhere
    "font.size": 12,
    "legend.borderaxespad": 0.8,  # clear of the ticks
    "legend.fontsize": "small",
    "legend.title_fontsize": "small",
    "lines.linewidth": 1.6,
    "mathtext.default": "regular",
    "mathtext.fontset": "dejavusans",
    "savefig.dpi": 150,
    "svg.hashsalt": "fivesigma",
    "xtick.major.size": 6,
    "xtick.minor.size": 3,
    "ytick.major.size": 6,
    "ytick.minor.size": 3,
}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SCORE_TICKS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999)
_ROUNDING = 1e-6
_LETTER = 0.074  # inches, of a digit in the smallest print
_SCREEN, _SHARP = 72, 2  # pixels an inch in a notebook, and how many dots make a pixel
_METADATA: dict[Format, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a figure says of its events, and how it calls and colours them.

    Attributes
    ----------
    label
        Whose events they are: "CMS open data", "simulation"; nothing unless told, as no figure knows.
    luminosity
        Integrated luminosity in fb⁻¹, if there is one.
    energy
        Centre-of-mass energy in TeV, if it is known.
    pseudo_data
        Whether the "data" are simulated; the figure then says so.
    title
        A line above everything, if not empty.
    titles
        What axes and legends call features, samples and models, by name, with units: ``{"m_z1": "m(Z1) [GeV]"}``.
    names
        All models in one order, so that each keeps its colour from figure to figure.
    blind
        Whether there are data that stay unseen; the figure then says so.
    """

    label: str = ""
    luminosity: float | None = None
    energy: float | None = None
    pseudo_data: bool = False
    title: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    blind: bool = False

    def title_of(self, name: str) -> str:
        """Return what to call a feature, sample or model in print."""
        return self.titles.get(name) or name

    @property
    def data_title(self) -> str:
        """What legends call the points: data or pseudo-data."""
        return "pseudo-data" if self.pseudo_data else "data"

    @property
    def conditions(self) -> str:
        """Luminosity and energy as they stand at the top right, as far as they are known; "blind" before them."""
        luminosity = "" if self.luminosity is None else f"{self.luminosity:.4g} fb⁻¹"
        energy = "" if self.energy is None else f"{self.energy:g} TeV"
        both = f"{luminosity} ({energy})" if luminosity and energy else luminosity or energy
        return ", ".join(filter(None, ("blind" if self.blind else "", both)))


def styled(draw: Draw) -> Draw:
    """Decorate a function that draws, so that it draws in our style and leaves matplotlib's settings alone."""

    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Figure:
        with mpl.rc_context(cast("Any", _STYLE)):
            return draw(*args, **kwargs)

    return cast("Draw", drawn)


def colours(names: Iterable[str], context: Context | None = None) -> dict[str, str]:
    """Return a colour for each model: by its place in ``context.names``, those not there by what is left."""
    known = list(context.names) if context is not None else []
    places = known + [name for name in dict.fromkeys(names) if name not in known]
    return {name: _CURVES[place % len(_CURVES)] for place, name in enumerate(places)}


def sample_colours(signal: Sequence[str], background: Sequence[str]) -> dict[str, str]:
    """Return a colour for each sample: the first signal is red, backgrounds take the rest of the palette in their order."""
    others = [colour for colour in PALETTE if colour != SIGNAL]
    names = [*background, *signal[1:]]
    return dict.fromkeys(signal[:1], SIGNAL) | {name: others[i % len(others)] for i, name in enumerate(names)}


def new_figure(context: Context, *, size: tuple[float, float] = (5.8, 4.6)) -> tuple[Figure, Axes]:
    """Return a figure of ``size`` inches with one set of axes, labelled with the context."""
    figure = _figure(context, size)
    axes = figure.add_subplot()
    _dress(axes)
    _label(axes, context)
    return figure, axes


def figure_with_ratio(context: Context, *, size: tuple[float, float] = (5.8, 5.7)) -> tuple[Figure, Axes, Axes]:
    """Return a figure with main axes and, below them, axes for a ratio that share the abscissa."""
    figure = _figure(context, size)
    main, ratio = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for axes in (main, ratio):
        _dress(axes)
    _label(main, context)
    return figure, main, ratio


def new_grid(
    context: Context, count: int, *, columns: int, panel: tuple[float, float] = (3.2, 2.7)
) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``count`` panels, each of ``panel`` inches, in rows of ``columns``; the context above them."""
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = _figure(context, (panel[0] * columns, panel[1] * rows + 0.4))
    grid = [figure.add_subplot(rows, columns, place + 1) for place in range(count)]
    for axes in grid:
        _dress(axes)
    _label(grid[0], context, into=grid[columns - 1])
    return figure, grid


def save(figure: Figure, path: Path | str, formats: Iterable[Format] = ("svg", "pdf")) -> list[Path]:
    """Write a figure as ``path`` with each format's suffix, whole or not at all, the same bytes for the same figure.

    Returns
    -------
    list of Path
        The files written.
    """
    written = []
    layout = figure.get_layout_engine()
    with mpl.rc_context(cast("Any", _STYLE)):
        if layout is not None:
            layout.execute(figure)  # once for all formats: it takes as long as drawing
            figure.set_layout_engine(None)  # "none" would leave a placeholder, for which savefig draws twice
        for kind in formats:
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, metadata=_METADATA[kind])
            content = buffer.getvalue()
            target = Path(f"{path}.{kind}")
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(slim(content.decode()).encode() if kind == "svg" else content)
            part.replace(target)
            written.append(target)
        figure.set_layout_engine(layout)
    return written


def numbers(result: Any) -> Any:
    """Return a result as what strict JSON holds: dataclasses become objects, arrays lists, what is not finite null.

    Raises
    ------
    TypeError
        If there is a value that JSON can't hold.
    """
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {entry.name: numbers(getattr(result, entry.name)) for entry in dataclasses.fields(result)}
    if isinstance(result, Mapping):
        return {str(key): numbers(value) for key, value in result.items()}
    if isinstance(result, np.ndarray | np.generic):
        return numbers(result.tolist())
    if isinstance(result, list | tuple):
        return [numbers(value) for value in result]
    if isinstance(result, float):
        return result if math.isfinite(result) else None
    if result is None or isinstance(result, bool | int | str):
        return result
    raise TypeError(f"JSON can't hold a {type(result).__name__}")


def spread_score_axis(axes: Axes, last: float) -> None:
    """Spread the common score scale close to one, where cuts are made: even steps keep even shares of the background.

    Parameters
    ----------
    axes
        Whose abscissa is a score.
    last
        The largest score to tell from one; what lies above is drawn just above it.
    """
    end = (1 - last) / 1.5

    def spread(score: Floats) -> Floats:
        return -np.log(np.maximum(1 - np.asarray(score), end))

    def back(place: Floats) -> Floats:
        return 1 - np.exp(-np.asarray(place))

    axes.set_xscale("function", functions=(spread, back))
    axes.set_xlim(0, 1 - end)
    ticks = [tick for tick in _SCORE_TICKS if tick <= 1 - end]
    axes.xaxis.set_major_locator(_LabelsApart(axes, ticks))
    axes.xaxis.set_major_formatter(lambda tick, _: f"{tick:g}")
    axes.xaxis.set_minor_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelsize="x-small")


class _LabelsApart(Locator):
    """Of the ticks of a score those whose labels have room beside each other: whole powers of ten of the distance to one first."""

    def __init__(self, axes: Axes, ticks: Sequence[float]) -> None:
        self._axes, self._ticks = axes, sorted(ticks, key=lambda tick: (_digit(tick), tick))

    def __call__(self) -> Sequence[float]:
        return self.tick_values(*self._axes.get_xlim())

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        ticks = [tick for tick in self._ticks if vmin <= tick <= vmax]
        at = self._axes.transData.transform([(tick, 0.0) for tick in ticks])[:, 0]
        inches = dict(zip(ticks, at / self._axes.figure.dpi, strict=True))
        kept: list[float] = []
        for tick in ticks:
            if all(abs(inches[tick] - inches[other]) > _apart(tick, other) for other in kept):
                kept.append(tick)
        return sorted(kept)


def _digit(tick: float) -> int:
    """Return how early a tick of a score is chosen: 0, 0.9, 0.99 before 0.5, 0.95, 0.995 before 0.8, 0.98, 0.998."""
    return {"1": 0, "5": 1}.get(f"{1 - tick:.0e}"[0], 2)


def _apart(first: float, second: float) -> float:
    """Return how far apart the middles of two labels must be, in inches."""
    return _LETTER * (len(f"{first:g}{second:g}") / 2 + 1)


def logarithmic(axes: Axes) -> None:
    """Make the ordinate logarithmic, its decades written as plain text, which is typeset ten times as fast as formulae."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda tick, _: power_of_ten(round(math.log10(tick))))


def power_of_ten(exponent: int) -> str:
    """Return "10⁻³" of -3, in plain text."""
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def digits(value: float, count: int) -> str:
    """Return a number with so many significant digits, zeros at its end included."""
    return f"{value:#.{count}g}".rstrip(".")


def hatched_band(axes: Axes, edges: Floats, total: Floats, error: Floats, label: str | None) -> None:
    """Hatch ``total`` ± ``error``, each of shape (n,), over the bins between ``edges``, down to zero at most."""
    axes.stairs(
        total + error,
        edges,
        baseline=np.maximum(total - error, 0),
        fill=True,
        facecolor="none",
        edgecolor="dimgrey",
        hatch="/////",
        linewidth=0,
        label=label,
    )


def plus_minus(estimate: Estimate) -> str:
    """Return "value ± error", both to the second digit of the error, which below a millionth is one of rounding."""
    decimals = max(0, 1 - math.floor(math.log10(estimate.error))) if estimate.error > _ROUNDING else 3
    value = round(estimate.value, decimals) + 0.0  # no minus before a zero
    return f"{value:.{decimals}f} ± {estimate.error:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


class _Figure(Figure):
    """A figure that shows itself in a notebook; pyplot, which would show it once more, does not know it."""

    def legend(self, *args: Any, **options: Any) -> Legend:
        """Return a legend for all axes, in no more than ``ncols`` columns: as many as the figure has room for."""
        made = super().legend(*args, **options)
        for columns in range(options.get("ncols", 1) - 1, 0, -1):
            if made.get_window_extent().width <= self.bbox.width:
                break
            made.remove()
            made = super().legend(*args, **{**options, "ncols": columns})
        return made

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        with mpl.rc_context(cast("Any", _STYLE)):
            self.savefig(buffer, format="png", dpi=_SHARP * _SCREEN)
        width, height = self.get_size_inches() * _SCREEN
        return buffer.getvalue(), {"width": round(width), "height": round(height)}


def _figure(context: Context, size: tuple[float, float]) -> Figure:
    figure = _Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    if context.title:
        figure.suptitle(context.title, x=0.02, ha="left", fontsize="medium")
    return figure


def _dress(axes: Axes) -> None:
    """Tell the axes what ticks are made when they are drawn, when our settings no longer stand."""
    sizes: tuple[Literal["major", "minor"], ...] = ("major", "minor")
    for which in sizes:
        axes.tick_params(axis="both", which=which, direction="in", length=_STYLE[f"xtick.{which}.size"])
    axes.set_title("")  # at the height that the settings tell


def label_from_right(axes: Axes, context: Context) -> None:
    """Write whose events they are beside their conditions, ending at the right of axes that begin far from the figure's left."""
    axes.set_title("", loc="left")
    axes.set_title(",  ".join(filter(None, (context.label, context.conditions))), loc="right", fontsize="medium")


def _label(axes: Axes, context: Context, into: Axes | None = None) -> None:
    """Write whose events they are at the top left of ``axes`` and their conditions at the top right of ``into``."""
    axes.set_title(context.label, loc="left", fontweight="bold", fontsize="medium")
    (into or axes).set_title(context.conditions, loc="right", fontsize="medium")
