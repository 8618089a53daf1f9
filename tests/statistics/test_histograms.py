import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import jensenshannon

from fivesigma.statistics.histograms import jensen_shannon, merged_bins, places_with_ties, unit_sum


def test_divergence_is_scipys_squared_distance():
    generator = np.random.default_rng(1)
    first, second = generator.random((2, 5, 12))
    first[:, 3], second[:, 7] = 0, 0
    expected = [jensenshannon(one, two, base=2) ** 2 for one, two in zip(first, second, strict=True)]
    assert_allclose(jensen_shannon(first, second), expected)
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == 1
    assert np.isnan(jensen_shannon(np.zeros(3), np.ones(3)))


@given(st.lists(st.floats(0, 10), min_size=2, max_size=10), st.integers(0, 1000))
def test_divergence_is_symmetric_within_bounds_and_zero_for_one_shape(values, seed):
    first = np.array(values) + 0.1
    second = np.random.default_rng(seed).random(len(values))
    assert_allclose(jensen_shannon(first, second), jensen_shannon(second, first), atol=1e-12)
    assert 0 <= jensen_shannon(first, second) <= 1
    assert_allclose(jensen_shannon(first, 3 * first), 0, atol=1e-12)


def test_negative_entries_count_as_zero():
    assert_allclose(
        jensen_shannon(np.array([2.0, -1.0, 1.0]), np.ones(3)), jensen_shannon(np.array([2.0, 0, 1.0]), np.ones(3))
    )


def test_bins_are_merged_until_each_holds_enough_and_is_positive():
    total = np.array([8.0, 12.0, 1.0, -2.0, 30.0, 4.0])
    assert merged_bins(total, np.abs(total), least_effective=10).tolist() == [0, 2]
    assert merged_bins(total, np.abs(total), least_effective=3).tolist() == [0, 1, 2, 5]
    assert merged_bins(total, np.abs(total), least_effective=1e3).tolist() == []
    assert merged_bins(-total, np.abs(total), least_effective=0.1).tolist() == []


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0.5, 30))
def test_merged_bins_hold_what_they_should(seed, floor):
    total = np.random.default_rng(seed).exponential(5, 20)
    starts = merged_bins(total, total, least_effective=floor)
    if len(starts):
        assert starts[0] == 0
        assert (np.add.reduceat(total, starts) >= floor).all()
    else:
        assert total.sum() < floor


def test_a_least_content_is_asked_for_besides():
    total = np.array([5.0, 2.0, 2.0, 2.0, 7.0, 1.0])
    assert_array_equal(merged_bins(total, np.zeros(6), least_effective=20, least_total=5), [0, 1, 4])
    # 5 events each from 10 effective ones: two make 20
    assert_array_equal(merged_bins(np.full(4, 5.0), np.full(4, 2.5), least_effective=20, least_total=5), [0, 2])
    assert len(merged_bins(np.full(4, 1.0), np.zeros(4), least_effective=20, least_total=5)) == 0


def test_what_is_left_at_the_end_may_not_spoil_the_last_group():
    total = np.array([20.0, 12.0, -11.5])
    # 0.5 of 23.5 squares left in the last group: it joins the one before
    assert_array_equal(merged_bins(total, np.abs(total), least_effective=5), [0])
    assert len(merged_bins(np.array([12.0, -11.5]), np.array([12.0, 11.5]), least_effective=5)) == 0


@given(st.lists(st.floats(-2, 30), min_size=1, max_size=30), st.floats(0, 2))
def test_every_group_has_enough_whatever_the_signs(expected, spread):
    mu = np.array(expected)
    squares = spread * np.abs(mu)
    starts = merged_bins(mu, squares, least_effective=20, least_total=5)
    if len(starts):
        assert (np.add.reduceat(mu, starts) >= 5 - 1e-9).all()
        assert (np.add.reduceat(mu, starts) ** 2 >= 20 * np.add.reduceat(squares, starts) - 1e-6).all()
    assert list(starts[:1]) in ([], [0])
    assert np.all(np.diff(starts) > 0)


def test_values_on_an_edge_and_missing_ones_have_bins_of_their_own():
    edges, values = np.array([0.0, 1.0]), np.array([-1, 0, 0.5, 1, 1, 2, np.nan])
    assert_array_equal(places_with_ties(values, edges), [0, 1, 2, 3, 3, 4, 5])
    assert_array_equal(places_with_ties(np.array([1.0, np.nan]), np.empty(0)), [0, 1])


def test_shapes_sum_to_one_or_are_none():
    assert_allclose(unit_sum(np.array([[1.0, 3.0], [2.0, -1.0]])), [[0.25, 0.75], [2, -1]])
    assert np.isnan(unit_sum(np.array([1.0, -1.0]))).all()
