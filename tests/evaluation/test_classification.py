import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.classification import classification


@pytest.mark.parametrize("balanced", [False, True])
def test_measures_agree_with_scikit_learn(toy, balanced):
    dataset, scores = toy
    keep = ~dataset.data
    truth, called, weight = dataset.signal[keep], scores.value[keep] >= 0.7, dataset.weight[keep].copy()
    if balanced:
        for mask in (truth, ~truth):
            weight[mask] /= weight[mask].sum()
    result = classification(dataset, scores, 0.7)
    measures = result.balanced if balanced else result.physics
    expected = precision_recall_fscore_support(truth, called, average="binary", sample_weight=weight)[:3]
    found = [measures.precision, measures.recall, measures.f1]
    assert_allclose([estimate.value for estimate in found], expected)
    assert_allclose(measures.accuracy.value, accuracy_score(truth, called, sample_weight=weight))
    assert all(estimate.low < estimate.value < estimate.high for estimate in (*found, measures.accuracy))


def test_the_error_of_recall_is_binomial(toy):
    recall = classification(*toy, 0.7).physics.recall
    assert_allclose(recall.error, np.sqrt(recall.value * (1 - recall.value) / 3000), rtol=0.1)


def test_data_called_signal_stand_beside_what_is_expected_unless_blind(toy):
    dataset, scores = toy
    blind = classification(dataset, scores, 0.7)
    assert blind.data is None
    assert blind.data_total is None
    seen = classification(dataset, scores, 0.7, show_data=True)
    assert seen.data == np.count_nonzero(scores.value[dataset.data] >= 0.7)
    assert seen.data_total == 100
    assert (blind.data_below, seen.data_below) == (None, 100 - seen.data)
    assert_allclose(seen.expected_below.value, dataset.weight[~dataset.data].sum() - seen.expected.value)
    assert seen.expected_below.low < seen.expected_below.value < seen.expected_below.high
    assert_allclose(seen.expected.value, seen.signal.value + seen.background.value)
    passing = (scores.value >= 0.7) & ~dataset.data
    assert_allclose(seen.expected.error, np.sqrt(np.square(dataset.weight[passing]).sum()), rtol=0.1)


def test_while_blind_nothing_depends_on_the_data(toy):
    dataset, scores = toy
    keep = ~dataset.data | (scores.value < 0.1)
    assert classification(dataset.where(keep), scores.where(keep), 0.7) == classification(dataset, scores, 0.7)


def test_each_fold_can_have_its_own_cut(toy):
    dataset, scores = toy
    cuts = (0.5, 0.6, 0.7, 0.8, 0.9)
    passes = (scores.value >= np.array(cuts)[scores.fold]) & dataset.signal
    assert_allclose(classification(dataset, scores, cuts).signal.value, dataset.weight[passes].sum())
    with pytest.raises(FivesigmaError, match="3 cuts for 5 folds"):
        classification(dataset, scores, cuts[:3])


def test_where_nothing_passes_there_is_no_precision(toy):
    result = classification(*toy, 2.0)
    assert result.physics.precision is None
    assert result.physics.f1 is None
    assert result.physics.recall.value == 0
