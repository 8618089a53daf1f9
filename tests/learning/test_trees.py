"""scikit-learn's ensembles of trees, and its logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.catalogue import make_classifier
from fivesigma.learning.classifiers import ModelSpec, Part
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.spec_checks import check_spec


@pytest.fixture(scope="module")
def parts(make_dataset):
    dataset = make_dataset(600)
    classes = dataset.where(~dataset.data)
    train = np.arange(len(classes)) % 4 != 0
    weight = np.random.default_rng(2).exponential(size=len(classes))
    return [Part(classes.X[m], classes.signal[m], weight[m]) for m in (train, ~train)]


def trained(name, parts, **parameters):
    model = make_classifier(name, parameters)
    model.fit(*parts, seed=1)
    return model


def test_gradient_boosting_keeps_the_trees_up_to_its_lowest_weighted_validation_loss(parts, tmp_path):
    model = trained("gradient_boosting", parts, n_estimators=40, learning_rate=0.5)
    losses = model.history()
    best = int(np.argmin(losses["validation"]))
    assert len(losses["validation"]) == len(losses["training"]) == 40 > best + 1
    assert model.describe()["trees"] == best + 1
    for kind, part in zip(("training", "validation"), parts, strict=True):
        signal = model.score(part.X)
        loss = -np.average(np.log(np.where(part.is_signal, signal, 1 - signal)), weights=part.weight)
        assert loss == pytest.approx(losses[kind][best], rel=1e-12)
    model.save(tmp_path / "model.skops")
    again = type(model).load(tmp_path / "model.skops", {})
    np.testing.assert_array_equal(again.score(parts[1].X), model.score(parts[1].X))
    assert again.history() == {}


@pytest.mark.parametrize("name", ["random_forest", "gradient_boosting", "hist_gradient_boosting"])
def test_trees_are_described_as_scikit_learn_has_them(name, parts):
    model = trained(name, parts, max_depth=3)
    if name == "hist_gradient_boosting":
        trees = [tree for (tree,) in model.estimator._predictors]
        expected = (len(trees), max(t.get_max_depth() for t in trees), sum(t.get_n_leaf_nodes() for t in trees))
    else:
        trees = np.ravel(model.estimator.estimators_)
        expected = (len(trees), max(t.get_depth() for t in trees), sum(t.get_n_leaves() for t in trees))
    assert tuple(model.describe()[what] for what in ("trees", "deepest tree", "leaves")) == expected


def test_the_trees_of_adaboost_are_as_deep_as_is_asked(parts):
    assert trained("adaboost", parts, n_estimators=3).describe()["deepest tree"] == 1
    model = trained("adaboost", parts, n_estimators=3, estimator__max_depth=4)
    assert model.describe()["deepest tree"] == 4
    assert {tree.random_state is None for tree in model.estimator.estimators_} == {False}
    # what one model asks for is nothing to the next
    assert trained("adaboost", parts, n_estimators=3).describe()["deepest tree"] == 1


def test_what_takes_no_missing_values_gets_medians_and_indicators(make_dataset):
    data = make_dataset(300)
    data.X[::7, 1] = np.nan
    model = cross_fit("gradient_boosting", data, folds=2, n_estimators=4)
    assert model.fits[0].description["missing values"] == "median, and an indicator for 1 inputs"
    assert np.isfinite(model.score(data).raw).all()


def test_logistic_regression_is_the_likelihood_ratio_of_two_gaussians(parts, tmp_path):
    """Unit gaussians, one apart in the first input: log L = x - 1/2."""
    train, validation = parts
    model = trained("logistic", [train, validation], C=1e6)
    bare = LogisticRegression(C=1e6).fit(train.X.astype(np.float64), train.is_signal, train.weight)
    np.testing.assert_allclose(model.score(validation.X), bare.predict_proba(validation.X)[:, 1], rtol=1e-6)
    asked = np.array([[0.5, 0.0, 0.0], [3.0, 0.0, 0.0]], dtype=np.float32)
    assert model.score(asked)[0] == pytest.approx(0.5, abs=0.1)
    assert model.describe()["iterations"] > 1


class TestNegativeWeights:
    def test_logistic_regression_learns_what_their_sum_says(self):
        """Background is a gaussian at 0; a third of it more lies at 2 and is taken away again by events of weight -1."""
        random = np.random.default_rng(1)
        n = 20_000
        x = np.concatenate(
            [random.normal(1, 1, n), random.normal(0, 1, n), random.normal(2, 1, n // 3), random.normal(2, 1, n // 3)]
        )
        is_signal = np.arange(len(x)) < n
        weight = np.repeat([1.0, 1.0, 1.0, -1.0], [n, n, n // 3, n // 3])
        part = Part(x[:, np.newaxis].astype(np.float32), is_signal, weight)
        model = trained("logistic", [part, part])
        asked = np.linspace(-2, 3, 20, dtype=np.float32)
        expected = norm.pdf(asked, 1) / (norm.pdf(asked, 1) + norm.pdf(asked))
        np.testing.assert_allclose(model.score(asked[:, np.newaxis]), expected, atol=0.03)

    @pytest.mark.parametrize(
        "name", ["adaboost", "gradient_boosting", "lightgbm", "random_forest", "xgboost", "GaussianNB"]
    )
    def test_trees_refuse_them(self, name):
        """A leaf of a small or negative sum of weights has an arbitrary score."""
        spec = ModelSpec(name=name, use=name, inputs=("a",), parameters={}, negative_weights="keep")
        with pytest.raises(FivesigmaError, match=f"{name} cannot train with negative weights"):
            check_spec(spec)
