import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError
from fivesigma.evaluation.estimator_gap import ScoredEvents
from fivesigma.evaluation.overtraining import overtraining


def _block(seed, separation, n=4000, estimators=5):
    generator = np.random.default_rng(seed)
    is_signal = generator.random(n) < 0.5
    score = 1 / (1 + np.exp(-generator.normal(size=n) - separation * is_signal))
    return ScoredEvents(
        score=score,
        is_signal=is_signal,
        weight=generator.exponential(size=n),
        estimator=np.arange(n) % estimators,
    )


def test_planted_overtraining_is_seen_in_every_estimator():
    result = overtraining("trees", _block(1, 2.5), _block(2, 1.0))
    assert len(result.estimators) == 5
    assert all(gap.difference.low > 0 for gap in result.estimators)
    assert result.difference.low > 0.1
    assert_allclose(result.difference.value, result.auc_train.value - result.auc_out_of_fold.value)


def test_without_overtraining_the_differences_are_within_their_errors():
    pulls = []
    for seed in range(40):
        result = overtraining("trees", _block(seed, 1.0, 1000), _block(1000 + seed, 1.0, 1000))
        pulls += [gap.difference.value / gap.difference.error for gap in result.estimators]
    assert abs(np.mean(pulls)) < 4 / np.sqrt(len(pulls))
    assert_allclose(np.std(pulls), 1, atol=0.2)


def test_the_mean_difference_is_not_quoted_better_than_one_estimators():
    result = overtraining("trees", _block(3, 1.0), _block(4, 1.0))
    assert_allclose(result.difference.error, np.mean([gap.difference.error for gap in result.estimators]))


def test_histograms_are_shapes_of_each_class():
    train, test = _block(5, 1.0), _block(6, 1.0)
    result = overtraining("trees", train, test, bins=10)
    assert_allclose(result.edges[[0, -1]], [0, 1])
    for overlay, kind in zip(result.classes, (True, False), strict=True):
        assert_allclose([overlay.train.total.sum(), overlay.out_of_fold.total.sum()], 1)
        mask = (test.is_signal == kind) & (test.score < result.edges[1])
        expected = test.weight[mask].sum() / test.weight[test.is_signal == kind].sum()
        assert_allclose(overlay.out_of_fold.total[0], expected)


def test_raw_scores_get_edges_of_their_own():
    train = _block(7, 1.0)
    raw = ScoredEvents(
        score=10 * train.score - 3, is_signal=train.is_signal, weight=train.weight, estimator=train.estimator
    )
    edges = overtraining("trees", raw, raw).edges
    assert_allclose([edges[0], edges[-1]], [raw.score.min(), raw.score.max()])


def test_an_estimator_without_training_events_is_an_error():
    train = _block(8, 1.0)
    keep = train.estimator != 2
    some = ScoredEvents(
        score=train.score[keep],
        is_signal=train.is_signal[keep],
        weight=train.weight[keep],
        estimator=train.estimator[keep],
    )
    with pytest.raises(DataError, match="no signal events"):
        overtraining("trees", some, _block(9, 1.0))
    with pytest.raises(ValueError, match="weight"):
        ScoredEvents(score=train.score, is_signal=train.is_signal, weight=train.weight[:5], estimator=train.estimator)


def test_training_events_that_look_different_are_told_for_each_class():
    clean = overtraining("logistic", _block(1, 1.0), _block(2, 1.0))
    assert clean.reading == "no difference seen"
    assert clean.p_value > 0.05
    assert "No difference seen" in clean.meaning
    # signal alone is pushed up in training
    result = overtraining("trees", _block(3, 1.8), _block(4, 1.0))
    signal, background = result.classes
    assert signal.p_value == pytest.approx(5 / 1000)
    assert background.p_value > 0.05
    assert result.p_value == pytest.approx(10 / 1000)
    assert result.reading == "training events look different"
    assert "Trees always show such a gap" in result.meaning
    assert all(gap.signal.difference < 0 for gap in result.estimators)


def test_the_p_value_of_a_class_pays_for_the_number_of_estimators():
    result = overtraining("trees", _block(5, 1.0), _block(6, 1.0))
    for overlay, tests in zip(
        result.classes, ([g.signal for g in result.estimators], [g.background for g in result.estimators]), strict=True
    ):
        assert overlay.p_value == pytest.approx(min(1, 5 * min(test.p_value for test in tests)))


@pytest.mark.slow
def test_a_fixed_function_is_not_called_overtrained_more_often_than_is_said():
    """Ten tests, of five estimators in two classes: together they alarm in at most 5 % of 400 trials."""
    alarms = [
        overtraining("fixed", _block(k, 1.0, 1500), _block(5000 + k, 1.0, 1500), seed=k).p_value <= 0.05
        for k in range(400)
    ]
    assert 0.015 < np.mean(alarms) < 0.072


def test_with_very_many_estimators_the_least_p_value_is_no_sign_and_a_bound():
    train, test = _block(1, 6.0, 6000, 30), _block(2, 1.0, 6000, 30)
    result = overtraining("trees", train, test)
    # the smallest p-value of 999 replicas, of 30 estimators in two classes
    assert (result.least_p_value, result.p_value) == pytest.approx((0.03, 0.06))
    assert "(p ≤ 0.06)" in result.meaning
    alike = overtraining("trees", test, test)
    assert "(p = 1)" in alike.meaning
