import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.statistics.dependence import (
    correlation_of_moments,
    distance_correlation,
    pair_moments,
    weighted_correlation,
    weighted_ranks,
)


def test_weighted_correlations_are_numpys():
    generator = np.random.default_rng(1)
    columns = generator.normal(size=(200, 4)) @ generator.normal(size=(4, 4))
    counts = generator.integers(1, 5, size=200)
    expected = np.corrcoef(np.repeat(columns, counts, axis=0), rowvar=False)
    assert_allclose(weighted_correlation(columns, counts.astype(float)), expected, atol=1e-12)


def test_where_values_are_missing_each_pair_has_its_own_events():
    generator = np.random.default_rng(3)
    columns = generator.normal(1e4, 1, size=(400, 3)) @ generator.normal(size=(3, 3))
    weight = generator.uniform(-0.2, 1, 400)
    columns[generator.random(400) < 0.3, 0] = np.nan
    columns[generator.random(400) < 0.5, 2] = np.nan
    found = weighted_correlation(columns, weight)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = np.isfinite(columns[:, i]) & np.isfinite(columns[:, j])
        x, y = columns[both][:, [i, j]].T - np.average(columns[both][:, [i, j]], axis=0, weights=weight[both])[:, None]
        w = weight[both]
        expected = (w * x * y).sum() / np.sqrt((w * x * x).sum() * (w * y * y).sum())
        assert_allclose([found[i, j], found[j, i]], expected, rtol=1e-6)
    assert_allclose(np.diag(found), 1)


def test_a_column_that_is_constant_or_never_there_has_no_correlation_beside_missing_values():
    columns = np.array([[1.0, 5.0, np.nan, 0.1], [2.0, 5.0, np.nan, np.nan], [4.0, 5.0, np.nan, 0.1]])
    found = weighted_correlation(columns, np.ones(3))
    assert_allclose(found[0, 0], 1)
    assert np.isnan(found[1:]).all()
    assert np.isnan(found[0, 1:]).all()


def test_moments_of_events_sum_to_the_same_correlation():
    generator = np.random.default_rng(2)
    x, y, weight = generator.normal(1e6, 1, 500), generator.exponential(size=500), generator.uniform(-0.3, 1, 500)
    y += x - 1e6
    expected = weighted_correlation(np.stack([x, y], axis=1), weight)[0, 1]
    assert_allclose(correlation_of_moments(pair_moments(x, y, weight).sum(axis=0)), expected, rtol=1e-6)
    assert np.isnan(correlation_of_moments(pair_moments(np.full(500, 0.1), y, weight).sum(axis=0)))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(1, 4)), min_size=3, max_size=30))
def test_ranks_make_scipys_spearman_with_ties_and_repeated_events(rows):
    x, y, counts = np.array(rows, dtype=float).T
    times = counts.astype(int)
    ranks = np.stack([weighted_ranks(x, counts), weighted_ranks(y, counts)], axis=1)
    found = weighted_correlation(ranks, counts)[0, 1]
    if np.ptp(x) and np.ptp(y):
        assert_allclose(found, spearmanr(np.repeat(x, times), np.repeat(y, times)).statistic, atol=1e-9)
    else:
        assert np.isnan(found)


def test_ranks_rise_under_negative_weights_too():
    values, weight = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, -0.5, 1.0, 1.0])
    assert_allclose(weighted_ranks(values, weight), [0.2, 0.4, 0.5, 0.8])
    with pytest.raises(DataError, match="sum to"):
        weighted_ranks(values, -weight)


def _brute_force(x, y, weight):
    """The distance correlation as the means over one, two and three events are written."""
    w = weight / weight.sum()
    n = range(len(x))

    def covariance(a, b):
        both = sum(w[i] * w[j] * abs(a[i] - a[j]) * abs(b[i] - b[j]) for i in n for j in n)
        apart = [sum(w[i] * w[j] * abs(c[i] - c[j]) for i in n for j in n) for c in (a, b)]
        mixed = sum(w[i] * w[j] * w[k] * abs(a[i] - a[j]) * abs(b[i] - b[k]) for i in n for j in n for k in n)
        return both + apart[0] * apart[1] - 2 * mixed

    return np.sqrt(max(covariance(x, y), 0) / np.sqrt(covariance(x, x) * covariance(y, y)))


