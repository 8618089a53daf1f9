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
from matplotlib.rcsetup import cycler
from matplotlib.ticker import FixedLocator, NullLocator

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import Estimate

__all__ = [
    "BACKGROUND",
    "DATA",
    "PALETTE",
    "SIGNAL",
    "Context",
    "colours",
    "figure_with_ratio",
    "new_figure",
    "new_grid",
    "numbers",
    "plus_minus",
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

Format: TypeAlias = Literal["svg", "pdf", "png"]
Draw = TypeVar("Draw", bound=Callable[..., Figure])

_STYLE: dict[str, Any] = dict(mplhep.style.CMS) | {
    "axes.labelsize": "medium",
    "axes.linewidth": 1.0,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.titlesize": "medium",
    "axes.unicode_minus": True,
    "figure.figsize": (6.4, 5.0),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib, so that figures look the same everywhere
    "font.size": 12,
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
_SCORE_TICKS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999)
_METADATA: dict[Format, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a figure says of its events, and how it calls and colours them.

    Attributes
    ----------
    label
        Whose events they are: "CMS open data", "simulation".
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
        All samples and models in one order, so that each keeps its colour from figure to figure.
    """

    label: str = "simulation"
    luminosity: float | None = None
    energy: float | None = None
    pseudo_data: bool = False
    title: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def title_of(self, name: str) -> str:
        """Return what to call a feature, sample or model in print."""
        return self.titles.get(name) or name

    @property
    def data_title(self) -> str:
        """What legends call the points: data or pseudo-data."""
        return "pseudo-data" if self.pseudo_data else "data"

    @property
    def conditions(self) -> str:
        """Luminosity and energy as they stand at the top right, as far as they are known."""
        luminosity = "" if self.luminosity is None else f"{self.luminosity:.4g} fb$^{{-1}}$"
        energy = "" if self.energy is None else f"{self.energy:g} TeV"
        return f"{luminosity} ({energy})" if luminosity and energy else luminosity or energy


def styled(draw: Draw) -> Draw:
    """Decorate a function that draws, so that it draws in our style and leaves matplotlib's settings alone."""

    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Figure:
        with mpl.rc_context(cast("Any", _STYLE)):
            return draw(*args, **kwargs)

    return cast("Draw", drawn)


def colours(names: Iterable[str], context: Context | None = None) -> dict[str, str]:
    """Return a colour for each name: by its place in ``context.names``, those not there by what is left."""
    known = list(context.names) if context is not None else []
    places = known + [name for name in dict.fromkeys(names) if name not in known]
    return {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(places)}


def sample_colours(signal: Sequence[str], background: Sequence[str]) -> dict[str, str]:
    """Return a colour for each sample: the first signal is red, backgrounds take the rest of the palette in their order."""
    others = [colour for colour in PALETTE if colour != SIGNAL]
    names = [*background, *signal[1:]]
    return dict.fromkeys(signal[:1], SIGNAL) | {name: others[i % len(others)] for i, name in enumerate(names)}


def new_figure(context: Context, *, size: tuple[float, float] = (6.4, 5.0)) -> tuple[Figure, Axes]:
    """Return a figure of ``size`` inches with one set of axes, labelled with the context."""
    figure = _figure(context, size)
    axes = figure.add_subplot()
    _dress(axes)
    _label(axes, context)
    return figure, axes


def figure_with_ratio(context: Context, *, size: tuple[float, float] = (6.4, 6.2)) -> tuple[Figure, Axes, Axes]:
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
            figure.set_layout_engine("none")
        for kind in formats:
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, metadata=_METADATA[kind])
            target = Path(f"{path}.{kind}")
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(buffer.getvalue())
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
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in _SCORE_TICKS if tick <= 1 - end]))
    axes.xaxis.set_major_formatter(lambda tick, _: f"{tick:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize="x-small")


def plus_minus(estimate: Estimate) -> str:
    """Return "value ± error", both to the second digit of the error."""
    digits = max(0, 1 - math.floor(math.log10(estimate.error))) if estimate.error > 0 else 3
    return f"{estimate.value:.{digits}f} ± {estimate.error:.{digits}f}"


def _figure(context: Context, size: tuple[float, float]) -> Figure:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    if context.title:
        figure.suptitle(context.title, x=0.02, ha="left", fontsize="medium")
    return figure


def _dress(axes: Axes) -> None:
    """Tell the axes what ticks are made when they are drawn, when our settings no longer stand."""
    sizes: tuple[Literal["major", "minor"], ...] = ("major", "minor")
    for which in sizes:
        axes.tick_params(axis="both", which=which, direction="in", length=_STYLE[f"xtick.{which}.size"])


def _label(axes: Axes, context: Context, into: Axes | None = None) -> None:
    """Write whose events they are at the top left of ``axes`` and their conditions at the top right of ``into``."""
    axes.set_title(context.label, loc="left", fontweight="bold", fontsize="medium")
    (into or axes).set_title(context.conditions, loc="right", fontsize="medium")
