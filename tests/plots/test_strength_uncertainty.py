import pytest
from matplotlib.figure import Figure

from fivesigma.inference.strength_scans import scan_events, scan_luminosity, scan_purity
from fivesigma.plots.registry import plot

SYSTEMATICS = {"luminosity": 0.01, "background_efficiency": 0.02}


def labels(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_luminosity_in_linear_and_logarithmic_scales() -> None:
    scan = scan_luminosity(1000, 9000, target=0.22, **SYSTEMATICS)
    figure = plot(scan)
    linear, logarithmic = figure.axes
    assert (linear.get_xscale(), linear.get_yscale()) == ("linear", "linear")
    assert (logarithmic.get_xscale(), logarithmic.get_yscale()) == ("log", "log")
    assert linear.get_xlabel() == logarithmic.get_xlabel() == "luminosity factor α"
    shown = ["total", "statistics", "systematics", "background efficiency", "luminosity"]
    assert labels(figure)[:5] == shown
    assert labels(figure)[5:] == [
        f"here: $σ_μ$ = {scan.nominal_total:.3f}",
        "target: $σ_μ$ = 0.220",
        f"reached at α = {scan.reached:#.3g}".rstrip("."),
    ]
    for axes in figure.axes:
        assert axes.lines[0].get_ydata() == pytest.approx(scan.uncertainty.total)
        low, high = axes.get_xlim()
        assert low <= scan.nominal <= high
        assert low <= scan.reached <= high


def test_a_target_that_no_luminosity_reaches() -> None:
    shown = labels(plot(scan_luminosity(1000, 9000, target=0.1, **SYSTEMATICS)))
    assert shown[-1] == "target: $σ_μ$ = 0.100, not reached"


def test_statistics_alone_are_one_curve() -> None:
    figure = plot(scan_luminosity(100, 300))
    assert labels(figure)[0] == "statistics only"
    assert len(figure.axes[0].lines) == 2


def test_purity_and_number_of_events() -> None:
    purity = plot(scan_purity(1000, 9000, **SYSTEMATICS))
    assert "same n" in purity.axes[0].get_xlabel()
    assert purity.axes[0].get_xlim() == (0, 1)
    events = plot(scan_events(1000, 9000, **SYSTEMATICS))
    assert "same purity" in events.axes[0].get_xlabel()
    assert events.axes[1].get_xlim() == pytest.approx((1e3, 1e6))
