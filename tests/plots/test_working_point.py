import numpy as np
import pytest

from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.limit_working_point import WorkingPointCurve

CUTS = np.array([0.0, 0.5, 0.8, 0.9, 0.99])
MEDIAN = np.array([3.0, 1.5, 1.0, 1.2, 9.0])


def curve(**changes) -> WorkingPointCurve:
    values = {
        "region": "sr",
        "model": "net",
        "cuts": CUTS,
        "signal": 10 * (1 - CUTS),
        "background": 100 * (1 - CUTS) ** 2,
        "background_effective": np.array([1000.0, 250, 40, 12, 3]),
        "limit_expected": MEDIAN * np.array([0.5, 0.7, 1, 1.4, 2])[:, None],
        "fold_cuts": (0.8, 0.8, 0.9),
        "cut": 0.8,
        "limit": (0.55, 0.77, 1.1, 1.54, 2.2),
        "limit_exact": (0.6, 0.8, 1.15, 1.6, 2.3),
        "naive_cut": 0.9,
        "naive_limit": 1.2,
        "floor": 20.0,
        "background_uncertainty": 0.1,
        "level": 0.95,
        "method": "asymptotic",
    }
    return WorkingPointCurve(**values | changes)


def drawn(result: WorkingPointCurve):
    figure = plot(result, context=Context(label="simulation", titles={"net": "network"}))
    (axes,) = figure.axes
    return axes, [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_curve_and_the_cuts_chosen() -> None:
    axes, labels = drawn(curve())
    lines = {str(line.get_label()): line for line in axes.lines}
    assert lines["expected limit on μ"].get_xydata() == pytest.approx(np.stack([CUTS, MEDIAN], axis=1))
    assert lines["folds at their cuts: 1.10"].get_xydata().tolist() == [[0.8, 1.1]]
    assert lines["naive: 1.20"].get_xydata().tolist() == [[0.9, 1.2]]
    assert [line.get_xdata()[0] for line in axes.lines if np.shape(line.get_xdata()) == (2,)] == [0.8, 0.8, 0.9]
    assert axes.get_ylabel() == "95 % CL limit on μ"
    assert axes.get_xlabel() == "cut on the score of network"
    assert axes.get_ylim() == (0, 4)
    assert "background < 20 simulated events" in labels


def test_nothing_is_shaded_where_all_cuts_may_be_chosen() -> None:
    _, labels = drawn(curve(floor=1.0))
    assert labels == [
        "expected limit on μ",
        "± 1σ",
        "± 2σ",
        "chosen on the other folds",
        "folds at their cuts: 1.10",
        "naive: 1.20",
    ]
