"""Every classifier of scikit-learn by its class name, or as an object."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.adapters.scikit_names import REFUSED, class_names
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import ModelSpec, Part
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.preparation import learn_preparation
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.storage import load_model, save_model

OFFERED = sorted(set(class_names()) - REFUSED.keys())
SMALL = {
    "DecisionTreeClassifier": {"max_depth": 4},
    "ExtraTreeClassifier": {"max_depth": 4},
    "AdaBoostClassifier": {"n_estimators": 8},
    "ExtraTreesClassifier": {"n_estimators": 8, "max_depth": 5},
    "GaussianProcessClassifier": {"max_iter_predict": 5},
    "GradientBoostingClassifier": {"n_estimators": 10},
    "HistGradientBoostingClassifier": {"max_iter": 10},
    "MLPClassifier": {"hidden_layer_sizes": [8], "max_iter": 20, "learning_rate_init": 0.03},
    "RandomForestClassifier": {"n_estimators": 8, "max_depth": 5},
}


def asked(use, **parameters):
    return ModelSpec(name=use, use=use, inputs=("a", "b", "c"), parameters=parameters)


@pytest.fixture(scope="module")
def parts(make_dataset):
    dataset = make_dataset(200)
    classes = dataset.where(~dataset.data)
    train = np.arange(len(classes)) % 2 == 0
    weight = np.random.default_rng(3).uniform(0.5, 1.5, len(classes))
    return [Part(classes.X[m], classes.signal[m], weight[m] / weight[m].mean()) for m in (train, ~train)]


def separation(score, is_signal):
    above = score[is_signal][:, None] - score[~is_signal][None, :]
    return np.mean((np.sign(above) + 1) / 2)


def trained(use, parts, parameters=None, seed=1):
    model = make_classifier(use, SMALL.get(use, {}) if parameters is None else parameters)
    prepare = learn_preparation(model.prepares_with, parts[0].X, parts[0].weight, impute=not model.takes_missing)
    train, validation = (Part(prepare(part.X), part.is_signal, part.weight) for part in parts)
    model.fit(train, validation, seed=seed)
    return model, validation


@pytest.mark.parametrize("name", OFFERED)
def test_every_class_learns_and_comes_back_from_disk_the_same(name, parts, tmp_path):
    check_spec(asked(name, **SMALL.get(name, {})))
    (one, seen), (two, _) = trained(name, parts), trained(name, parts)
    score = one.score(seen.X)
    assert score.shape == (len(seen.X),)
    assert score.dtype == np.float64
    # the likelihood ratio's AUC is 0.76; of 400 events none of these is far from it
    assert separation(score, seen.is_signal) > 0.6
    for number, model in enumerate((one, two)):
        model.save(tmp_path / f"{number}.skops")
    assert (tmp_path / "0.skops").read_bytes() == (tmp_path / "1.skops").read_bytes()
    again = type(one).load(tmp_path / "0.skops", {})
    np.testing.assert_array_equal(again.score(seen.X), score)
    assert again.describe().items() <= one.describe().items()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_class_of_no_use_is_refused_with_the_reason(name):
    assert name in class_names()
    with pytest.raises(FivesigmaError, match=f"{name} is not offered: ."):
        check_spec(asked(name))


def test_how_events_left_out_one_by_one_are_judged_is_no_parameter():
    with pytest.raises(FivesigmaError, match="RidgeClassifierCV has no parameter 'scoring'"):
        check_spec(asked("RidgeClassifierCV", scoring="roc_auc"))
    check_spec(asked("RidgeClassifierCV", alphas=[0.1, 1.0]))
    check_spec(asked("LogisticRegressionCV", scoring="roc_auc"))


def test_a_class_that_has_an_adapter_of_its_own_is_that_one():
    assert classifier("HistGradientBoostingClassifier") is classifier("hist_gradient_boosting")
    assert classifier("LogisticRegression") is classifier("logistic")


def test_an_adapter_comes_back_from_a_worker():
    """It is made as it is asked for, and processes find classes by the names of their modules and their own."""
    adapter = classifier("BernoulliNB")
    assert getattr(import_module(adapter.__module__), adapter.__qualname__) is adapter


def test_an_unknown_class_or_parameter_names_the_nearest():
    with pytest.raises(FivesigmaError, match="did you mean ExtraTreesClassifier"):
        check_spec(asked("ExtraTreesClasifier"))
    with pytest.raises(FivesigmaError, match="did you mean var_smoothing"):
        check_spec(asked("GaussianNB", var_smooth=1e-9))
    with pytest.raises(FivesigmaError, match="'kernel' parameter of SVC"):
        check_spec(asked("SVC", kernel="rfb"))


def test_a_name_of_ours_does_not_wait_for_all_of_scikit_learn():
    code = (
        "import sys\n"
        "from fivesigma.learning.catalogue import make_classifier\n"
        "make_classifier('hist_gradient_boosting', {})\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "sklearn.ensemble" in loaded
    assert not {"sklearn.gaussian_process", "skops", "xgboost", "lightgbm", "torch"} & {*loaded}


def test_what_takes_no_weights_learns_from_events_drawn_by_them(parts):
    """k neighbours of signal with all its weight at positive values of the second input learn that input."""
    train, validation = parts
    weight = np.where((train.X[:, 1] > 0) == train.is_signal, 1.9, 0.1)
    model, _ = trained(
        "KNeighborsClassifier", (Part(train.X, train.is_signal, weight), validation), {"n_neighbors": 25}
    )
    assert separation(model.score(validation.X), validation.X[:, 1] > 0) > 0.8
    assert model.describe()["training weights"] == "it takes none: events are drawn in proportion to them"


def test_each_event_is_drawn_as_often_as_its_weight_says_to_less_than_one():
    from fivesigma.learning.adapters.scikit import _drawn

    weight = np.random.default_rng(1).exponential(size=1000)
    weight /= weight.mean()
    often = np.mean([np.bincount(_drawn(weight, seed), minlength=1000) for seed in range(400)], axis=0)
    once = np.bincount(_drawn(weight, 7), minlength=1000)
    assert once.sum() == 1000
    assert np.all(np.abs(once - weight) < 1)
    # each event's number is one of two that stand beside its weight: a deviation of at most 1/2
    np.testing.assert_allclose(often, weight, atol=5 * 0.5 / np.sqrt(400))
    np.testing.assert_array_equal(_drawn(np.ones(50), 3), np.arange(50))


def test_training_that_does_not_converge_is_told_and_not_a_warning(parts):
    model, _ = trained("MLPClassifier", parts, {"max_iter": 2, "hidden_layer_sizes": [4]})
    assert model.describe()["converged"].startswith("no: Stochastic Optimizer: Maximum iterations (2)")
    assert model.describe()["layers"] == "3 → 4 → 1"
    assert len(model.history()["training"]) == 2


def test_what_scikit_learn_refuses_when_it_trains_is_an_error_of_ours(make_dataset):
    with pytest.raises(FivesigmaError, match="model 'NuSVC', fold 0: NuSVC: specified nu is infeasible"):
        cross_fit("NuSVC", make_dataset(150), folds=2, nu=1.0, balance="yields")


def test_what_cannot_score_names_model_and_fold(make_dataset):
    with pytest.raises(
        DataError, match="model 'near', fold 0: KNeighborsClassifier cannot score: Expected n_neighbors"
    ):
        cross_fit("KNeighborsClassifier", make_dataset(150), folds=2, n_neighbors=5000, name="near")
    told = r"model 'bayes', fold 0: GaussianNB has no score for \d+ of \d+ events"
    with pytest.warns(RuntimeWarning, match="divide by zero"), pytest.raises(DataError, match=told):
        cross_fit("GaussianNB", make_dataset(150), folds=2, priors=[1, 0], name="bayes")


def test_new_events_that_cannot_be_scored_name_model_and_fold(make_dataset):
    dataset = make_dataset(150)
    model = cross_fit("NearestCentroid", dataset, folds=2, prepare=[])
    lost = replace(dataset, X=np.where(np.arange(len(dataset))[:, None] == 3, np.inf, dataset.X))
    fold = model.score(dataset).fold[3]
    with pytest.raises(DataError, match=f"model 'NearestCentroid', which takes a, b, c, fold {fold}: .* cannot score"):
        model.score(lost)
    with pytest.raises(DataError, match=f"fold {1 - fold}: NearestCentroid cannot score"):
        model.training_scores(lost)


def test_training_that_diverges_is_refused_even_where_scores_are_numbers(make_dataset):
    wild = {"solver": "sgd", "learning_rate_init": 1e100, "max_iter": 3, "alpha": 1}
    told = r"model 'm', fold 0: training diverges: the training loss is inf at step \d of 3"
    with pytest.warns(RuntimeWarning, match="overflow"), pytest.raises(FivesigmaError, match=told):
        cross_fit("MLPClassifier", make_dataset(150), folds=2, name="m", **wild)


def test_whether_missing_values_are_taken_depends_on_parameters():
    assert make_classifier("random_forest", {}).takes_missing
    assert not make_classifier("random_forest", {"monotonic_cst": [1, 0, 0]}).takes_missing
    assert not make_classifier("DecisionTreeClassifier", {"criterion": "gini", "monotonic_cst": [1, 0]}).takes_missing


class OfMyOwn(ClassifierMixin, BaseEstimator):
    """A cut on the first input; follows scikit-learn's conventions and takes no weights."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.threads_ = None
        return self

    def decision_function(self, X):
        return X[:, 0]

    def predict(self, X):
        return (self.decision_function(X) > 0).astype(int)


