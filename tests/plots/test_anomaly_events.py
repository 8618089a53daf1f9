from dataclasses import replace

import numpy as np
import pytest

from fivesigma.evaluation.histograms import DataHistogram, data_histogram
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.anomaly.event_views import ScoreThreshold, SelectedFeature, WindowScores
from fivesigma.searches.anomaly.windows import MassWindow

CONTEXT = Context(label="simulation", energy=13, titles={"x": "jet mass [GeV]"})
EDGES = np.linspace(0, 1, 41)


def filled(n: int, seed: int) -> DataHistogram:
    return data_histogram(np.random.default_rng(seed).beta(8, 8, n), EDGES)


@pytest.fixture
def scores() -> WindowScores:
    return WindowScores(
        window=MassWindow(mass=3500, low=3300, high=3700, lowest=2900, highest=4100),
        edges=EDGES,
        inside=filled(9000, 1),
        below=filled(15_000, 2),
        above=filled(5000, 3),
        beyond=0,
        thresholds=tuple(ScoreThreshold(efficiency=e, score=s) for e, s in ((0.1, 0.66), (0.01, 0.78), (0.002, 0.8))),
    )


def test_scores_are_shapes_with_the_thresholds(scores: WindowScores) -> None:
    figure = plot(scores, context=CONTEXT)
    figure.draw_without_rendering()
    main, lower = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "sidebands, 20000 events",
        "lower sideband, 15000 events",
        "upper sideband, 5000 events",
        "3300 to 3700 GeV, 9000 events",
    ]
    assert main.patches[0].get_data().values.sum() == pytest.approx(1)
    assert [text.get_text() for text in main.texts] == ["10 % →", "1 % →", "0.2 % →"]
    for axes in (main, lower):
        at = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
        assert at == [0.66, 0.78, 0.8]
    assert main.get_yscale() == "log"
    # titles of neighbours are not at one height
    assert len({text.xy[1] for text in main.texts}) == 3


def test_the_ratio_is_of_shapes(scores: WindowScores) -> None:
    _, lower = plot(scores, context=CONTEXT).axes
    sidebands = scores.below.counts + scores.above.counts
    known = (sidebands > 0) & (scores.inside.counts > 0)
    points = next(line for line in lower.lines if line.get_marker() == "o")
    wanted = (scores.inside.counts / 9000)[known] / (sidebands / 20_000)[known]
    np.testing.assert_allclose(points.get_ydata(), wanted)


def test_scores_beyond_the_last_bin_are_told(scores: WindowScores) -> None:
    assert plot(scores, context=CONTEXT).axes[1].get_xlabel() == "score"
    assert (
        plot(replace(scores, beyond=7), context=CONTEXT).axes[1].get_xlabel() == "score; 7 beyond are in the last bin"
    )


def test_an_empty_window_is_drawn(scores: WindowScores) -> None:
    empty = replace(scores, inside=data_histogram(np.empty(0), EDGES), thresholds=())
    plot(empty, context=CONTEXT).draw_without_rendering()


def feature(name: str, inside: int) -> SelectedFeature:
    return SelectedFeature(
        feature=name, edges=EDGES, inside=filled(inside, 1), outside=filled(500, 2).counts, rest=filled(9000, 3).counts
    )


@pytest.mark.parametrize("count", [1, 4, 7])
def test_features_are_shapes_in_a_grid(count: int) -> None:
    figure = plot([feature("x", 60 * place) for place in range(count)], context=CONTEXT)
    figure.draw_without_rendering()
    assert len(figure.axes) == count
    assert figure.axes[0].get_xlabel() == "jet mass [GeV]"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "not selected",
        "selected outside the window",
        "selected in the window",
    ]
    legend = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= legend.x0 < legend.x1 <= figure.bbox.x1
    for axes in figure.axes[1:]:
        assert [patch.get_data().values.sum() for patch in axes.patches] == pytest.approx([1, 1])
        assert axes.lines[0].get_ydata().sum() == pytest.approx(1)
