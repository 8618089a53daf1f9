"""Selections keep a fraction of each fold, whatever the scale of its scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.searches.anomaly.selection import select


def events(seed, number=1000, folds=5):
    random = np.random.default_rng(seed)
    fold = random.integers(0, folds, number).astype(np.int8)
    return random.normal(size=number), fold, random.permutation(number)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0.001, 0.99))
def test_each_fold_keeps_its_fraction_exactly(seed, efficiency):
    score, fold, ticket = events(seed)
    kept = select(score, fold, efficiency, ticket=ticket)
    for one in range(5):
        mine = fold == one
        assert kept[mine].sum() == round(efficiency * mine.sum())
        if kept[mine].any() and not kept[mine].all():
            assert score[mine & kept].min() > score[mine & ~kept].max()


def test_the_scale_of_a_fold_does_not_matter():
    score, fold, ticket = events(1)
    moved = np.where(fold == 2, np.exp(score) * 100, score)
    assert np.array_equal(select(score, fold, 0.1, ticket=ticket), select(moved, fold, 0.1, ticket=ticket))


def test_equal_scores_are_drawn_among_whatever_else_events_are():
    score, fold, ticket = np.zeros(20_000), np.zeros(20_000, np.int8), np.random.default_rng(1).permutation(20_000)
    kept = select(score, fold, 0.25, ticket=ticket)
    assert kept.sum() == 5000
    assert abs(kept[:10_000].sum() - 2500) < 5 * np.sqrt(2500 * 0.75)


def test_the_fraction_may_be_of_some_events():
    score, fold, ticket = events(2)
    of = np.random.default_rng(3).random(1000) < 0.3
    kept = select(score, fold, 0.1, ticket=ticket, of=of)
    for one in range(5):
        mine = (fold == one) & of
        assert (kept & mine).sum() == round(0.1 * mine.sum())


@pytest.mark.parametrize("efficiency", [0.0, 1.0, -0.1, np.nan])
def test_a_fraction_that_is_none_is_refused(efficiency):
    score, fold, ticket = events(1)
    with pytest.raises(FivesigmaError, match="between 0 and 1"):
        select(score, fold, efficiency, ticket=ticket)


def test_scores_that_are_no_numbers_are_refused():
    score, fold, ticket = events(1)
    score[3] = np.nan
    with pytest.raises(FivesigmaError, match="1 scores are no finite numbers"):
        select(score, fold, 0.1, ticket=ticket)
