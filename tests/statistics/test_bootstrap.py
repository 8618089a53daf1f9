import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm, poisson

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.statistics.bootstrap import (
    holding_value,
    multiplicities,
    percentile_interval,
    poisson_bootstrap,
    scaled_poisson,
)


def test_multiplicities_are_poisson_of_mean_one():
    counts = np.concatenate(list(multiplicities(1000, 500, seed=1)))
    assert counts.shape == (500, 1000)
    fractions = np.bincount(counts.ravel(), minlength=7)[:7] / counts.size
    expected = poisson.pmf(np.arange(7), 1)
    assert np.all(np.abs(fractions - expected) < 5 * np.sqrt(expected / counts.size) + 2**-15)


@pytest.mark.parametrize(("value", "ends"), [(1.0, (1, 3)), (2.5, (2, 3)), (4.0, (2, 4))])
def test_an_interval_is_widened_to_its_value_and_no_further(value, ends):
    held = holding_value(Estimate(value=value, low=2.0, high=3.0, level=0.9, method="toys"))
    assert held == Estimate(value=value, low=ends[0], high=ends[1], level=0.9, method="toys")


def test_replicas_come_in_chunks_and_are_the_same_however_many_follow():
    few, many = (list(multiplicities(100_000, replicas, seed=3)) for replicas in (20, 50))
    assert [len(chunk) for chunk in many] == [20, 20, 10]
    np.testing.assert_array_equal(few[0], many[0])


def test_the_bootstrap_error_of_a_mean_is_the_known_one():
    values = np.random.default_rng(2).normal(size=2000)
    replicas = poisson_bootstrap(lambda n: n @ values / n.sum(axis=1), len(values), replicas=2000, seed=4)
    assert_allclose(replicas.std(), values.std() / np.sqrt(2000), rtol=0.06)


@pytest.mark.parametrize("replicas", [0, -3])
def test_a_bootstrap_without_replicas_is_refused(replicas):
    with pytest.raises(FivesigmaError, match=f"one replica or more, not from {replicas}"):
        multiplicities(10, replicas, seed=1)
    with pytest.raises(FivesigmaError, match=f"one replica or more, not from {replicas}"):
        poisson_bootstrap(lambda counts: counts.sum(axis=1), 10, replicas=replicas, seed=1)
    with pytest.raises(FivesigmaError, match=f"one replica or more, not from {replicas}"):
        scaled_poisson(3.0, 1.0, replicas, np.random.default_rng(1))


def test_percentiles_of_normal_replicas_are_one_sigma():
    replicas = norm.ppf((np.arange(10000) + 0.5) / 10000)
    estimate = percentile_interval(0.0, replicas, method="test")
    assert_allclose([estimate.low, estimate.high], [-1, 1], atol=1e-3)


def test_replicas_without_a_value_are_left_out_unless_they_are_most():
    assert percentile_interval(1.0, np.array([1.0, 1.0, np.nan]), method="test").low == 1
    with pytest.raises(DataError, match="1 of 3"):
        percentile_interval(1.0, np.array([1.0, np.nan, np.inf]), method="test")
    with pytest.raises(DataError, match="0 of 0"):
        percentile_interval(1.0, np.empty(0), method="test")


@pytest.mark.parametrize("weight", [np.full(50, 0.2), np.linspace(0, 3, 40), np.array([1.0, 1.0, 1.0, -0.5])])
def test_scaled_poisson_sums_have_the_mean_and_variance_of_the_sum(weight):
    total, squares = weight.sum(), np.square(weight).sum()
    replicas = scaled_poisson(total, squares, 200_000, np.random.default_rng(1))
    assert_allclose(replicas.mean(), total, rtol=0.01)
    assert_allclose(replicas.var(), squares, rtol=0.02)


def test_scaled_poisson_sums_of_large_weights_are_as_many_times_larger():
    small, large = (scaled_poisson(7 * unit, 9 * unit**2, 50, np.random.default_rng(1)) for unit in (1.0, 2.0**510))
    assert_allclose(large, 2.0**510 * small)


def test_a_sum_of_zero_or_less_is_normal_and_no_events_is_nothing():
    generator = np.random.default_rng(1)
    replicas = scaled_poisson(-1.0, 4.0, 100_000, generator)
    assert_allclose([replicas.mean(), replicas.std()], [-1, 2], rtol=0.03)
    assert not scaled_poisson(0.0, 0.0, 5, generator).any()
