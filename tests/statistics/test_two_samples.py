"""The test alarms as often as it says, whatever the weights, and sees what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import ks_2samp

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.statistics.two_samples import two_sample_test, uniformity_test


def _normal(seed, n, shift=0.0):
    return np.random.default_rng(seed).normal(shift, size=n)


@pytest.mark.parametrize("sizes", [(80, 60), (100, 37)])
@pytest.mark.parametrize("shift", [0.0, 0.6])
def test_the_distance_is_the_textbooks_for_equal_weights(sizes, shift):
    first, second = _normal(1, sizes[0]), _normal(2, sizes[1], shift)
    found, textbook = two_sample_test(first, second), ks_2samp(first, second)
    assert_allclose(found.distance, textbook.statistic)
    assert np.sign(found.difference) == textbook.statistic_sign
    assert found.at == textbook.statistic_location


def test_p_values_follow_the_textbooks_for_equal_weights():
    pairs = [(_normal(seed, 20_000, 0.004 * seed), _normal(100 + seed, 10_000)) for seed in range(12)]
    found = np.array([two_sample_test(*pair).p_value for pair in pairs])
    textbook = np.array([ks_2samp(*pair).pvalue for pair in pairs])
    # 999 replicas have an error of at most 0.016; what lies between the points of the grid moves p a little
    assert_allclose(found, textbook, atol=0.06)
    assert found.max() > 0.3
    assert found.min() < 0.02


def test_a_weighted_event_counts_as_so_many():
    first, second, times = _normal(3, 50), _normal(4, 40), np.random.default_rng(5).integers(1, 4, 50)
    weighted = two_sample_test(first, second, first_weight=times.astype(float))
    assert_allclose(weighted.distance, ks_2samp(np.repeat(first, times), second).statistic)


@given(st.floats(0.1, 10), st.floats(-5, 5), st.integers(0, 50))
def test_nothing_depends_on_units_order_or_the_sum_of_weights(scale, offset, seed):
    generator = np.random.default_rng(seed)
    first, second = generator.normal(size=70), generator.normal(size=50)
    weight = generator.uniform(-0.2, 1, 70)
    before = two_sample_test(first, second, first_weight=weight)
    order = generator.permutation(70)
    after = two_sample_test((scale * first + offset)[order], scale * second + offset, first_weight=3 * weight[order])
    assert_allclose(after.difference, before.difference, atol=1e-12)
    assert after.p_value == pytest.approx(before.p_value, abs=0.003)
    swapped = two_sample_test(second, first, second_weight=weight)
    assert_allclose(swapped.difference, -before.difference, atol=1e-12)


def test_a_shift_is_seen():
    """0.1 σ between twice 5,000 events: a distance of 0.04 on average, where 1 % of equal samples are beyond 0.033."""
    alarms = [
        two_sample_test(_normal(seed, 5000, 0.1), _normal(900 + seed, 5000)).p_value <= 0.01 for seed in range(40)
    ]
    assert np.mean(alarms) > 0.8
    found = two_sample_test(_normal(1, 20_000, 0.1), _normal(2, 20_000))
    # Φ(0.05) - Φ(-0.05), half way between the two
    assert_allclose(found.difference, -0.0399, atol=0.015)
    assert found.p_value == 1 / 1000


def test_samples_that_share_their_events_never_alarm():
    """Half of either sample are the same events: the test is for disjoint samples."""
    common = [_normal(seed, 500) for seed in range(60)]
    p = [
        two_sample_test(np.append(both, _normal(100 + k, 500)), np.append(both, _normal(200 + k, 500))).p_value
        for k, both in enumerate(common)
    ]
    assert np.mean(np.array(p) <= 0.2) < 0.05
    assert two_sample_test(common[0], common[0]).p_value == 1


def test_ties_are_one_point():
    first, second = np.repeat([0.0, 1.0], [30, 70]), np.repeat([0.0, 1.0], [300, 700])
    found = two_sample_test(first, second)
    assert_allclose(found.difference, 0, atol=1e-12)
    assert found.p_value == 1
    assert two_sample_test(np.ones(50), np.ones(30)).p_value == 1


def test_uniform_values_are_told_from_others():
    generator = np.random.default_rng(1)
    flat = generator.random(5000)
    assert uniformity_test(flat).p_value > 0.05
    found = uniformity_test(flat**1.2)
    # the largest of x^(1/1.2) - x lies at (1/1.2)^6
    assert_allclose(found.difference, (1 / 1.2) ** 5 - (1 / 1.2) ** 6, atol=0.02)
    assert found.p_value == 1 / 1000
    # nothing is known to better than the calibration
    assert uniformity_test(flat**1.2, calibration=1 / 100).p_value > 0.3


def test_samples_that_cannot_be_compared_are_refused():
    with pytest.raises(DataError, match="without events"):
        two_sample_test(np.empty(0), np.ones(3))
    with pytest.raises(DataError, match="1 of 2 values are not finite"):
        two_sample_test(np.array([1.0, np.nan]), np.ones(3))
    with pytest.raises(DataError, match="sum to -1, not above 0"):
        two_sample_test(np.ones(2), np.ones(2), second_weight=np.array([1.0, -2.0]))
    with pytest.raises(ValueError, match="weight has shape"):
        two_sample_test(np.ones(2), np.ones(2), first_weight=np.ones(3))


def _flat_weight(values):
    return np.ones_like(values)


SETTINGS = {
    "equal weights": (1, _flat_weight, 0.0),
    "weights that depend on the value": (1, np.exp, 0.0),
    "a fifth of the weights negative": (1, _flat_weight, 0.2),
    "sizes that differ": (4, _flat_weight, 0.0),
    "all of these": (4, np.exp, 0.2),
}


@pytest.mark.slow
@pytest.mark.parametrize("events", [300, 30_000])
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_false_alarm_rate_is_what_it_says(setting, events):
    ratio, weigh, negative = SETTINGS[setting]
    generator = np.random.default_rng(list(SETTINGS).index(setting))
    alarms = 0
    for seed in range(800):
        values = [generator.normal(size=size) for size in (events, ratio * events)]
        weights = [weigh(one) * np.where(generator.random(len(one)) < negative, -1, 1) for one in values]
        found = two_sample_test(*values, first_weight=weights[0], second_weight=weights[1], seed=seed)
        alarms += found.p_value <= 0.05
    assert abs(alarms / 800 - 0.05) <= 0.015


@pytest.mark.slow
def test_the_false_alarm_rate_of_uniformity_knows_of_the_calibration():
    """Values are fractions among 500 other events: without that in the null distribution every other sample would alarm."""
    generator = np.random.default_rng(6)
    p = np.empty((800, 2))
    for row in p:
        scale = np.sort(generator.normal(size=500))
        values = np.searchsorted(scale, generator.normal(size=1000)) / 500
        row[:] = [uniformity_test(values, calibration=variance).p_value for variance in (1 / 500, 0.0)]
    alarms = np.mean(p <= 0.05, axis=0)
    assert abs(alarms[0] - 0.05) <= 0.015
    assert alarms[1] > 0.2


def test_a_test_without_replicas_is_refused():
    with pytest.raises(FivesigmaError, match="one replica or more, not from 0"):
        two_sample_test(np.ones(3), np.ones(3), replicas=0)
