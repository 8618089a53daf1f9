import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError
from fivesigma.evaluation.classes import class_totals, label, require_classes, require_scores

IS_SIGNAL = np.array([True, False, True, False])


def test_events_of_a_class_are_found_in_the_dataset(toy):
    dataset, scores = toy
    chosen = label(dataset, scores)
    np.testing.assert_array_equal(chosen.within(~chosen.is_signal), dataset.background)
    np.testing.assert_array_equal(chosen.within(chosen.is_signal), dataset.signal)
    assert chosen.chosen.sum() == (dataset.signal | dataset.background).sum()  # and nothing was changed in it


def test_each_event_knows_the_total_of_its_class():
    assert_allclose(class_totals(IS_SIGNAL, np.array([1.0, 2.0, 3.0, -0.5])), [4, 1.5, 4, 1.5])


@pytest.mark.parametrize(("score", "count"), [([0.1, np.nan, 0.3, 0.4], 1), ([np.inf, np.nan, 0.3, 0.4], 2)])
def test_scores_that_are_no_numbers_are_refused(score, count):
    with pytest.raises(DataError, match=f"{count} of 4 scores are not finite"):
        require_classes(IS_SIGNAL, np.ones(4), np.array(score))
    require_classes(IS_SIGNAL, np.ones(4), values=np.array(score))


def test_arrays_of_other_lengths_and_classes_without_weight_are_refused():
    with pytest.raises(ValueError, match="score has shape"):
        require_classes(IS_SIGNAL, np.ones(4), np.ones(3))
    with pytest.raises(DataError, match="there are no background events"):
        require_classes(np.ones(4, dtype=bool), np.ones(4))
    with pytest.raises(DataError, match="the weights of 2 signal events sum to -1, not above 0"):
        require_classes(IS_SIGNAL, np.array([1.0, 1.0, -2.0, 1.0]))


def test_what_rounding_leaves_of_weights_that_cancel_is_no_class():
    is_signal, weight = np.arange(4) < 3, np.array([0.1, 0.2, -0.3, 1.0])
    assert weight[:3].sum() > 0
    with pytest.raises(DataError, match="the weights of 3 signal events"):
        require_classes(is_signal, weight)
    # a small sum is none the less a sum: nothing is taken away
    require_classes(is_signal, np.array([1e-20, 1e-20, 0.0, 1.0]))


def test_scores_are_one_for_each_event(toy):
    dataset, scores = toy
    require_scores(scores, len(dataset))
    with pytest.raises(DataError, match="6100 scores of trees for 7 events"):
        require_scores(scores, 7)