class TestObjects:
    def test_each_fold_trains_a_clone_and_it_is_stored(self, make_dataset, tmp_path):
        data, svc = make_dataset(300), SVC(C=0.5, random_state=3)
        model = cross_fit(make_pipeline(StandardScaler(), svc), data, folds=2)
        scores = model.score(data)
        assert model.name == "Pipeline"
        assert not hasattr(svc, "support_")
        assert svc.random_state == 3
        classes = ~data.data
        assert separation(scores.value[classes], data.signal[classes]) > 0.7
        save_model(model, tmp_path)
        np.testing.assert_array_equal(load_model(tmp_path).score(data).raw, scores.raw)
        assert "SVC(C=0.5" in json.loads((tmp_path / "model.json").read_text())["parameters"]["estimator"]

    @pytest.mark.parametrize(
        "estimator",
        [
            make_pipeline(StandardScaler(), LogisticRegression()),
            XGBClassifier(n_estimators=10),
            VotingClassifier([("nb", GaussianNB())], voting="soft"),
        ],
        ids=["pipeline", "xgboost", "voting"],
    )
    def test_training_weights_reach_them(self, parts, estimator):
        train, validation = parts
        weight = np.where((train.X[:, 1] > 0) == train.is_signal, 1.9, 0.1)
        weighted = (Part(train.X, train.is_signal, weight), validation)
        model, _ = trained("estimator", weighted, {"estimator": estimator})
        assert separation(model.score(validation.X), validation.X[:, 1] > 0) > 0.8

    def test_missing_values_reach_those_that_take_them(self, make_dataset):
        data = make_dataset(300)
        data.X[::7, 1] = np.nan
        described = [
            cross_fit(estimator, data, folds=2).fits[0].description["missing values"]
            for estimator in (HistGradientBoostingClassifier(max_iter=5), GaussianNB())
        ]
        assert described == ["left to it", "median, and an indicator for 1 inputs"]

    def test_seed_and_threads_are_those_of_cross_fitting(self, parts):
        model, _ = trained(
            "estimator", parts, {"estimator": make_pipeline(DecisionTreeClassifier(random_state=5))}, seed=11
        )
        assert model.estimator.get_params()["decisiontreeclassifier__random_state"] == 11
        boosted, _ = trained("estimator", parts, {"estimator": XGBClassifier(n_estimators=2, n_jobs=7)})
        assert boosted.estimator.n_jobs == 1

    def test_one_that_could_not_be_loaded_is_told_when_it_is_stored(self, parts, tmp_path):
        model, validation = trained("estimator", parts, {"estimator": OfMyOwn()})
        np.testing.assert_array_equal(model.score(validation.X), validation.X[:, 0].astype(np.float64))
        with pytest.raises(FivesigmaError, match=r"OfMyOwn cannot be stored: it holds .*test_scikit\.OfMyOwn"):
            model.save(tmp_path / "mine.skops")
        boosted, _ = trained("estimator", parts, {"estimator": XGBClassifier(n_estimators=2)})
        with pytest.raises(FivesigmaError, match="asked for by the name 'xgboost' it can be"):
            boosted.save(tmp_path / "boosted.skops")

    @pytest.mark.parametrize("wrong", [StandardScaler(), DecisionTreeClassifier, 3])
    def test_what_is_no_classifier_is_refused(self, make_dataset, wrong):
        with pytest.raises(FivesigmaError, match="follows scikit-learn's conventions is needed"):
            cross_fit(wrong, make_dataset(50))


