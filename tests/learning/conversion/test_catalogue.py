"""Every classifier as ONNX gives the scores that it gives itself, on events at the thresholds of its trees too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.learning.catalogue import available
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.fold_graph import fold_graph
from fivesigma.learning.conversion.parity import parity
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fitted_model import model_inputs

BY_CLASS = {
    "BaggingClassifier": {"n_estimators": 3, "max_features": 2, "max_samples": 0.3},
    "BernoulliNB": {},
    "CalibratedClassifierCV": {},
    "ComplementNB": {},
    "DecisionTreeClassifier": {"max_depth": 5},
    "ExtraTreeClassifier": {"max_depth": 5},
    "ExtraTreesClassifier": {"n_estimators": 3, "max_depth": 5},
    "GaussianNB": {},
    "KNeighborsClassifier": {},
    "LinearDiscriminantAnalysis": {},
    "LinearSVC": {},
    "MLPClassifier": {"hidden_layer_sizes": (5, 4), "activation": "tanh", "max_iter": 5},
    "MultinomialNB": {},
    "NuSVC": {"kernel": "sigmoid"},
    "Perceptron": {},
    "QuadraticDiscriminantAnalysis": {},
    "RidgeClassifier": {},
    "SGDClassifier": {},
    "SVC": {},
}
OTHER_BOOSTING = {
    "lightgbm": {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1, "n_estimators": 5},
    "xgboost": {"booster": "dart", "n_estimators": 5},
}


@pytest.fixture(scope="module")
def lacking(make_dataset):
    """Events of which some lack an input, and others have whole numbers and zeros in one."""
    dataset = make_dataset(400)
    X = dataset.X.copy()
    X[::5, 1] = np.nan
    X[:, 2] = np.rint(X[:, 2])
    return replace(dataset, X=X)


def require_parity(model, dataset):
    """Return how far the graphs of all folds are from the model, having required that it is within the tolerances."""
    inputs = {point: model_inputs(model.spec, dataset, point) for point in model.points}
    for fold in range(model.folds):
        found = parity(fold_graph(model, fold).SerializeToString(), model, fold, inputs)
        assert found.holds, found
        assert found.raw > 0 or model.spec.use in ("column", "onnx", "DecisionTreeClassifier", "ExtraTreeClassifier")
    return found


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(use, marks=[pytest.mark.slow] if use == "keras" else [])  # TensorFlow takes seconds to be imported
        for use in available()
        if use not in ("column", "onnx")
    ],
)
def test_every_name(lacking, small, use):
    model = cross_fit(use, lacking, folds=2, **small.get(use, {}))
    found = require_parity(model, lacking)
    has_trees = "trees" in model.fits[0].description
    assert (found.events > len(lacking)) == (has_trees and not model.fits[0].preparation.steps)


@pytest.mark.parametrize(("use", "parameters"), BY_CLASS.items())
def test_classes_of_scikit_learn(lacking, use, parameters):
    require_parity(cross_fit(use, lacking, folds=2, **parameters), lacking)


@pytest.mark.parametrize("kernel", ["linear", "poly"])
def test_kernels(dataset, kernel):
    some = dataset.where(np.arange(len(dataset)) % 10 == 0)
    require_parity(cross_fit("SVC", some, folds=2, kernel=kernel), some)


@pytest.mark.parametrize(("use", "parameters"), OTHER_BOOSTING.items())
def test_other_ways_to_boost(lacking, use, parameters):
    require_parity(cross_fit(use, lacking, folds=2, **parameters), lacking)


def test_what_nobody_converts_is_named(dataset):
    some = dataset.where(np.arange(len(dataset)) % 10 == 0)
    with pytest.raises(NotConvertibleError, match="skl2onnx has no NearestCentroid: "):
        fold_graph(cross_fit("NearestCentroid", some, folds=2), 0)
