from dataclasses import replace

import numpy as np
import pytest

from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.anomaly.views import BestSpectra, FittedSpectrum, SelectedSpectrum, WindowsOnSpectrum
from fivesigma.searches.anomaly.windows import MassWindow, mass_windows
from fivesigma.statistics.poisson import garwood_interval

CONTEXT = Context(label="simulation", energy=13, pseudo_data=True)
TITLE = "$m_{jj}$ [GeV]"
WINDOWS = mass_windows([2900.0 + 200 * place for place in range(22)], width=400, sideband=400, within=(2600, 8000))


def spectrum(edges: np.ndarray, events: float, seed: int) -> FittedSpectrum:
    expected = events * -np.diff(np.exp(-(edges - 2600) / 600))
    counts = np.random.default_rng(seed).poisson(expected).astype(float)
    low, high = garwood_interval(counts)
    z = (counts - expected) / np.sqrt(expected)
    return FittedSpectrum(edges=edges, counts=counts, low=low, high=high, expected=expected, z=z, chi2=33.0, ndf=36)


WHOLE = spectrum(np.geomspace(2600, 8000, 41), 50_000, 1)


@pytest.fixture(scope="module")
def best() -> BestSpectra:
    edges = np.concatenate(
        [np.linspace(2600, 3300, 8), np.linspace(3300, 3700, 5)[1:], np.linspace(3700, 8000, 29)[1:]]
    )
    selected = tuple(
        SelectedSpectrum(
            efficiency=efficiency,
            spectrum=spectrum(edges, 50_000 * efficiency, 2),
            observed=107.0,
            expected=52.31,
            expected_error=3.21,
            z=6.18,
        )
        for efficiency in (0.1, 0.01, 0.002)
    )
    return BestSpectra(title=TITLE, before=WHOLE, window=WINDOWS[3], selected=selected)


def texts(legend) -> list[str]:
    return [text.get_text() for text in legend.get_texts()]


def test_each_selection_has_its_spectrum_and_its_panel(best: BestSpectra) -> None:
    figure = plot(best, context=CONTEXT)
    figure.draw_without_rendering()
    main, *lower = figure.axes
    assert len(lower) == 4
    (legend,) = figure.legends
    assert texts(legend) == [
        "before any selection; fit χ²/ndf = 33/36",
        "10 %: 107 in the window, 52.3 ± 3.2 expected, 6.18σ; fit χ²/ndf = 33/36",
        "1 %: 107 in the window, 52.3 ± 3.2 expected, 6.18σ; fit χ²/ndf = 33/36",
        "0.2 %: 107 in the window, 52.3 ± 3.2 expected, 6.18σ; fit χ²/ndf = 33/36",
        "window, 3300 to 3700 GeV",
    ]
    assert (main.get_yscale(), main.get_ylabel()) == ("log", "events / 100 GeV")
    assert lower[-1].get_xlabel() == TITLE
    # the window is shaded in all panels
    for axes in figure.axes:
        assert (3300.0, 400.0) in {
            (patch.get_x(), patch.get_width()) for patch in axes.patches if hasattr(patch, "get_x")
        }


def test_spectra_of_different_bins_are_of_one_unit(best: BestSpectra) -> None:
    main = plot(best, context=CONTEXT).axes[0]
    shown = WHOLE.counts > 0
    points = next(line for line in main.lines if len(line.get_xdata()) == shown.sum())
    np.testing.assert_allclose(points.get_ydata(), (WHOLE.counts / np.diff(WHOLE.edges) * 100)[shown])
    fits = [patch.get_data() for patch in main.patches if hasattr(patch, "get_data")]
    for fit, one in zip(fits, (best.before, *(one.spectrum for one in best.selected)), strict=True):
        np.testing.assert_allclose(fit.values, one.expected / np.diff(one.edges) * 100)


def test_distances_are_those_of_the_view(best: BestSpectra) -> None:
    figure = plot(best, context=CONTEXT)
    for axes, one in zip(figure.axes[1:], (best.before, *(one.spectrum for one in best.selected)), strict=True):
        (steps,) = [patch for patch in axes.patches if hasattr(patch, "get_data")]
        np.testing.assert_array_equal(steps.get_data().values, one.z)
        low, high = axes.get_ylim()
        assert low < one.z.min() < one.z.max() < high


def test_without_a_best_window_there_is_the_whole_spectrum(best: BestSpectra) -> None:
    figure = plot(replace(best, window=None, selected=()), context=CONTEXT)
    figure.draw_without_rendering()
    assert len(figure.axes) == 2
    assert texts(figure.legends[0]) == ["before any selection; fit χ²/ndf = 33/36"]


def ladder(windows: tuple[MassWindow, ...], skipped: tuple[MassWindow, ...], best: MassWindow | None):
    view = WindowsOnSpectrum(title=TITLE, spectrum=WHOLE, windows=windows, skipped=skipped, best=best)
    figure = plot(view, context=CONTEXT)
    figure.draw_without_rendering()
    return figure


def test_windows_are_bars_of_their_extent() -> None:
    figure = ladder(WINDOWS[:15], WINDOWS[15:], WINDOWS[3])
    main, rows = figure.axes
    bars = [patch for patch in rows.patches if patch.get_height() == pytest.approx(0.72)]
    assert len(bars) == 3 * 22
    inner = [(bar.get_x(), bar.get_x() + bar.get_width(), round(bar.get_y() + 0.36)) for bar in bars[2::3]]
    assert inner == [(window.low, window.high, row) for row, window in enumerate(WINDOWS)]
    assert [bar.get_hatch() is not None for bar in bars[2::3]] == [row >= 15 for row in range(22)]
    red = {
        row
        for row, bar in enumerate(bars[2::3])
        if bar.get_facecolor()[:3] == pytest.approx((0.741, 0.122, 0.004), abs=0.01)
    }
    assert red == {3}
    assert texts(figure.legends[0]) == ["window", "sidebands", "best window", "skipped"]
    assert texts(main.get_legend())[-1] == "pseudo-data"
    assert "background fitted, χ²/ndf = 33/36" in texts(main.get_legend())
    titles = rows.get_yticklabels()
    assert 5 <= len(titles) <= 12
    assert titles[0].get_text() == "2900"
    assert rows.get_ylabel() == "hypothesis [GeV]"


def test_one_window() -> None:
    figure = ladder(WINDOWS[:1], (), WINDOWS[0])
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["2900"]
    assert texts(figure.legends[0]) == ["window", "sidebands", "best window"]


def test_all_windows_skipped() -> None:
    assert texts(ladder((), WINDOWS, None).legends[0]) == ["skipped"]
