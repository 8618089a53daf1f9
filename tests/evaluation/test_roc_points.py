import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import roc_curve as roc_curve_of_scikit_learn

from fivesigma.evaluation.roc import roc_curve
from fivesigma.evaluation.roc_points import roc_points
from fivesigma.statistics.weighted import effective_events


def _events(seed, n=300, shift=1.0, negative=0.0):
    generator = np.random.default_rng(seed)
    is_signal = generator.random(n) < 0.4
    score = generator.normal(size=n) + shift * is_signal
    weight = generator.exponential(size=n) * np.where(generator.random(n) < negative, -1, 1)
    return score, is_signal, weight


@pytest.mark.parametrize("digits", [1, 15])
def test_the_points_are_those_of_scikit_learn_for_positive_weights(digits):
    score, is_signal, weight = _events(1, 3000)
    score = score.round(digits)
    points = roc_points(score, is_signal, weight)
    background, signal, _ = roc_curve_of_scikit_learn(is_signal, score, sample_weight=weight, drop_intermediate=False)
    assert_allclose(points.signal_efficiency, signal, atol=1e-12)
    assert_allclose(points.background_efficiency, background, atol=1e-12)
    assert points.largest_fall == 0


def test_each_point_says_how_many_background_events_made_it():
    score, is_signal, weight = _events(11, 5000, negative=0.1)
    curve = roc_curve(score.round(3), is_signal, weight, replicas=5)
    cuts = np.append(np.inf, np.unique(score.round(3))[::-1])
    points = roc_points(score.round(3), is_signal, weight)
    for place in (0, 1, 40, len(cuts) // 2, len(cuts) - 1):
        passing = weight[~is_signal & (score.round(3) >= cuts[place])]
        assert_allclose(points.background_effective[place], effective_events(passing), atol=1e-9)
    assert len(curve.background_effective) == len(curve.signal_efficiency) < len(cuts)
    assert curve.background_effective[0] == 0
    assert_allclose(curve.background_effective[-1], curve.background_events)
