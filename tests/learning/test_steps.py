"""Each step against its closed form, against scikit-learn's where all weights are one, and what holds of all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm, rankdata
from sklearn import preprocessing
from sklearn.decomposition import PCA

from fivesigma.core.identity import fold_of
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fitted_model import validation_part
from fivesigma.learning.preparation import STEPS, Preparation, learn_preparation

BY_ITSELF = ["standard", "min_max", "max_abs", "quantile"]
MIXING = ["normalise", "pca"]


def learnt(name, X, weight=None, impute=False):
    return learn_preparation([name], X, np.ones(len(X)) if weight is None else weight, impute=impute)


def prepared(name, X, weight=None):
    return learnt(name, X, weight)(X)


@pytest.fixture(scope="module")
def events():
    """Three inputs, two of them correlated and one with a long tail."""
    X = np.random.default_rng(3).normal(size=(500, 3))
    X[:, 1] += 2 * X[:, 0]
    X[:, 2] = np.exp(2 * X[:, 2])
    return X.astype(np.float32)


@pytest.fixture(scope="module")
def weight():
    return np.random.default_rng(4).uniform(0.2, 2, 500)


def test_every_step_is_tested_here():
    assert sorted(STEPS) == sorted(BY_ITSELF + MIXING)


class TestAgainstScikitLearn:
    @pytest.mark.parametrize(
        ("name", "theirs"),
        [
            ("standard", preprocessing.StandardScaler()),
            ("min_max", preprocessing.MinMaxScaler()),
            ("max_abs", preprocessing.MaxAbsScaler()),
            ("normalise", preprocessing.Normalizer()),
        ],
    )
    def test_is_theirs(self, events, name, theirs):
        np.testing.assert_allclose(
            prepared(name, events), theirs.fit_transform(events.astype(np.float64)), rtol=1e-5, atol=1e-6
        )

    def test_standard_is_theirs_with_weights(self, events, weight):
        theirs = preprocessing.StandardScaler().fit(events.astype(np.float64), sample_weight=weight)
        np.testing.assert_allclose(prepared("standard", events, weight), theirs.transform(events), rtol=1e-5, atol=1e-6)

    def test_components_are_theirs_up_to_sign(self, events):
        theirs = PCA().fit_transform(events.astype(np.float64))
        np.testing.assert_allclose(np.abs(prepared("pca", events)), np.abs(theirs), rtol=1e-4, atol=1e-4)

    def test_quantiles_are_about_theirs(self, events):
        theirs = preprocessing.QuantileTransformer(n_quantiles=500, output_distribution="normal").fit_transform(events)
        middle = np.abs(theirs) < 2
        np.testing.assert_allclose(prepared("quantile", events)[middle], theirs[middle], atol=0.02)


class TestQuantile:
    def test_of_events_that_all_differ_is_the_normal_quantile_of_the_rank(self, events):
        expected = norm.ppf((rankdata(events[:, 2]) - 0.5) / 500)
        np.testing.assert_allclose(prepared("quantile", events)[:, 2], expected, rtol=1e-5)

    def test_of_weighted_events_is_that_of_the_weight_below_and_half_of_its_own(self):
        Z = prepared("quantile", np.float32([[3], [1], [2]]), np.array([1.0, 2.0, 5.0]))
        np.testing.assert_allclose(Z[:, 0], norm.ppf([7.5 / 8, 1 / 8, 4.5 / 8]), rtol=1e-6)

    def test_of_tied_events_is_the_middle_of_their_place(self):
        """Sixty of a hundred events without a jet lie at zero; they do not belong at the end of the distribution."""
        values = np.concatenate([np.zeros(60), np.arange(1, 41)])[:, None].astype(np.float32)
        Z = prepared("quantile", values)
        np.testing.assert_allclose(Z[:60], norm.ppf(0.3), rtol=1e-6)

    def test_of_far_events_is_that_of_the_last(self, events):
        prepare = learnt("quantile", events)
        beyond = prepare(np.float32([[1e9, -1e9, np.inf]]))
        np.testing.assert_array_equal(
            beyond[0], [prepare(events)[:, 0].max(), prepare(events)[:, 1].min(), prepare(events)[:, 2].max()]
        )

    def test_follows_the_tail_of_many_events(self):
        values = np.sort(np.random.default_rng(5).standard_cauchy(40_000)).astype(np.float32)[:, None]
        expected = norm.ppf((rankdata(values[:, 0]) - 0.5) / len(values))
        np.testing.assert_allclose(prepared("quantile", values)[:, 0], expected, atol=0.02)

    def test_a_weight_that_is_nearly_all_leaves_the_rest_finite(self):
        assert np.abs(prepared("quantile", np.float32([[0], [1], [2]]), np.array([1e-30, 1.0, 1e-30]))).max() < 6.01


class TestPrincipalComponents:
    def test_are_uncorrelated_and_keep_the_variance(self, events, weight):
        Z = prepared("pca", events, weight).astype(np.float64)
        covariance = np.cov(Z.T, aweights=weight, ddof=0)
        variances = np.diag(covariance)
        np.testing.assert_allclose(covariance, np.diag(variances), atol=1e-4 * variances.max())
        assert (np.diff(variances) <= 0).all()
        np.testing.assert_allclose(variances.sum(), np.cov(events.T, aweights=weight, ddof=0).trace(), rtol=1e-5)

    def test_of_two_inputs_by_hand(self):
        """The covariance of (x, x + d), with d small and independent, has the diagonal as its first axis."""
        X = np.float32([[1, 1.5], [1, 0.5], [-1, -0.5], [-1, -1.5]])
        step = learnt("pca", X).steps[-1]
        # covariance ((1, 1), (1, 1.25)): tan 2θ = 2 / -0.25
        angle = np.pi / 2 + np.arctan(2 / -0.25) / 2
        np.testing.assert_allclose(step.axes[:, 0], [np.cos(angle), np.sin(angle)], rtol=1e-12)

    def test_the_largest_component_is_positive(self, events):
        for inputs in (events, -events):
            axes = learnt("pca", inputs).steps[-1].axes
            assert (axes[np.abs(axes).argmax(axis=0), np.arange(3)] > 0).all()

    def test_a_missing_value_is_imputed_before(self, events):
        holes = events.copy()
        holes[::7, 1] = np.nan
        prepare = learnt("pca", holes)
        assert prepare.names == ("impute", "pca")
        assert np.isfinite(prepare(holes)).all()
        np.testing.assert_array_equal(prepare(holes)[:, 3], np.isnan(holes[:, 1]))


def test_normalise_leaves_an_event_of_zeros():
    np.testing.assert_array_equal(prepared("normalise", np.float32([[0, 0], [3, 4]])), np.float32([[0, 0], [0.6, 0.8]]))


def test_steps_follow_in_the_order_asked_for(events):
    both = learn_preparation(["quantile", "min_max"], events, np.ones(500), impute=False)
    Z = both(events)
    assert both.names == ("quantile", "min_max")
    np.testing.assert_allclose([Z.min(axis=0), Z.max(axis=0)], [[0] * 3, [1] * 3], atol=1e-6)
    again = learn_preparation(["min_max", "quantile"], events, np.ones(500), impute=False)(events)
    np.testing.assert_allclose(again, prepared("quantile", events), rtol=1e-4)


@pytest.mark.parametrize("name", BY_ITSELF)
class TestEachInputByItself:
    def test_what_is_missing_stays_and_teaches_nothing(self, events, weight, name):
        holes = events.copy()
        holes[::5, 0] = np.nan
        Z, there = prepared(name, holes, weight), ~np.isnan(holes[:, 0])
        np.testing.assert_array_equal(np.isnan(Z), np.isnan(holes))
        np.testing.assert_allclose(Z[there, 0], prepared(name, events[there], weight[there])[:, 0], rtol=1e-6)

    def test_an_input_that_always_is_missing_passes_unharmed(self, events, name):
        nothing = events.copy()
        nothing[:, 1] = np.nan
        assert np.isfinite(learnt(name, nothing)(events)).all()

    @pytest.mark.parametrize("constant", [0.0, 7.1, -1e20])
    def test_a_constant_input_stays_constant_and_small(self, events, weight, name, constant):
        events = events.copy()
        events[:, 0] = constant
        Z = prepared(name, events, weight)[:, 0]
        assert len(np.unique(Z)) == 1
        assert abs(Z[0]) <= 1
        assert name == "max_abs" or Z[0] == 0


@pytest.mark.parametrize("name", sorted(STEPS))
class TestEveryStep:
    @given(
        inputs=hnp.arrays(np.float32, (12, 2), elements=st.integers(-20, 20).map(lambda x: x / 4)),
        times=hnp.arrays(np.int64, 12, elements=st.integers(0, 4)),
    )
    @settings(max_examples=40, deadline=None)
    def test_an_event_of_weight_three_is_three_events(self, name, inputs, times):
        times[0] = max(times[0], 1)
        weighted = learnt(name, inputs, times.astype(np.float64))
        repeated = learnt(name, np.repeat(inputs, times, axis=0))
        if name == "pca":  # axes of equal variance are any two: what they keep of each event is the same
            one, two = (
                step.axes.T @ np.cov(inputs.T, fweights=times, ddof=0) @ step.axes
                for step in (weighted.steps[-1], repeated.steps[-1])
            )
            np.testing.assert_allclose(one, two, atol=1e-9)
            np.testing.assert_allclose(weighted.steps[-1].mean, repeated.steps[-1].mean, atol=1e-12)
        else:
            np.testing.assert_allclose(weighted(inputs), repeated(inputs), rtol=1e-6, atol=1e-6)

    def test_the_scale_of_weights_is_of_no_matter(self, events, weight, name):
        np.testing.assert_allclose(
            prepared(name, events, weight), prepared(name, events, 1e-4 * weight), rtol=1e-5, atol=1e-6
        )

    def test_an_event_is_prepared_the_same_alone(self, events, name):
        prepare = learnt(name, events)
        many = np.concatenate([events] * 20)  # more than are prepared together
        np.testing.assert_array_equal(prepare(many)[-500:], prepare(many)[:500])
        np.testing.assert_allclose(prepare(events[:1]), prepare(events)[:1], rtol=1e-6)

    def test_comes_back_from_its_arrays(self, events, name):
        prepare = learnt(name, events, impute=True)
        again = Preparation.from_arrays(prepare.names, prepare.arrays())
        np.testing.assert_array_equal(again(events), prepare(events))

    def test_only_events_that_train_teach_it(self, make_dataset, name):
        """Neither the events of the fold that is scored nor those that validate change what a fold learnt."""
        dataset = make_dataset(300)
        fold, validates = fold_of(dataset.id, seed=1, folds=2), validation_part(dataset.id, seed=1)

        def learnt_of(changed, fold_of_estimator):
            X = np.where(changed[:, None], dataset.X * 7 + 3, dataset.X)
            model = cross_fit("random_forest", replace(dataset, X=X), prepare=[name], folds=2, seed=1, n_estimators=1)
            return model.fits[fold_of_estimator].preparation.arrays()

        before = learnt_of(np.zeros(len(dataset), dtype=bool), 0)
        for changed in (fold == 0, validates, dataset.data):
            for key, array in learnt_of(changed, 0).items():
                np.testing.assert_array_equal(array, before[key])
        if name != "normalise":  # which learns nothing
            trains = learnt_of((fold == 1) & ~validates, 0)
            assert any(not np.array_equal(trains[key], before[key]) for key in before)
