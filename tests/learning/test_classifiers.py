"""The contract that every adapter keeps."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.catalogue import available, make_classifier
from fivesigma.learning.classifiers import ModelSpec, Part
from fivesigma.learning.preparation import learn_preparation
from fivesigma.learning.skops_files import load_skops
from fivesigma.learning.spec_checks import check_spec

NAMES = [name for name in available() if name not in ("autoencoder", "column", "onnx")]  # which learn no classes
NOTHING_RANDOM = {"adaboost", "gradient_boosting", "hist_gradient_boosting", "lightgbm", "logistic", "xgboost"}


def asked(use, **parameters):
    return ModelSpec(name=use, use=use, inputs=("a", "b", "c"), parameters=parameters)


def prepared(name, parts):
    """Return the parts as cross-fitting prepares them."""
    untrained, train = make_classifier(name, {}), parts[0]
    prepare = learn_preparation(untrained.prepares_with, train.X, train.weight, impute=not untrained.takes_missing)
    return [Part(prepare(part.X), part.is_signal, part.weight) for part in parts]


@pytest.fixture(scope="module")
def parts(make_dataset):
    dataset = make_dataset(1500)
    classes = dataset.where(~dataset.data)
    train = np.arange(len(classes)) % 5 != 0
    return [Part(classes.X[m], classes.signal[m], np.ones(int(m.sum()))) for m in (train, ~train)]


def separation(score, is_signal):
    return np.mean(score[is_signal][:, None] > score[~is_signal][None, :])


@pytest.mark.parametrize("name", NAMES)
class TestEveryClassifier:
    def test_learns(self, name, small, parts):
        model = make_classifier(name, small[name])
        model.fit(*parts, seed=1)
        # two unit gaussians one apart: AUC of the likelihood ratio is Φ(1/√2) = 0.760
        assert 0.71 < separation(model.score(parts[1].X), parts[1].is_signal) < 0.80

    def test_is_the_same_again(self, name, small, parts):
        one, two = make_classifier(name, small[name]), make_classifier(name, small[name])
        for model in (one, two):
            model.fit(*parts, seed=1)
        np.testing.assert_array_equal(one.score(parts[1].X), two.score(parts[1].X))
        assert one.describe() == two.describe()

    def test_seeds_matter_or_nothing_is_random(self, name, small, parts):
        one, two = make_classifier(name, small[name]), make_classifier(name, small[name])
        one.fit(*parts, seed=1)
        two.fit(*parts, seed=2)
        same = np.array_equal(one.score(parts[1].X), two.score(parts[1].X))
        assert same == (name in NOTHING_RANDOM)

    def test_weights_matter(self, name, small, parts):
        train, validation = parts
        positive = train.X[:, 1] > 0
        weighted = Part(train.X, train.is_signal, np.where(positive == train.is_signal, 1.0, 0.01))
        model = make_classifier(name, small[name])
        model.fit(weighted, validation, seed=1)
        score = model.score(validation.X)
        assert separation(score, validation.X[:, 1] > 0) > 0.8  # the weights made the second input the one that counts

    def test_comes_back_from_disk(self, name, small, parts, tmp_path):
        model = make_classifier(name, small[name])
        model.fit(*parts, seed=1)
        path = tmp_path / f"model{model.suffix}"
        model.save(path)
        again = type(model).load(path, small[name])
        np.testing.assert_array_equal(again.score(parts[1].X), model.score(parts[1].X))
        assert {k: v for k, v in again.describe().items() if "epoch" not in k}.items() <= dict(model.describe()).items()

    def test_equal_models_make_equal_files(self, name, small, parts, tmp_path):
        for number in (1, 2):
            model = make_classifier(name, small[name])
            model.fit(*parts, seed=1)
            model.save(tmp_path / f"{number}{model.suffix}")
        one, two = sorted(tmp_path.iterdir())
        assert one.read_bytes() == two.read_bytes()

    def test_an_unknown_parameter_names_the_nearest(self, name, small):
        near = min(small[name])
        with pytest.raises(FivesigmaError, match=f"no parameter '{near}x'; did you mean .*{near}"):
            check_spec(asked(name, **{f"{near}x": 1}))


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("random_forest", {"n_estimators": -1}, "n_estimators"),
        ("hist_gradient_boosting", {"learning_rate": "fast"}, "learning_rate"),
        ("network", {"hidden": []}, "hidden is a list of widths"),
        ("network", {"hidden": [64, 0]}, "hidden is a list of widths"),
        ("network", {"dropout": 1.0}, "dropout"),
        ("network", {"epochs": 0}, "epochs"),
        ("netwrk", {}, "did you mean network"),
        ("adaboost", {"estimator__max_depth": "deep"}, "max_depth"),
        ("adaboost", {"estimator": "tree"}, "no parameter 'estimator'"),
        ("gradient_boosting", {"subsample": 2.0}, "subsample"),
        ("gradient_boosting", {"validation_fraction": 0.2}, "no parameter 'validation_fraction'"),
        ("logistic", {"C": -1.0}, "'C'"),
        ("logistic", {"solver": "liblinear", "l1_ratio": 0.5}, "liblinear"),
        ("lightgbm", {"learning_rate": "fast"}, "learning_rate must be a number above 0, not 'fast'"),
        ("lightgbm", {"num_leaves": 1}, "num_leaves must be a whole number from 2 on"),
        ("lightgbm", {"boosting_type": "dirt"}, "did you mean dart"),
        ("lightgbm", {"boosting_type": "rf"}, "set subsample below 1"),
        ("xgboost", {"learning_rate": "fast"}, "learning_rate cannot be 'fast'"),
        ("xgboost", {"max_depth": -1}, "max_depth cannot be -1: value -1"),
        ("xgboost", {"max_bin": 1}, "max_bin cannot be 1: max_bin >= 2"),
        ("xgboost", {"booster": "gblinear"}, "called logistic"),
        ("xgboost", {"n_estimators": 0}, "n_estimators must be a whole number"),
        ("xgboost", {"scale_pos_weight": 2}, "no parameter 'scale_pos_weight'"),
        ("estimator", {}, "follows scikit-learn's conventions"),
        ("random_forest", {"random_state": 3}, "no parameter 'random_state'"),
    ],
)
def test_parameters_are_checked_before_any_training(name, parameters, says):
    with pytest.raises(FivesigmaError, match=says):
        check_spec(asked(name, **parameters))


def test_a_network_that_diverges_says_so(parts):
    model = make_classifier("network", {"learning_rate": 1e30, "epochs": 5})
    with pytest.raises(FivesigmaError, match="smaller learning_rate"):
        model.fit(*parts, seed=1)


def test_the_kept_checkpoint_is_the_best_on_validation(parts):
    model = make_classifier("network", {"hidden": [64], "epochs": 30, "learning_rate": 0.05})
    model.fit(*parts, seed=1)
    losses = model.history()["validation"]
    assert model.describe()["best epoch"] == int(np.argmin(losses)) + 1
    logit = model.score(parts[1].X)
    loss = np.mean(np.logaddexp(0, np.where(parts[1].is_signal, -logit, logit)))
    assert loss == pytest.approx(min(losses), rel=1e-5)


def test_a_skops_file_of_other_types_is_refused(tmp_path):
    import skops.io
    from sklearn.pipeline import FunctionTransformer

    path = tmp_path / "model.skops"
    skops.io.dump(FunctionTransformer(print), path)
    with pytest.raises(DataError, match=r"refused|readable"):
        load_skops(path)


def test_a_tree_that_points_outside_itself_is_refused(parts, small, tmp_path):
    """scikit-learn would follow the pointer without asking."""
    model = make_classifier("hist_gradient_boosting", small["hist_gradient_boosting"])
    model.fit(*parts, seed=1)
    nodes = model.estimator._predictors[0][0].nodes
    nodes["left"][nodes["is_leaf"] == 0] = 10_000
    model.save(tmp_path / "bad.skops")
    with pytest.raises(DataError, match="points outside the tree"):
        load_skops(tmp_path / "bad.skops")


def test_without_pytorch_a_network_says_what_to_install():
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from fivesigma.learning.catalogue import make_classifier\n"
        "make_classifier('random_forest', {})\n"
        "try: make_classifier('network', {})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout.strip()
        == "MissingExtraError PyTorch is not installed; it comes with: pip install 'fivesigma[torch]'"
    )
