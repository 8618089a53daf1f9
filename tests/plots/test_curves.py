from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.roc import roc
from fivesigma.plots.curves import legend_grid, line_styles, reach
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, colours, plus_minus


def _texts(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_several_models_share_a_figure_with_their_auc_in_the_legend(toy):
    curves = [roc(toy.dataset, scores, replicas=20) for scores in toy.models]
    context = Context(titles={"trees": "boosted trees"}, names=("trees", "network"))
    figure = plot(curves, context=context)
    left, right = figure.axes
    texts = _texts(figure)
    assert texts[0] == f"boosted trees: AUC {plus_minus(curves[0].auc)}"
    assert texts[1].startswith("network: AUC ")
    colour = colours(["trees", "network"], context)
    assert [line.get_color() for line in left.lines[:2]] == [colour["trees"], colour["network"]]
    np.testing.assert_array_equal(left.lines[0].get_xdata(), curves[0].signal_efficiency)
    assert right.get_yscale() == "log"
    drawn = right.lines[0]
    np.testing.assert_allclose(drawn.get_ydata().max(), 1 / curves[0].background_efficiency[1:].min(), rtol=100)


@pytest.mark.parametrize("models", [1, 6, 10])
def test_the_legend_of_many_models_with_long_names_hides_no_axes_and_stays_inside_the_figure(toy, models):
    titles = {f"m{number}": f"a model of 20 letter{number}" for number in range(models)}
    one = roc(toy.dataset, toy.models[0], replicas=20)
    curves = [replace(one, model=model) for model in titles]
    figure = plot(curves, context=Context(titles=titles, names=tuple(titles)))
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    (legend,) = figure.legends
    box = legend.get_window_extent(renderer)
    assert min(box.x0, box.y0) >= 0
    assert box.x1 <= figure.bbox.x1
    for axes in figure.axes:
        assert axes.get_tightbbox(renderer).y0 >= box.y1
        assert axes.get_window_extent(renderer).height > 0.4 * axes.get_window_extent(renderer).width


def test_models_beyond_the_colours_have_another_line():
    names = [f"m{number}" for number in range(12)]
    drawn = list(zip(colours(names, Context()).values(), line_styles(names, Context()).values(), strict=True))
    assert len(set(drawn)) == 12
    assert [style for _, style in drawn[:9]] == ["-"] * 9


def test_a_legend_has_as_many_columns_as_fit():
    assert legend_grid(["x" * 40] * 11, 9.2)[0] == 2
    assert legend_grid(["x" * 200], 9.2)[0] == 1
    assert legend_grid(["x"] * 3, 9.2)[0] == 3
    assert legend_grid(["x" * 40] * 11, 9.2)[1] == pytest.approx(1.2)


def test_an_error_bar_never_reaches_backwards():
    assert reach(Estimate(value=2.0, low=1.5, high=3.0, method="")) == [[0.5], [1.0]]
    assert reach(Estimate(value=1.0, low=1.5, high=3.0, method="")) == [[0], [2.0]]