def damage_neighbours(model):
    state = list(model.estimator._tree.__getstate__())
    state[1] = state[1].copy()
    state[1][3] = 10**9
    model.estimator._tree.__setstate__(tuple(state))


def damage_levels(model):
    state = list(model.estimator._tree.__getstate__())
    state[2] = state[2].copy()
    state[2]["is_leaf"] = 0
    model.estimator._tree.__setstate__(tuple(state))


def damage_trees(model):
    tree = model.estimator.estimators_[2].tree_
    tree.children_left[np.flatnonzero(tree.children_left != -1)[0]] = 10**6


def damage_inputs(model):
    tree = model.estimator.estimators_[1, 0].tree_
    tree.feature[np.flatnonzero(tree.children_left != -1)[0]] = 4000


def damage_into_a_loop(model):
    tree = model.estimator.estimators_[0].tree_
    tree.children_left[0] = 0


def damage_categories(model):
    nodes = model.estimator._predictors[0][0].nodes
    nodes["is_categorical"][nodes["is_leaf"] == 0] = 1


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("KNeighborsClassifier", damage_neighbours),
        ("KNeighborsClassifier", damage_levels),
        ("BaggingClassifier", damage_trees),
        ("AdaBoostClassifier", damage_into_a_loop),
        ("GradientBoostingClassifier", damage_inputs),
        ("HistGradientBoostingClassifier", damage_categories),
    ],
)
def test_what_points_outside_itself_is_refused(name, damage, parts, tmp_path):
    """scikit-learn would follow the pointer without asking."""
    model, _ = trained(name, parts)
    damage(model)
    model.save(tmp_path / "bad.skops")
    with pytest.raises(DataError, match="damaged: "):
        type(model).load(tmp_path / "bad.skops", {})


def test_a_file_of_another_classifier_is_refused(parts, tmp_path):
    trained("GaussianNB", parts)[0].save(tmp_path / "model.skops")
    with pytest.raises(DataError, match="holds GaussianNB, expected SVC"):
        classifier("SVC").load(tmp_path / "model.skops", {})
