import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import binomtest

from fivesigma.core.errors import DataError
from fivesigma.statistics.weighted import (
    effective_events,
    effective_numbers,
    empirical_cdf,
    negative_fraction,
    weighted_efficiency,
    weighted_quantile,
)

_values = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30).map(np.array)


@given(_values, st.floats(0, 1))
def test_without_weights_the_quantile_is_numpys_inverse_of_the_distribution(values, probability):
    expected = np.quantile(values, probability, method="inverted_cdf")
    assert weighted_quantile(values, probability) == expected


@given(_values, st.integers(1, 4))
def test_a_whole_weight_is_the_same_as_repeating_the_event(values, times):
    repeats = 1 + np.arange(len(values)) % times
    repeated = np.repeat(values, repeats)
    steps = [0.1, 0.25, 0.5, 0.9]
    assert_allclose(weighted_quantile(values, steps, repeats.astype(float)), weighted_quantile(repeated, steps))
    assert_allclose(empirical_cdf(values, repeats.astype(float))(values), empirical_cdf(repeated)(values))


@given(_values, st.floats(-6, 6))
def test_the_fraction_below_counts_ties_half(values, point):
    expected = np.mean(values < point) + np.mean(values == point) / 2
    assert_allclose(empirical_cdf(values)(point), expected, atol=1e-12)


def test_the_fraction_below_never_falls_even_with_negative_weights():
    generator = np.random.default_rng(1)
    values, weight = generator.normal(size=500), np.where(generator.random(500) < 0.3, -1.0, 1.0)
    fractions = empirical_cdf(values, weight)(np.linspace(-5, 5, 1001))
    assert np.all(np.diff(fractions) >= 0)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert_allclose(weighted_quantile(values, 0.5, weight), 0, atol=0.25)


def test_effective_events_of_equal_weights_is_their_number():
    assert_allclose(effective_events(np.full(7, 0.3)), 7)
    assert_allclose(effective_events(np.array([1.0, 1.0, -1.0])), 1 / 3)
    assert effective_events(np.empty(0)) == effective_events(np.zeros(3)) == 0


@pytest.mark.parametrize("unit", [1e-200, 1e-170, 1e200])
def test_effective_events_know_no_unit(unit):
    weight = np.array([1.0, 2.0, -0.5])
    assert_allclose(effective_events(unit * weight), effective_events(weight))


def test_the_interval_of_an_unweighted_efficiency_is_wilsons():
    passes = np.arange(60) < 15
    estimate = weighted_efficiency(passes, level=0.95)
    expected = binomtest(15, 60).proportion_ci(0.95, method="wilson")
    assert estimate.value == 0.25
    assert_allclose([estimate.low, estimate.high], [expected.low, expected.high])


def test_the_error_of_a_weighted_efficiency_is_the_spread_over_experiments():
    generator = np.random.default_rng(5)
    values, errors = [], []
    for _ in range(2000):
        count = generator.poisson(400)
        weight = np.where(generator.random(count) < 0.2, -1.0, 1.0)
        estimate = weighted_efficiency(generator.random(count) < 0.3, weight)
        values.append(estimate.value)
        errors.append(estimate.error)
    assert_allclose(np.std(values), np.mean(errors), rtol=0.06)


def test_an_efficiency_of_zero_or_one_has_an_interval():
    nothing = weighted_efficiency(np.zeros(10, dtype=bool))
    assert (nothing.value, nothing.low) == (0, 0)
    assert_allclose(nothing.high, 1 / 11, rtol=1e-9)  # Wilson at z = 1: z²/(n + z²)
    everything = weighted_efficiency(np.ones(10, dtype=bool))
    assert everything.high == 1


def test_an_efficiency_outside_the_unit_interval_says_so():
    estimate = weighted_efficiency(np.array([True, True, False]), np.array([1.0, 1.0, -0.5]))
    assert_allclose(estimate.value, 4 / 3)
    assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize("weight", [np.empty(0), np.array([1.0, -1.0]), np.zeros(3)])
def test_weights_that_sum_to_nothing_positive_are_an_error(weight):
    with pytest.raises(DataError, match=r"no events|sum to"):
        weighted_quantile(np.zeros(len(weight)), 0.5, weight)


def test_a_probability_beyond_one_is_refused():
    with pytest.raises(ValueError, match="probabilities"):
        weighted_quantile(np.ones(3), 1.2)


def test_effective_numbers_of_sums_are_those_of_the_weights():
    weights = [np.ones(7), np.array([1.0, 2.0, -0.5]), np.empty(0)]
    totals, squares = [weight.sum() for weight in weights], [np.square(weight).sum() for weight in weights]
    assert_allclose(effective_numbers(totals, squares), [7, 2.5**2 / 5.25, 0])
    assert_allclose([effective_events(weight) for weight in weights], effective_numbers(totals, squares))


def test_the_fraction_of_negative_weights_is_by_size():
    assert negative_fraction(np.array([1.0, 2.0, -1.0])) == 0.25
    assert negative_fraction(np.ones(3)) == 0
