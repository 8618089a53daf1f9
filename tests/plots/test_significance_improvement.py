import json

import numpy as np
import pytest

from fivesigma.evaluation.significance_improvement import significance_improvement
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers, plus_minus


@pytest.fixture(scope="module")
def results(toy):
    return [significance_improvement(toy.dataset, scores, replicas=20) for scores in toy.models]


def test_both_maxima_of_each_model_are_marked(results):
    figure = plot(results, context=Context(titles={"trees": "boosted trees"}))
    (axes,) = figure.axes
    best = results[0].best
    (legend,) = figure.legends
    assert legend.get_texts()[0].get_text() == f"boosted trees: {plus_minus(best.value)}"
    honest = axes.containers[0].lines[0]
    assert (honest.get_xdata()[0], honest.get_ydata()[0]) == (results[0].best_signal_efficiency, best.value.value)
    hollow = [line for line in axes.lines if line.get_fillstyle() == "none" and len(line.get_xdata())]
    assert hollow[0].get_ydata()[0] == best.naive_value
    assert hollow[0].get_xdata()[0] == results[0].naive_signal_efficiency
    curve = axes.lines[0]
    np.testing.assert_array_equal(curve.get_xdata(), results[0].signal_efficiency)
    assert np.isnan(curve.get_ydata()[-1])
    assert json.dumps(numbers(results), allow_nan=False)


def test_a_model_without_any_allowed_cut_still_draws(toy):
    figure = plot(significance_improvement(toy.dataset, toy.models[0], floor=1e9, replicas=5))
    figure.draw_without_rendering()
    assert not figure.axes[0].containers
