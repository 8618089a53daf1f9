import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.partial_dependence import PartialDependence
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, colours

GRID = np.linspace(-1.0, 1.0, 5)


def dependence(feature="mass", model="trees", *, missing=None):
    """Return a dependence that rises, with those of two folds around it."""
    value = 0.5 + 0.2 * GRID
    return PartialDependence(
        model=model,
        feature=feature,
        grid=GRID,
        value=value,
        low=value - 0.01,
        high=value + 0.01,
        by_fold=np.stack([value - 0.05, value + 0.05]),
        missing=None if missing is None else Estimate(value=missing, low=missing, high=missing, method="made up"),
        edges=np.array([-1.5, 0.0, 1.5]),
        signal=np.array([0.2, 0.8]),
        background=np.array([0.7, 0.3]),
        events=100,
        all_events=1000,
        method="made up",
    )


def test_a_panel_for_each_input_a_line_for_each_model_and_fold():
    results = [dependence(feature, model) for feature in ("mass", "pt") for model in ("trees", "network")]
    figure = plot(results, context=Context(titles={"mass": "m [GeV]"}))
    assert [axes.get_xlabel() for axes in figure.axes] == ["m [GeV]", "pt"]
    colour = colours(["trees", "network"])
    for axes in figure.axes:
        bold = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
        assert {name: line.get_color() for name, line in bold.items()} == colour
        assert len(axes.lines) == 2 * (1 + 2)
        low, high = axes.get_ylim()
        assert low < 0.25
        assert high > 0.75
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["trees", "network", "background", "signal"]


def test_the_distributions_stay_below_the_curves():
    (axes,) = plot(dependence()).axes
    low = axes.get_ylim()[0]
    stairs = [patch.get_data() for patch in axes.patches]
    heights = np.array([data.values - low for data in stairs])
    assert heights / heights.max() == pytest.approx(np.array([[0.7, 0.3], [0.2, 0.8]]) / 0.8)
    assert low + heights.max() < 0.25


def test_many_models_go_without_the_curves_of_their_folds():
    (axes,) = plot([dependence(model=f"model {number}") for number in range(4)]).axes
    assert len(axes.lines) == 4


def test_missing_values_are_a_point_that_the_legend_explains():
    figure = plot([dependence(missing=0.9), dependence("pt")])
    diamonds = [line for line in figure.axes[0].lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert diamonds[0].get_ydata() == [0.9]
    assert figure.axes[0].get_ylim()[1] > 0.9
    assert "missing" in [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(("inputs", "panels", "columns"), [(3, 3, 3), (6, 6, 3), (10, 8, 4)])
def test_panels_fill_their_rows(inputs, panels, columns):
    axes = plot([dependence(f"x{number}") for number in range(inputs)]).axes
    assert len(axes) == panels
    assert axes[0].get_gridspec().ncols == columns
