"""The common score scale against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fivesigma.core.errors import DataError
from fivesigma.learning.scale import ScoreScale

SCORES = hnp.arrays(np.float64, st.integers(5, 40), elements=st.floats(-5, 5).map(lambda x: round(x, 1)))


@given(SCORES, st.integers(0, 2**32 - 1))
def test_is_the_background_weight_below_plus_half_of_what_is_at_it(score, seed):
    generator = np.random.default_rng(seed)
    background = generator.uniform(size=len(score)) < 0.7
    background[0] = True
    weight = generator.uniform(0.1, 2, len(score))
    scale = ScoreScale.fit(score, background, weight)
    for x in score[background]:
        below = weight[background & (score < x)].sum() + weight[background & (score == x)].sum() / 2
        at_an_end = len(np.unique(score[background])) == 1
        if not at_an_end:
            assert scale(np.array([x]))[0] == pytest.approx(below / weight[background].sum(), abs=1e-12)


@given(SCORES, st.integers(0, 2**32 - 1))
def test_keeps_the_order_of_events(score, seed):
    background = np.random.default_rng(seed).uniform(size=len(score)) < 0.5
    background[0] = True
    value = ScoreScale.fit(score, background, np.ones(len(score)))(score)
    order = np.argsort(score, kind="stable")
    assert (np.diff(value[order]) >= 0).all()
    assert ((np.diff(score[order]) > 0) <= (np.diff(value[order]) > 0)).all()
    assert 0 <= value.min() <= value.max() <= 1


def test_negative_weights_leave_it_monotone():
    score = np.arange(100.0)
    weight = np.where(np.arange(100) % 4 == 0, -0.5, 1.0)
    value = ScoreScale.fit(score, np.ones(100, dtype=bool), weight)(score)
    assert (np.diff(value) >= 0).all()


def test_nothing_to_measure_against():
    with pytest.raises(DataError, match="no background weight"):
        ScoreScale.fit(np.arange(3.0), np.zeros(3, dtype=bool), np.ones(3))


def test_scores_that_differ_by_rounding_alone_are_one():
    """As means over seeds do: 0.1 + 0.2 and 0.3 are one score, and stand at one place of the scale."""
    score = np.array([0.0, 0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2, 1.0])
    scale = ScoreScale.fit(score, np.ones(6, dtype=bool), np.ones(6))
    assert len(scale.raw) == 3
    assert scale(np.array([0.3]))[0] == pytest.approx(scale(np.array([0.1 + 0.2]))[0], abs=1e-6)
    assert scale(np.array([0.3]))[0] == pytest.approx(0.5)


def test_scores_of_a_classifier_that_diverged_are_refused() -> None:
    score = np.array([0.1, np.nan, 0.3, np.inf])
    with pytest.raises(DataError, match="2 of 4 scores are no finite numbers"):
        ScoreScale.fit(score, np.ones(4, dtype=bool), np.ones(4))
