"""What inputs go through, against closed forms."""

import numpy as np
import pytest

from fivesigma.learning.preparation import Preparation, learn_preparation


@pytest.fixture(scope="module")
def events():
    """Two inputs, the first of them missing in every fourth event, and weights."""
    generator = np.random.default_rng(1)
    X = generator.normal(3, 2, size=(400, 2)).astype(np.float32)
    X[::4, 0] = np.nan
    return X, generator.uniform(0.5, 1.5, 400)


@pytest.fixture(scope="module")
def preparation(events):
    return learn_preparation(["standard"], *events, impute=True)


class TestStandardAndImpute:
    def test_mean_and_deviation_are_of_what_is_there(self, events, preparation):
        X, weight = events
        there = ~np.isnan(X[:, 0])
        values = X[there, 0].astype(np.float64)
        mean = np.average(values, weights=weight[there])
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=weight[there]))
        standard = preparation.steps[0]
        np.testing.assert_allclose([standard.mean[0], standard.deviation[0]], [mean, deviation], rtol=1e-12)

    def test_what_is_missing_is_the_weighted_median_and_an_indicator(self, events, preparation):
        X, weight = events
        Z = preparation(X)
        assert Z.shape == (400, 3)
        np.testing.assert_array_equal(Z[:, 2], np.isnan(X[:, 0]))
        (middle,) = set(Z[::4, 0])
        there, known = Z[~np.isnan(X[:, 0]), 0], weight[~np.isnan(X[:, 0])]
        below, above = known[there < middle].sum(), known[there > middle].sum()
        assert max(below, above) <= known.sum() / 2 + known.max()

    def test_of_an_input_never_missing_in_training_the_median_is_all(self, preparation):
        assert preparation(np.array([[1.0, np.nan]], dtype=np.float32)).shape == (1, 3)
        assert np.isfinite(preparation(np.array([[1.0, np.nan]], dtype=np.float32))).all()

    def test_what_stands_for_it_is_not_the_sentinel(self, events, preparation):
        """Standardised with -9999 among them, all true values would be one."""
        X, weight = events
        squeezed = learn_preparation(["standard"], np.nan_to_num(X, nan=-9999), weight, impute=True)
        assert squeezed.steps[0].deviation[0] > 1000 * preparation.steps[0].deviation[0]

    def test_without_imputing_what_is_missing_stays(self, events):
        X, weight = events
        Z = learn_preparation(["standard"], X, weight, impute=False)(X)
        np.testing.assert_array_equal(np.isnan(Z), np.isnan(X))

    def test_a_constant_input_becomes_zero(self):
        X = np.full((10, 1), 7.0, dtype=np.float32)
        assert not learn_preparation(["standard"], X, np.ones(10), impute=True)(X).any()


def test_no_steps_leave_inputs_as_they_are(events):
    X, weight = events
    assert learn_preparation([], X, weight, impute=False)(X) is X


def test_comes_back_from_its_arrays(events, preparation):
    again = Preparation.from_arrays(preparation.names, preparation.arrays())
    np.testing.assert_array_equal(again(events[0]), preparation(events[0]))