@pytest.mark.parametrize("lowest", [0.1, -0.2])
def test_distance_correlation_is_the_triple_loops(lowest):
    generator = np.random.default_rng(5)
    x = generator.normal(size=14)
    y, weight = x**2 + generator.normal(size=14), generator.uniform(lowest, 1, 14)
    found = distance_correlation(x, y, weight, permutations=5)
    assert_allclose(found.value, _brute_force(x, y, weight), rtol=1e-9)
    assert found.events == 14


def test_distance_correlation_of_a_sample_is_that_of_centred_distances():
    """Székely, Rizzo and Bakirov (2007), Definitions 3 to 5, with unit weights."""
    generator = np.random.default_rng(6)
    x, y = generator.normal(size=(2, 50))
    a, b = (np.abs(values[:, None] - values) for values in (x, x + y))
    a, b = (c - c.mean(axis=0) - c.mean(axis=1)[:, None] + c.mean() for c in (a, b))
    expected = np.sqrt((a * b).mean() / np.sqrt((a * a).mean() * (b * b).mean()))
    assert_allclose(distance_correlation(x, x + y, permutations=2).value, expected, rtol=1e-9)


@pytest.mark.parametrize("rho", [0.3, -0.7, 0.95])
def test_distance_correlation_of_a_binormal_is_the_closed_form(rho):
    """Székely, Rizzo and Bakirov (2007), Theorem 7; 64 levels lose less than a per cent."""
    x, z = np.random.default_rng(7).normal(size=(2, 200_000))
    y = rho * x + np.sqrt(1 - rho**2) * z
    square = rho * np.arcsin(rho) + np.sqrt(1 - rho**2) - rho * np.arcsin(rho / 2) - np.sqrt(4 - rho**2) + 1
    expected = np.sqrt(square / (1 + np.pi / 3 - np.sqrt(3)))
    assert_allclose(distance_correlation(x, y, events=200_000, permutations=2).value, expected, rtol=0.01)


def test_what_is_uncorrelated_but_not_independent_lies_beyond_independence():
    generator = np.random.default_rng(8)
    x = generator.normal(size=20_000)
    circle = distance_correlation(x, x**2)
    assert circle.events == 10_000
    assert abs(np.corrcoef(x, x**2)[0, 1]) < 0.05
    assert circle.value > 5 * circle.independence


@pytest.mark.parametrize("negative", [0.0, 0.2])
def test_independent_quantities_lie_beyond_independence_one_time_in_twenty(negative):
    generator = np.random.default_rng(9)
    beyond = 0
    for seed in range(200):
        x, y, weight = generator.normal(size=300), generator.exponential(size=300), generator.uniform(0.5, 1.5, 300)
        weight[generator.random(300) < negative] *= -1
        found = distance_correlation(x, y, weight, permutations=39, seed=seed)
        beyond += found.value > found.independence
    assert 2 <= beyond <= 20  # 10 ± 3 are expected


def test_a_constant_has_no_distance_correlation_and_the_seed_decides_the_rest():
    x = np.random.default_rng(1).normal(size=2000)
    assert distance_correlation(np.full(2000, 0.1), x) is None
    first, second = (distance_correlation(x, np.abs(x), events=500, seed=4) for _ in range(2))
    assert first == second
    assert first.value != distance_correlation(x, np.abs(x), events=500, seed=5).value


@given(st.integers(0, 100), st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=20)
def test_distance_correlation_does_not_mind_shift_scale_and_order(seed, scale, shift):
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, 40))
    found = distance_correlation(x, y, permutations=2).value
    assert_allclose(distance_correlation(scale * y + shift, x, permutations=2).value, found, rtol=1e-6, atol=1e-9)


def test_independence_is_not_told_without_permutations():
    with pytest.raises(FivesigmaError, match="one replica or more, not from 0"):
        distance_correlation(np.arange(9.0), np.arange(9.0), permutations=0)
