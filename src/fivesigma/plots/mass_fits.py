"""Mass fits: a spectrum with its fits without and with a peak, stages of a search side by side, and spurious signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fivesigma.core.arrays import Bools, Floats
from fivesigma.inference.mass.fitting import Hypotheses, SpectrumFit
from fivesigma.inference.mass.mass_fit import MassFitResult
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.inference.mass.spurious import SpuriousScan
from fivesigma.plots.registry import register, register_several
from fivesigma.plots.style import (
    BACKGROUND,
    DATA,
    SIGNAL,
    Context,
    figure_with_ratio,
    logarithmic,
    new_figure,
    plus_minus,
)
from fivesigma.statistics.poisson import garwood_interval

__all__ = ["plot_mass_fit", "plot_mass_fits", "plot_spurious_scan"]

_ALLOWED = 0.2  # spurious signal over the error in data
_SIMULATION = "#717581"
_BELOW = 3.0  # the lowest point, or the height of the peak, over the ordinate's foot
_SMALLEST_PEAK = 1e-4  # of the highest point: a lower one is not worth the decades
_EVEN = 1e-3  # relative, by which bins may differ in width and be called equal
_LOGARITHMIC_BEYOND = 15.0  # largest over smallest significance
_HEAD = 0.45  # of the decades drawn, left free for the legend


@register_several(MassFitResult)
def plot_mass_fits(results: Sequence[MassFitResult], *, context: Context) -> Figure:
    """Draw significances of several mass fits side by side, a row for each: what to expect of data, and what simulation says."""
    figure, axes = new_figure(context, size=(5.8, 2.0 + 0.5 * len(results)))
    rows = np.arange(len(results))
    simulated = [(row, fit.z_simulation) for row, fit in enumerate(results) if fit.z_simulation is not None]
    observed = [(row, fit.z_observed) for row, fit in enumerate(results) if fit.z_observed is not None]
    for row in rows[1:]:
        axes.axhline(row - 0.5, color="lightgrey", linewidth=0.8)
    series = [
        ("expected of data", [*enumerate(fit.z for fit in results)], "o", BACKGROUND, BACKGROUND),
        (
            "with spurious signal",
            [*enumerate(fit.z_with_spurious_signal for fit in results)],
            "s",
            BACKGROUND,
            "white",
        ),
        ("weighted simulation", simulated, "D", _SIMULATION, "white"),
        (f"observed ({context.data_title})", observed, "o", DATA, DATA),
    ]
    shifts = np.linspace(-0.24, 0.24, len(series))
    for (label, points, marker, colour, face), shift in zip(series, shifts, strict=True):
        if points:
            at, z = np.array([row for row, _ in points]), [value for _, value in points]
            axes.plot(
                z,
                at + shift,
                marker=marker,
                color=colour,
                markerfacecolor=face,
                markersize=7,
                linestyle="none",
                label=label,
            )
    _significance_axis(axes, np.array([z for _, points, *_ in series for _, z in points]))
    axes.set_yticks(rows, [context.title_of(fit.name) for fit in results])
    axes.tick_params(axis="y", which="both", length=0)
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlabel("significance z [σ]")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


# after the figure for several, which would otherwise be the one for one as well
@register(MassFitResult)
def plot_mass_fit(result: MassFitResult, *, context: Context) -> Figure:
    """Draw a spectrum, its fits without and with a peak and the peak alone; below, the distance from the fit without.

    Points are data with Poisson intervals (Garwood 1936) or weighted simulation with √Σw²; the distance is in units of √b of the fit without
    for data, of √b times what an event weighs there for a scaled fit, of √Σw² for a weighted χ².
    """
    fits = result.fits
    figure, main, lower = figure_with_ratio(context, size=(6.2, 5.9))
    data = fits.cost == "poisson"
    low, high = _errors(fits.spectrum, data=data)
    label = context.data_title if data else "weighted simulation"
    shown = (fits.spectrum.sum_w > 0) | (fits.spectrum.sum_w2 > 0)
    _points(main, fits.spectrum, fits.spectrum.sum_w, low, high, shown, label)
    edges = fits.spectrum.edges
    _steps(main, edges, fits.without.expected, BACKGROUND, f"background alone{_quality(fits.without)}")
    _steps(main, edges, fits.with_signal.expected, SIGNAL, f"with signal{_quality(fits.with_signal)}")
    _steps(
        main,
        edges,
        fits.with_signal.signal,
        SIGNAL,
        _signal_title(result),
        linestyle="--",
    )
    _pulls(lower, result, shown | data)
    _limits(main, fits, high)
    main.set(xlim=(edges[0], edges[-1]), ylabel=_ordinate(fits.spectrum))
    lower.set_xlabel(fits.spectrum.title)
    handles, labels = main.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda place: labels[place] != label)
    main.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="upper right",
        title=_headline(result, context),
        alignment="left",
    )
    return figure


@register(SpuriousScan)
def plot_spurious_scan(result: SpuriousScan, *, context: Context) -> Figure:
    """Draw the signal that a fit finds in background alone against mass, in units of the error that data leave."""
    figure, axes = new_figure(context, size=(5.8, 4.0))
    axes.axhspan(-_ALLOWED, _ALLOWED, color="lightgrey", alpha=0.6, linewidth=0, label=f"within ±{_ALLOWED:g}")
    axes.axhline(0, color="dimgrey", linewidth=0.8)
    at = result.at_signal
    mass, ratio, error = (
        np.array([getattr(point, what) for point in result.points]) for what in ("mass", "ratio", "ratio_error")
    )
    axes.errorbar(
        mass, ratio, yerr=error, color=BACKGROUND, marker="o", markersize=4, linestyle="none", label="background alone"
    )
    axes.errorbar(
        [at.mass],
        [at.ratio],
        yerr=[at.ratio_error],
        color=SIGNAL,
        marker="D",
        markersize=7,
        linestyle="none",
        zorder=3,
        label="at the signal's mass",
    )
    highest = max(abs(point.ratio) + point.ratio_error for point in (at, *result.points))
    reach = max(1.15 * highest, 2 * _ALLOWED)
    axes.set(ylim=(-reach, 1.45 * reach), xlabel=result.title, ylabel="spurious signal / error in data")
    axes.legend(loc="upper left", ncols=2)
    return figure


def _errors(spectrum: Spectrum, *, data: bool) -> tuple[Floats, Floats]:
    """Return how far errors reach down and up from each bin, shape (n,) each."""
    if data:
        low, high = garwood_interval(spectrum.sum_w)
        return spectrum.sum_w - low, high - spectrum.sum_w
    error = np.sqrt(spectrum.sum_w2)
    return error, error


def _points(
    axes: Axes, spectrum: Spectrum, values: Floats, low: Floats, high: Floats, shown: Bools, label: str | None
) -> None:
    centres = (spectrum.edges[1:] + spectrum.edges[:-1]) / 2
    axes.errorbar(
        centres[shown],
        values[shown],
        yerr=[low[shown], high[shown]],
        color=DATA,
        linestyle="none",
        marker="o",
        markersize=3.5,
        linewidth=1,
        label=label,
    )


def _steps(axes: Axes, edges: Floats, values: Floats, colour: str, label: str | None, *, linestyle: str = "-") -> None:
    axes.stairs(values, edges, baseline=None, color=colour, linestyle=linestyle, linewidth=1.8, label=label, zorder=3)


def _pulls(axes: Axes, result: MassFitResult, shown: Bools) -> None:
    """Draw the distance of points and of the fit with signal from the fit without, in units of what it may be by chance."""
    spectrum, without = result.fits.spectrum, result.fits.without.expected
    # the error that events have around the fit: their own is small where they are few, or light, by chance
    weighs = {"poisson": np.ones(spectrum.bins), "scaled_poisson": spectrum.scale}.get(result.fits.cost)
    error = np.sqrt(spectrum.sum_w2 if weighs is None else np.maximum(without, 0.0) * weighs)
    known = (shown if weighs is None else np.ones(spectrum.bins, dtype=np.bool_)) & (error > 0)

    def over_error(distance: Floats) -> Floats:
        return np.divide(distance, error, out=np.zeros_like(distance), where=known)

    pull = over_error(spectrum.sum_w - without)
    axes.axhline(0, color=BACKGROUND, linewidth=1.8)
    _points(axes, spectrum, pull, np.ones_like(pull), np.ones_like(pull), known, None)
    _steps(axes, spectrum.edges, over_error(result.fits.with_signal.expected - without), SIGNAL, None)
    reach = max(3.0, 1.1 * float(np.max(np.abs(pull[known]) + 1, initial=0.0)))
    axes.set(ylim=(-reach, reach), ylabel="(points − background)\n/ error")
    axes.yaxis.label.set_fontsize("small")


def _limits(axes: Axes, fits: Hypotheses, high: Floats) -> None:
    """Make the ordinate logarithmic, from below the lowest point and most of the peak to well above the highest, for the legend."""
    seen, expected = fits.spectrum.sum_w[fits.spectrum.sum_w > 0], fits.without.expected
    lowest = float(min(seen.min(initial=np.inf), expected[expected > 0].min(initial=np.inf)))
    top = float(max(np.max(fits.spectrum.sum_w + high), expected.max()))
    peak = float(fits.with_signal.signal.max())
    if peak > top * _SMALLEST_PEAK:
        lowest = min(lowest, peak)
    bottom = max(lowest / _BELOW, top * 1e-8)
    logarithmic(axes)
    axes.set_ylim(bottom, top * 10 ** (_HEAD * max(np.log10(top / bottom), 1.5)))


def _quality(fit: SpectrumFit) -> str:
    return f", χ²/ndf = {fit.chi2:.3g}/{fit.ndf}"


def _signal_title(result: MassFitResult) -> str:
    """Return the events of the fitted peak with their error, and those that the simulation expects."""
    fitted = result.signal_yield
    if result.fits.cost != "poisson":  # the interval of data does not belong to the simulation that is drawn
        best = result.fits.with_signal
        low, high = (best.signal_yield + sign * best.signal_error for sign in (-1, 1))
        fitted = replace(fitted, value=best.signal_yield, low=low, high=high)
    return f"fitted signal: {plus_minus(fitted)} events, expected: {result.signal:.3g}"


def _headline(result: MassFitResult, context: Context) -> str:
    """Return the significance that belongs to the points."""
    if result.fits.cost == "poisson" and result.z_observed is not None:
        return f"observed ({context.data_title}): {result.z_observed:.2f}σ, expected: {result.z:.2f}σ"
    return f"expected of data: {result.z:.2f}σ"


def _ordinate(spectrum: Spectrum) -> str:
    widths = np.diff(spectrum.edges)
    if np.ptp(widths) > _EVEN * widths.mean():
        return "events / bin"
    _, bracket, rest = spectrum.title.rpartition("[")
    unit = f" {rest.rstrip('] ')}" if bracket else ""
    return f"events / {widths.mean():.3g}{unit}"


def _significance_axis(axes: Axes, z: Floats) -> None:
    low, high = float(z.min()), float(z.max())
    if low > 0 and high > _LOGARITHMIC_BEYOND * low:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.6, high * 1.6)
        axes.xaxis.set_major_formatter(lambda tick, _: f"{tick:g}")
    else:
        axes.axvline(0, color="dimgrey", linewidth=0.8)
        axes.set_xlim(min(0.0, 1.15 * low), max(1.15 * high, 1.0))
