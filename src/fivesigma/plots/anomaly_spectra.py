"""Spectra of a scan with their fits: before and after the selections of the best window, and all windows on the whole."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import Estimate
from fivesigma.plots.anomaly_panels import mass_text, per_cent, selection_styles, stacked_panels, unit_of
from fivesigma.plots.registry import register
from fivesigma.plots.style import BACKGROUND, DATA, SIGNAL, Context, logarithmic, plus_minus
from fivesigma.searches.anomaly.views import BestSpectra, FittedSpectrum, SelectedSpectrum, WindowsOnSpectrum
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["plot_best_spectra", "plot_windows_on_spectrum"]

_SHADE = "#f6d9d6"
_WINDOW, _SIDEBAND = "#5a5f63", "#c9cdd0"
_ROW = 0.14  # inches, of a window in the ladder
_MOST_TITLES = 12
_LOWEST_EXPECTATION = 0.1  # of an event in a bin; what lies below is not worth the decades


@register(BestSpectra)
def plot_best_spectra(result: BestSpectra, *, context: Context) -> Figure:
    """Draw the spectrum before and after each selection of the best window with the fits; below, each bin's distance from its fit.

    Before any selection the fit is one to all bins, after it one to those outside the window, which is shaded. Distances are
    signed significances of the bins over the fit alone. Points have Poisson intervals (Garwood 1936).
    """
    several = [result.before, *(one.spectrum for one in result.selected)]
    colours = [DATA, *(colour for colour, _ in selection_styles(len(result.selected)))]
    figure, panels = stacked_panels(context, [4.2, *(0.85 for _ in several)], width=6.6)
    main, lower = panels[0], panels[1:]
    unit = _bin_unit(result.before)
    handles: list[ErrorbarContainer | Patch] = []
    titles = ["before any selection", *(_title(one) for one in result.selected)]
    for spectrum, colour, title in zip(several, colours, titles, strict=True):
        scale = np.diff(spectrum.edges) / unit
        points = _points(main, spectrum, scale, colour)
        main.stairs(spectrum.expected / scale, spectrum.edges, baseline=None, color=colour, linewidth=1.3, zorder=3)
        points.set_label(f"{title}; fit χ²/ndf = {spectrum.chi2:.3g}/{spectrum.ndf}")
        handles.append(points)
    for axes, spectrum, colour in zip(lower, several, colours, strict=True):
        _distances(axes, spectrum, colour)
    if result.window is not None:
        for axes in panels:
            axes.axvspan(result.window.low, result.window.high, color=_SHADE, linewidth=0, zorder=0)
        name = f"window, {result.window.low:.5g} to {mass_text(result.window.high, result.title)}"
        handles.append(Patch(facecolor=_SHADE, label=name))
    _decades(main, several, unit)
    main.set(
        xlim=(several[0].edges[0], several[0].edges[-1]), ylabel=f"events / {unit:g} {unit_of(result.title)}".rstrip()
    )
    lower[len(lower) // 2].set_ylabel("z of bins [σ]", loc="center", fontsize="small")
    lower[-1].set_xlabel(result.title)
    figure.legend(handles=handles, loc="outside lower center", ncols=1)
    return figure


@register(WindowsOnSpectrum)
def plot_windows_on_spectrum(result: WindowsOnSpectrum, *, context: Context) -> Figure:
    """Draw the spectrum before any selection with its fit and, in rows below, each window with its sidebands; the best is red."""
    rows = sorted([*result.windows, *result.skipped], key=lambda window: window.mass)
    figure, (main, ladder) = stacked_panels(context, [3.4, max(1.3, 0.5 + _ROW * len(rows))], width=6.6)
    spectrum, unit = result.spectrum, _bin_unit(result.spectrum)
    scale = np.diff(spectrum.edges) / unit
    points = _points(main, spectrum, scale, DATA)
    points.set_label(context.data_title)
    main.stairs(
        spectrum.expected / scale,
        spectrum.edges,
        baseline=None,
        color=BACKGROUND,
        linewidth=1.8,
        zorder=3,
        label=f"background fitted, χ²/ndf = {spectrum.chi2:.3g}/{spectrum.ndf}",
    )
    if result.best is not None:
        for axes in (main, ladder):
            axes.axvspan(result.best.low, result.best.high, color=_SHADE, linewidth=0, zorder=0)
    for row, window in enumerate(rows):
        _bars(ladder, row, window, best=window == result.best, skipped=window in result.skipped)
    _decades(main, [spectrum], unit)
    low, high = spectrum.edges[0], spectrum.edges[-1]
    reach = [low, high, *(end for window in rows for end in (window.lowest, window.highest))]
    main.set(xlim=(min(reach), max(reach)), ylabel=f"events / {unit:g} {unit_of(result.title)}".rstrip())
    _ladder_axes(ladder, rows, unit_of(result.title))
    ladder.set_xlabel(result.title)
    main.legend(loc="upper right")
    figure.legend(handles=_ladder_legend(result), loc="outside lower center", ncols=4)
    return figure


def _points(axes: Axes, spectrum: FittedSpectrum, scale: Floats, colour: str) -> ErrorbarContainer:
    shown = spectrum.counts > 0
    counts, low, high = (values[shown] / scale[shown] for values in (spectrum.counts, spectrum.low, spectrum.high))
    return axes.errorbar(
        _centres(spectrum)[shown],
        counts,
        yerr=[counts - low, high - counts],
        color=colour,
        linestyle="none",
        marker="o",
        markersize=3,
        linewidth=0.9,
    )


def _distances(axes: Axes, spectrum: FittedSpectrum, colour: str) -> None:
    axes.axhline(0, color="dimgrey", linewidth=0.8)
    axes.stairs(spectrum.z, spectrum.edges, fill=True, color=colour, alpha=0.75, linewidth=0)
    reach = max(3.0, 1.15 * float(np.max(np.abs(spectrum.z))))
    axes.set_ylim(-reach, reach)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True, symmetric=True))
    axes.tick_params(axis="y", labelsize="x-small")


def _title(one: SelectedSpectrum) -> str:
    low, high = (one.expected + sign * one.expected_error for sign in (-1, 1))
    expected = plus_minus(Estimate(value=one.expected, low=low, high=high, method="fit"))
    z = f"{one.z:.2f}σ".replace("-", "\N{MINUS SIGN}")
    return f"{per_cent(one.efficiency)}: {one.observed:.0f} in the window, {expected} expected, {z}"


def _centres(spectrum: FittedSpectrum) -> Floats:
    return (spectrum.edges[1:] + spectrum.edges[:-1]) / 2


def _bin_unit(spectrum: FittedSpectrum) -> float:
    """Return the power of ten that is nearest to the width of a bin, in the unit of the mass."""
    return float(10 ** np.round(np.log10(np.median(np.diff(spectrum.edges)))))


def _decades(axes: Axes, spectra: list[FittedSpectrum], unit: float) -> None:
    """Make the ordinate logarithmic, from below the smallest count and what is expected of note to above the largest."""
    heights = []
    for spectrum in spectra:
        scale = unit / np.diff(spectrum.edges)
        heights += [(spectrum.counts * scale)[spectrum.counts > 0]]
        heights += [(spectrum.expected * scale)[spectrum.expected > _LOWEST_EXPECTATION]]
    values = np.concatenate(heights)
    logarithmic(axes)
    if len(values):
        axes.set_ylim(float(values.min()) / 2, float(values.max()) * 3)


def _bars(axes: Axes, row: int, window: MassWindow, *, best: bool, skipped: bool) -> None:
    inner = SIGNAL if best else _WINDOW
    for low, high, colour in (
        (window.lowest, window.low, _SIDEBAND),
        (window.high, window.highest, _SIDEBAND),
        (window.low, window.high, inner),
    ):
        axes.add_patch(
            Rectangle(
                (low, row - 0.36),
                high - low,
                0.72,
                facecolor="white" if skipped else colour,
                edgecolor=colour,
                hatch="//////" if skipped else None,
                linewidth=0.6 if skipped else 0.0,
            )
        )


def _ladder_axes(axes: Axes, rows: list[MassWindow], unit: str) -> None:
    step = max(1, -(-len(rows) // _MOST_TITLES))
    places = range(0, len(rows), step)
    axes.set_yticks(places, [f"{rows[place].mass:.5g}" for place in places], fontsize="x-small")
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(axis="x", which="both", top=False)  # bars lie there
    axes.set_ylim(max(len(rows), 1) - 0.3, -0.7)
    axes.set_ylabel(f"hypothesis [{unit}]" if unit else "hypothesis", fontsize="small")


def _ladder_legend(result: WindowsOnSpectrum) -> list[Patch]:
    handles = []
    if result.windows:
        handles += [Patch(facecolor=_WINDOW, label="window"), Patch(facecolor=_SIDEBAND, label="sidebands")]
    if result.best is not None:
        handles.append(Patch(facecolor=SIGNAL, label="best window"))
    if result.skipped:
        handles.append(Patch(facecolor="white", edgecolor=_WINDOW, hatch="//////", label="skipped"))
    return handles
