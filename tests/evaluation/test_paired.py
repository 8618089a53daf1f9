import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm

from fivesigma.core.errors import DataError
from fivesigma.evaluation.merits import asimov_merit
from fivesigma.evaluation.paired import influenced_auc, influenced_merit
from fivesigma.evaluation.roc import auc, roc_curve
from fivesigma.evaluation.yields import Yields
from fivesigma.statistics.bootstrap import poisson_bootstrap
from fivesigma.statistics.significance import asimov_significance
from fivesigma.statistics.weighted import effective_events


def _events(seed, n=300, negative=0.0):
    generator = np.random.default_rng(seed)
    is_signal = np.arange(n) % 3 == 0
    score = (generator.normal(size=n) + is_signal).round(1)
    weight = generator.exponential(size=n) * np.where(generator.random(n) < negative, -1, 1)
    return score, is_signal, weight


def improvement(yields):
    return yields.signal / yields.all_signal / np.sqrt(yields.background / yields.all_background)


def _merit(merit, passes, is_signal, weight):
    """The figure of merit, from nothing but sums."""
    sums = [weight[kind & keep].sum() for kind in (is_signal, ~is_signal) for keep in (passes, passes | True)]
    zero = np.zeros(1)
    yields = Yields(
        signal=np.array([sums[0]]),
        background=np.array([sums[2]]),
        signal_squares=zero,
        background_squares=zero,
        all_signal=sums[1],
        all_background=sums[3],
    )
    return float(merit(yields)[0])


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_the_influence_on_the_auc_is_its_derivative_by_the_weight(seed):
    score, is_signal, weight = _events(seed, 60, negative=0.1)
    number = influenced_auc(score, is_signal, weight)
    assert_allclose(number.value, auc(score, is_signal, weight), rtol=1e-12)
    for event in range(0, 60, 7):
        share = np.where(np.arange(60) == event, 1e-5, 0.0)
        up, down = (auc(score, is_signal, weight * (1 + sign * share)) for sign in (1, -1))
        assert_allclose(number.influence[event], (up - down) / 2e-5, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("merit", [improvement, asimov_merit(0.1)])
@pytest.mark.parametrize("negative", [0.0, 0.1])
def test_the_influence_on_a_figure_of_merit_is_its_derivative_by_the_weight(merit, negative):
    score, is_signal, weight = _events(3, negative=negative)
    passes = score > 0.8
    number = influenced_merit(merit, passes, is_signal, weight)
    assert_allclose(number.value, _merit(merit, passes, is_signal, weight), rtol=1e-12)
    for event in range(0, 300, 11):
        share = np.where(np.arange(300) == event, 1e-4, 0.0)
        up, down = (_merit(merit, passes, is_signal, weight * (1 + sign * share)) for sign in (1, -1))
        assert_allclose(number.influence[event], (up - down) / 2e-4, rtol=1e-4, atol=1e-8)


def test_the_values_are_those_of_closed_forms():
    is_signal = np.repeat([True, False], [100, 400])
    passes = np.concatenate([np.arange(100) < 50, np.arange(400) < 100])
    weight = np.where(is_signal, 0.2, 0.5)
    assert_allclose(influenced_merit(improvement, passes, is_signal, weight).value, 0.5 / np.sqrt(0.25))
    assert_allclose(
        influenced_merit(asimov_merit(0.2), passes, is_signal, weight).value, asimov_significance(10, 50, 10)
    )


@pytest.mark.parametrize("negative", [0.0, 0.1])
def test_the_error_is_that_of_the_bootstrap(negative):
    score, is_signal, weight = _events(5, 2000, negative)
    other = score + np.random.default_rng(0).normal(size=len(score)).round(1)
    first, second = (influenced_auc(values, is_signal, weight) for values in (score, other))
    replicas = [
        poisson_bootstrap(
            lambda counts, values=values: np.array([auc(values, is_signal, weight * row) for row in counts]),
            len(score),
            replicas=300,
            seed=1,
        )
        for values in (score, other)
    ]
    for influence, values in (
        (first.influence, replicas[0]),
        (first.influence - second.influence, replicas[0] - replicas[1]),
    ):
        assert_allclose(np.sqrt(np.square(influence).sum()), values.std(), rtol=0.13)  # 300 replicas: 4 % at one sigma
    curve = roc_curve(score, is_signal, weight, replicas=300, seed=1)
    assert_allclose(np.sqrt(np.square(first.influence).sum()), curve.auc.error, rtol=0.15)


@pytest.mark.parametrize(("merit", "floor"), [(improvement, 25), (asimov_merit(0.1), 10)])
def test_the_error_of_a_figure_of_merit_is_that_of_the_bootstrap(merit, floor):
    """With no more background left than a cut must leave, first order is good enough."""
    score, is_signal, weight = _events(6, 900)
    passes = score >= next(
        cut for cut in np.sort(score)[::-1] if effective_events(weight[(score >= cut) & ~is_signal]) >= floor
    )
    number = influenced_merit(merit, passes, is_signal, weight)
    values = poisson_bootstrap(
        lambda counts: np.array([_merit(merit, passes, is_signal, weight * row) for row in counts]),
        len(score),
        replicas=2000,
        seed=1,
    )
    assert_allclose(np.sqrt(np.square(number.influence).sum()), values.std(), rtol=0.12)


def test_differences_of_auc_are_normal_far_enough_out():
    """What Bonferroni asks for: 3.3 standard deviations at 45 pairs; of no more than 300 events."""
    score, is_signal, weight = _events(7)
    other = score + np.random.default_rng(1).normal(size=len(score))
    generator = np.random.default_rng(2)
    values = np.empty(4000)
    for replica in range(len(values)):
        counted = weight * generator.poisson(1.0, size=len(weight))
        values[replica] = np.subtract(*(influenced_auc(s, is_signal, counted).value for s in (score, other)))
    pulls = (values - values.mean()) / values.std()
    assert np.mean(pulls**3) == pytest.approx(0, abs=0.2)
    assert np.mean(pulls**4) == pytest.approx(3, abs=0.35)
    beyond = np.mean(np.abs(pulls) > norm.ppf(1 - 0.05 / 2 / 45))
    assert beyond < 4 * 0.05 / 45  # 0.0011 is right, four times that would be no use


def test_nothing_passes():
    _, is_signal, weight = _events(0)
    assert influenced_merit(improvement, is_signal, is_signal, weight) is None


def test_scores_are_finite_and_both_classes_there():
    score, is_signal, weight = _events(0)
    with pytest.raises(DataError, match="1 of 300 scores are not finite"):
        influenced_auc(np.where(np.arange(300) == 5, np.nan, score), is_signal, weight)
    with pytest.raises(DataError, match="no signal events"):
        influenced_auc(score, is_signal & False, weight)
