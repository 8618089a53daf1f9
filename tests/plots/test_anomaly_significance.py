import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.anomaly.results import ScanPoint
from fivesigma.searches.anomaly.views import LocalCurve, LocalSignificances
from fivesigma.statistics.significance import log_p_from_z

CONTEXT = Context(label="simulation", energy=13)
BONFERRONI = Estimate(value=0.03, low=0.03, high=0.03, method="Bonferroni's bound")


def view(
    zs: dict[float, list[float]], masses: list[float], hypotheses: list[float] | None = None
) -> LocalSignificances:
    curves = tuple(
        LocalCurve(efficiency=one, mass=np.array(masses), z=np.array(z), log_p=log_p_from_z(np.array(z)))
        for one, z in zs.items()
    )
    points = [
        ScanPoint(mass=mass, efficiency=curve.efficiency, z=z, p_value=float(np.exp(log_p)), log_p=float(log_p))
        for curve in curves
        for mass, z, log_p in zip(curve.mass, curve.z, curve.log_p, strict=True)
    ]
    looked = np.array(hypotheses or masses)
    return LocalSignificances(
        title="$m_{jj}$ [GeV]",
        hypotheses=looked,
        range=(looked[0] - 200, looked[-1] + 200),
        curves=curves,
        best=max(points, key=lambda point: point.z, default=None),
        p_global=BONFERRONI if points else None,
        trials=len(points),
    )


def drawn(result: LocalSignificances):
    figure = plot(result, context=CONTEXT)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    (legend,) = figure.legends
    return axes, [text.get_text() for text in legend.get_texts()], legend.get_title().get_text()


def sigmas(axes) -> dict[str, float]:
    return {text.get_text(): text.xy[1] for text in axes.texts}


def test_a_scan_of_22_windows() -> None:
    masses = [2900.0 + 200 * place for place in range(22)]
    z = np.sin(np.arange(22.0))
    z[7] = 4.5
    axes, labels, title = drawn(view({0.1: list(0.3 * z), 0.01: list(z)}, masses))
    assert labels == ["10 % of events selected", "1 % of events selected", "best: 4300 GeV, 1 %, 4.50σ"]
    assert title == "smallest local p = 3.4×10⁻⁶, of 44 looked at\nglobal p ≤ 0.03, Bonferroni's bound"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$m_{jj}$ [GeV]", "local p-value")
    np.testing.assert_allclose(axes.lines[1].get_ydata(), log_p_from_z(z) / np.log(10))
    best = axes.lines[2]
    np.testing.assert_allclose([best.get_xdata(), best.get_ydata()], [[4300], [np.log10(3.3977e-6)]], rtol=1e-5)
    # one-sided: PDG review of statistics, table 40.1 has δ = 3 σ at 2.7e-3 two-sided
    assert sigmas(axes)["3σ"] == pytest.approx(np.log10(2.6998e-3 / 2), abs=1e-4)
    assert {"1σ", "2σ", "3σ", "4σ", "5σ"} == set(sigmas(axes))


@pytest.mark.parametrize("highest", [2.0, 9.0, 30.0, 60.0])
def test_however_significant_everything_is_on_the_page(highest: float) -> None:
    axes, _, _ = drawn(view({0.1: [0.0, -8.0, highest]}, [3000, 3200, 3400]))
    low, high = axes.get_ylim()
    decades = axes.lines[0].get_ydata()
    assert low < decades.min() <= decades.max() < high
    heights = np.sort(list(sigmas(axes).values()))
    assert len(heights) >= 3
    assert np.diff(heights).min() > 0.045 * (high - low)  # labels do not touch
    if highest > 38:
        assert decades.min() < -308  # of what no double holds


def test_lines_of_seven_sigma_where_they_are_reached() -> None:
    axes, _, _ = drawn(view({0.1: [7.5, 0.0]}, [3000, 3200]))
    assert set(sigmas(axes)) >= {"2σ", "3σ", "4σ", "5σ", "6σ", "7σ"}


def test_a_skipped_window_breaks_the_line_and_is_shaded() -> None:
    axes, labels, _ = drawn(view({0.1: [1.0, 2.0]}, [3000, 3400], [3000, 3200, 3400]))
    assert np.isnan(axes.lines[0].get_ydata()[1])
    assert "not looked at" in labels
    assert len(axes.patches) == 1


def test_one_window() -> None:
    axes, labels, _ = drawn(view({0.1: [-1.5]}, [3500]))
    assert axes.get_xlim() == (3300, 3700)
    assert labels[-1] == "best: 3500 GeV, 10 %, −1.50σ"


def test_nothing_looked_at() -> None:
    axes, labels, title = drawn(view({0.1: [], 0.01: []}, [], [3000, 3200]))
    assert title == "nothing was looked at"
    assert not [label for label in labels if label.startswith("best")]
    assert len(axes.patches) == 2
