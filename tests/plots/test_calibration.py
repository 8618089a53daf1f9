import json

import numpy as np
import pytest

from fivesigma.evaluation.calibration import calibration_curve
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers, plus_minus


@pytest.fixture(scope="module")
def results():
    generator = np.random.default_rng(1)
    score = generator.random(2000)
    is_signal = generator.random(2000) < score
    return [
        calibration_curve(values, is_signal, model=name, replicas=20, balance="yields")
        for name, values in (("trees", score), ("network", score**2))
    ]


def test_fractions_stand_at_the_mean_scores_with_their_intervals(results):
    figure = plot(results, context=Context(titles={"trees": "boosted trees"}))
    (axes,) = figure.axes
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert f"boosted trees: ECE {plus_minus(results[0].calibration_error)}" in texts
    points, _, (bars,) = axes.containers[1]
    part = results[1].bins[4]
    assert (points.get_xdata()[4], points.get_ydata()[4]) == (part.score, part.fraction.value)
    np.testing.assert_allclose(bars.get_segments()[4][:, 1], [part.fraction.low, part.fraction.high])
    assert axes.get_ylabel() == "fraction of signal, classes by their yields"
    assert json.dumps(numbers(results), allow_nan=False)


def test_a_fraction_outside_its_range_is_in_the_picture():
    score = np.repeat([0.2, 0.8], 50)
    is_signal = np.tile([True, False, False, False, False], 20)
    weight = np.where(is_signal, np.where(score < 0.5, -1.0, 5.0), 2.0)
    (axes,) = plot(calibration_curve(score, is_signal, weight, balance="yields", replicas=20)).axes
    assert axes.get_ylim()[0] < -1 / 7
