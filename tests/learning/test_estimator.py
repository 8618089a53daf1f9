"""Our classifiers in scikit-learn's hands: its own checks, and what people do with a classifier."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import fivesigma
from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.estimator import FivesigmaClassifier

SMALL = [
    FivesigmaClassifier(max_iter=20, min_samples_leaf=2),
    FivesigmaClassifier("lightgbm", n_estimators=20, min_child_samples=2),
    FivesigmaClassifier("network", hidden=[8], epochs=20, learning_rate=0.02, batch_size=16),
]
EXPECTED_TO_FAIL = {
    "check_no_attributes_set_in_init": "the parameters of a classifier are keywords, and which there are its name decides",
    "check_sample_weight_equivalence_on_dense_data": "an event given twice may be held out once, and one of weight 2 may not",
}


@parametrize_with_checks(SMALL, expected_failed_checks=lambda _: EXPECTED_TO_FAIL)
def test_scikit_learn_takes_them_for_its_own(estimator, check, request):
    if "check_array_api_input" in request.node.name:
        pytest.skip("scikit-learn makes this check only where SCIPY_ARRAY_API is set")
    check(estimator)


@pytest.fixture(scope="module")
def events():
    random = np.random.default_rng(5)
    y = np.repeat(["ttbar", "zprime"], 600)
    X = random.normal(size=(1200, 3))
    X[y == "zprime", 0] += 1.0
    return X, y, random.exponential(size=1200)


def separation(score, y):
    return np.mean(score[y == "zprime"][:, None] > score[y == "ttbar"][None, :])


@pytest.mark.parametrize(
    ("use", "parameters"),
    [("xgboost", {"n_estimators": 40}), ("GaussianNB", {}), ("random_forest", {"n_estimators": 30, "max_depth": 4})],
)
def test_any_classifier_may_be_used(events, use, parameters):
    X, y, weight = events
    model = FivesigmaClassifier(use, random_state=1, **parameters).fit(X, y, weight)
    np.testing.assert_array_equal(model.classes_, ["ttbar", "zprime"])
    assert 0.7 < separation(model.decision_function(X), y) < 0.9
    # of events with a probability of signal around p, a fraction of p is signal
    p = model.predict_proba(X)[:, 1]
    for low, high in ((0.0, 0.4), (0.4, 0.6), (0.6, 1.0)):
        here = (p >= low) & (p < high)
        assert np.average(y[here] == "zprime", weights=weight[here]) == pytest.approx(
            np.average(p[here], weights=weight[here]), abs=0.12
        )


def test_the_autoencoder_learns_background_and_tells_both(events):
    X, y, _ = events
    far = np.where((y == "zprime")[:, None], X * 4, X)
    model = FivesigmaClassifier("autoencoder", hidden=[4, 1], epochs=5, random_state=1).fit(far, y)
    assert separation(model.decision_function(far), y) > 0.7


def test_weights_decide(events):
    X, y, _ = events
    weight = np.where((X[:, 1] > 0) == (y == "zprime"), 1.9, 0.1)
    score = FivesigmaClassifier("logistic").fit(X, y, weight).decision_function(X)
    assert np.mean(score[X[:, 1] > 0][:, None] > score[X[:, 1] <= 0][None, :]) > 0.8


def test_it_is_searched_over_in_a_pipeline_and_keeps_its_seed(events):
    X, y, _ = events
    pipeline = make_pipeline(StandardScaler(), FivesigmaClassifier("lightgbm", n_estimators=10, random_state=3))
    search = GridSearchCV(pipeline, {"fivesigmaclassifier__max_depth": [1, 3]}, cv=2, scoring="roc_auc").fit(X, y)
    assert search.best_params_["fivesigmaclassifier__max_depth"] in (1, 3)
    one, two = (clone(search.best_estimator_).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_what_is_missing_is_made_something_of(events):
    X, y, _ = events
    missing = X.copy()
    missing[::3, 1] = np.nan
    for use in ("logistic", "hist_gradient_boosting"):
        model = FivesigmaClassifier(use, random_state=1).fit(missing, y)
        assert ("impute" in model.preparation_.names) == (use == "logistic")
        assert separation(model.decision_function(missing), y) > 0.7


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"use": "lightgmb"}, "did you mean lightgbm"),
        ({"max_iters": 3}, "did you mean max_iter"),
        ({"prepare": ["standrad"]}, "did you mean standard"),
        ({"use": "column"}, "learns nothing"),
    ],
)
def test_mistakes_are_told_when_it_is_fitted(events, parameters, says):
    X, y, _ = events
    model = FivesigmaClassifier(**parameters)
    with pytest.raises(FivesigmaError, match=says):
        model.fit(X, y)


def test_the_library_has_it_by_name():
    assert fivesigma.FivesigmaClassifier is FivesigmaClassifier
