import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError
from fivesigma.evaluation.overtraining import ScoredEvents, overtraining


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
        result = overtraining("trees", _block(seed, 1.0, 1000), _block(1000 + seed, 1.0, 1000), replicas=100)
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
    edges = overtraining("trees", raw, raw, replicas=10).edges
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
