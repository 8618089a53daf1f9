"""The scores of each seed alone, which tell how much of a number is the luck of the seed."""

import numpy as np
import pytest

from fivesigma.core.errors import DataError
from fivesigma.learning.cross_fit import cross_fit


@pytest.fixture(scope="module")
def forests(make_dataset):
    dataset = make_dataset(2500, negative=0.05)
    return dataset, cross_fit("random_forest", dataset, folds=3, seeds=3, n_estimators=5, max_depth=4)


def test_their_mean_is_the_score_of_the_model(forests):
    dataset, model = forests
    members, scores = model.member_scores(dataset), model.score(dataset)
    assert len(members) == 3
    np.testing.assert_allclose(np.mean([member.raw for member in members], axis=0), scores.raw, rtol=1e-12)
    for member in members:
        assert (member.model, member.folds) == (scores.model, 3)
        np.testing.assert_array_equal(member.fold, scores.fold)
    assert not np.array_equal(members[0].raw, members[1].raw)


def test_background_is_uniform_on_the_scale_of_each(forests):
    dataset, model = forests
    background, weight = dataset.background, dataset.weight
    for member in model.member_scores(dataset):
        for cut in (0.3, 0.5, 0.8):
            passing = weight[background & (member.value >= cut)].sum() / weight[background].sum()
            assert passing == pytest.approx(1 - cut, abs=0.12)


def test_seeds_that_change_nothing_have_the_scores_of_the_model(make_dataset):
    """Logistic regression draws nothing at random: the scale of each seed is that of their mean, to rounding."""
    dataset = make_dataset(600)
    model = cross_fit("logistic", dataset, folds=2, seeds=2)
    scores = model.score(dataset)
    for member in model.member_scores(dataset):
        np.testing.assert_allclose(member.value, scores.value, atol=1e-9)


def test_one_seed_has_no_members(make_dataset):
    dataset = make_dataset(300)
    assert cross_fit("logistic", dataset, folds=2).member_scores(dataset) == ()


def test_without_background_to_measure_by_it_says_so(forests):
    dataset, model = forests
    with pytest.raises(DataError, match="no background weight"):
        model.member_scores(dataset.where(~dataset.background))
