import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.mass_correlation import mass_correlations
from fivesigma.plots.mass_correlation import _size
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context

TITLES = {"down": "going down [GeV]", "m_jj": "m(jj) [GeV]"}


@pytest.fixture(scope="module")
def made():
    random = np.random.default_rng(1)
    mass = 2500 + random.exponential(700, 2000)
    noise = random.normal(size=(2, 2000))
    X = np.stack([noise[0] + mass / 2000, noise[1] - mass / 500, np.ones(2000)], axis=1)

    def results(threshold):
        return mass_correlations(X, ("up", "down", "constant"), mass, threshold=threshold, replicas=20)

    return results


def test_bars_are_the_sizes_largest_first_and_the_threshold_parts_them(made):
    result = made(0.5)
    figure = plot(result, context=Context(titles=TITLES))
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["going down", "up", "constant"]
    bars = {round(bar.get_y() + bar.get_height() / 2): bar for bar in axes.patches}
    sizes = {name: dependence.pearson for name, dependence in result.inputs.dependences.items()}
    assert sizes["down"].value < 0
    assert bars[0].get_width() == pytest.approx(-sizes["down"].value)
    assert bars[1].get_width() == pytest.approx(sizes["up"].value)
    assert bars[0].get_facecolor() != bars[1].get_facecolor()
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:2] == ["linear correlation, kept", "linear correlation, not kept"]
    assert "threshold 0.5" in texts
    assert axes.get_xlabel() == "size of the correlation with m(jj)"
    assert "does not vary" in [text.get_text() for text in axes.texts]
    (diamonds,) = (line for line in axes.lines if line.get_marker() == "D")
    assert list(diamonds.get_xdata()) == [result.inputs.dependences[name].distance.value for name in ("down", "up")]


def test_without_a_threshold_no_line_is_drawn(made):
    figure = plot(made(None))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["linear correlation", "distance correlation", "distance if independent, 95 %"]


def test_the_matrix_is_drawn_as_others_are(made):
    (panel, _) = plot(made(None).matrix).axes
    assert panel.get_xlabel() == "all events"
    assert panel.texts[-1].get_text() == "100"


def test_ends_of_a_negative_coefficient_are_turned_over_and_no_size_is_below_zero():
    assert _size(Estimate(value=-0.5, low=-0.7, high=-0.4, method="")) == pytest.approx((0.5, 0.1, 0.2))
    assert _size(Estimate(value=0.01, low=-0.04, high=0.05, method="")) == pytest.approx((0.01, 0.01, 0.04))
    assert _size(None) == (0, 0, 0)
