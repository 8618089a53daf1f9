"""XGBoost and LightGBM: they stop on the validation part, keep its best trees, and read no file that leads astray."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import Part

NAMES = ("xgboost", "lightgbm")
both = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def parts(make_dataset):
    dataset = make_dataset(1000)
    classes = dataset.where(~dataset.data)
    train = np.arange(len(classes)) % 5 != 0
    weight = np.random.default_rng(2).exponential(size=len(classes))
    return [Part(classes.X[m], classes.signal[m], weight[m]) for m in (train, ~train)]


def trained(name, parts, seed=1, **parameters):
    model = make_classifier(name, {"n_estimators": 15} | parameters)
    model.fit(*parts, seed=seed)
    return model


def loss_of(probability, part):
    return -np.average(np.log(np.where(part.is_signal, probability, 1 - probability)), weights=part.weight)


@both
def test_the_trees_kept_are_those_of_the_lowest_weighted_validation_loss(name, parts):
    model = trained(name, parts, n_estimators=200, learning_rate=0.5, early_stopping_rounds=4)
    losses = model.history()
    best = int(np.argmin(losses["validation"]))
    assert len(losses["validation"]) == best + 1 + 4
    assert model.describe()["trees"] == best + 1
    assert loss_of(model.score(parts[1].X), parts[1]) == pytest.approx(losses["validation"][best], rel=1e-5)


@both
def test_the_training_loss_is_that_of_every_tenth_tree(name, parts):
    model = trained(name, parts, n_estimators=11, early_stopping_rounds=50, learning_rate=0.02)
    losses = model.history()["training"]
    assert len(losses) == model.describe()["trees"] == 11
    assert losses[-1] == pytest.approx(loss_of(model.score(parts[0].X), parts[0]), rel=1e-5)
    assert losses[:10] == [losses[0]] * 10


@both
def test_numbers_of_numpy_are_numbers(name, parts):
    asked = {"n_estimators": np.int64(4), "learning_rate": np.float32(0.25), "max_depth": np.int32(2)}
    plain = trained(name, parts, n_estimators=4, learning_rate=0.25, max_depth=2)
    np.testing.assert_array_equal(trained(name, parts, **asked).score(parts[1].X), plain.score(parts[1].X))


@both
def test_the_seed_draws_what_is_drawn(name, parts):
    drawn = {"subsample": 0.5} | ({"subsample_freq": 1} if name == "lightgbm" else {})
    one, same, other = (trained(name, parts, seed=seed, **drawn).score(parts[1].X) for seed in (1, 1, 2**31 - 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@both
def test_trees_are_described_as_they_are(name, parts, tmp_path):
    model = trained(name, parts, max_depth=3, early_stopping_rounds=50)
    described = model.describe()
    assert described["trees"] == int(np.argmin(model.history()["validation"])) + 1
    assert described["deepest tree"] == 3
    if name == "xgboost":
        text = "".join(model._booster.get_dump())
        assert described["leaves"] == text.count("leaf=")
    else:
        trees = model._booster.dump_model()["tree_info"]
        assert described["leaves"] == sum(tree["num_leaves"] for tree in trees)


@both
def test_missing_values_are_made_something_of(name, parts):
    """A value that is missing for signal alone tells it from background."""
    X = [part.X.copy() for part in parts]
    for inputs, part in zip(X, parts, strict=True):
        inputs[part.is_signal, 2] = np.nan
    model = trained(name, [Part(x, part.is_signal, part.weight) for x, part in zip(X, parts, strict=True)])
    asked = np.zeros((2, 3), dtype=np.float32)
    asked[1, 2] = np.nan
    low, high = model.score(asked)
    assert low < 0.3
    assert high > 0.7
    assert model.describe()["missing values"] == "each split sends them to the better side"


@both
def test_a_model_without_a_single_split_is_one_too(name, parts, tmp_path):
    blind = [Part(np.ones_like(part.X), part.is_signal, part.weight) for part in parts]
    model = trained(name, blind)
    assert model.describe()["deepest tree"] == 0
    model.save(tmp_path / f"model{model.suffix}")
    again = type(model).load(tmp_path / f"model{model.suffix}", {})
    np.testing.assert_array_equal(again.score(blind[1].X), model.score(blind[1].X))
    assert np.ptp(model.score(blind[1].X)) == 0


@both
def test_trees_that_drop_others_are_all_kept(name, parts):
    parameter = {"xgboost": "booster", "lightgbm": "boosting_type"}[name]
    model = trained(name, parts, n_estimators=12, early_stopping_rounds=1, learning_rate=1.0, **{parameter: "dart"})
    assert model.describe()["trees"] == 12
    loss = loss_of(model.score(parts[1].X), parts[1])
    assert loss == pytest.approx(model.history()["validation"][-1], rel=1e-4)


def test_constraints_are_written_as_lists(parts):
    model = trained("xgboost", parts, monotone_constraints=[-1, 0, 0], interaction_constraints=[[0, 1], [2]])
    asked = np.zeros((50, 3), dtype=np.float32)
    asked[:, 0] = np.linspace(-3, 3, 50)
    assert np.all(np.diff(model.score(asked)) <= 0)  # the wrong way round, as it was asked
    with pytest.raises(FivesigmaError, match="monotone_constraints names 5 inputs, and there are 3"):
        trained("xgboost", parts, monotone_constraints=[1, 0, 0, 0, 0])
    with pytest.raises(FivesigmaError, match="interaction_constraints names input 5; there are 3, counted from 0"):
        trained("xgboost", parts, interaction_constraints=[[0, 1], [5]])


@pytest.mark.parametrize("value", [{"a": 1}, [5, 0, 0], "(1, 0, 0)", [0.5, 0, 0], [True, 0, 0], 1])
def test_ways_that_are_none_are_refused_before_training(value):
    with pytest.raises(ValueError, match="monotone_constraints is a list with -1, 0 or 1 for each input in turn, not"):
        make_classifier("xgboost", {"monotone_constraints": value})


@pytest.mark.parametrize("value", [{"a": [0]}, [0, 1], [[-1]], [["a"]], "[[0]]", [[0.5]], 1])
def test_groups_of_inputs_that_are_none_are_refused_before_training(value):
    with pytest.raises(ValueError, match="interaction_constraints is a list of lists of inputs by their places"):
        make_classifier("xgboost", {"interaction_constraints": value})


@both
def test_the_library_says_nothing(name, parts, capfd):
    trained(name, parts, max_depth=2)
    assert capfd.readouterr() == ("", "")


def altered(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


def xgboost_tree(change):
    def alter(text):
        model = json.loads(text)
        change(model["learner"]["gradient_booster"]["model"])
        return json.dumps(model)

    return alter


def lightgbm_line(name, value):
    def alter(text):
        lines = text.split("\n")
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{name}="))
        numbers = lines[place].removeprefix(f"{name}=").split()
        lines[place] = f"{name}=" + " ".join([str(value), *numbers[1:]])
        return "\n".join(lines)

    return alter


@pytest.mark.parametrize(
    ("name", "alter", "says"),
    [
        ("xgboost", lambda text: text[: len(text) // 2], "not a readable model"),
        ("xgboost", lambda _: "[]", "not a readable model"),
        ("xgboost", xgboost_tree(lambda m: m["trees"][0]["left_children"].__setitem__(0, 10**6)), "points outside"),
        ("xgboost", xgboost_tree(lambda m: m["trees"][0]["right_children"].__setitem__(0, 0)), "points outside"),
        ("xgboost", xgboost_tree(lambda m: m["trees"][0]["split_indices"].__setitem__(0, 99)), "points outside"),
        ("xgboost", xgboost_tree(lambda m: m["trees"][0]["split_conditions"].pop()), "not of one number"),
        ("xgboost", xgboost_tree(lambda m: m["trees"][0]["split_type"].__setitem__(0, 1)), "split by categories"),
        ("xgboost", xgboost_tree(lambda m: m["iteration_indptr"].append(10**6)), "rounds of boosting"),
        ("xgboost", xgboost_tree(lambda m: m["tree_info"].__setitem__(0, 7)), "more than two classes"),
        ("lightgbm", lambda text: text[:200], "not a readable model"),
        ("lightgbm", lightgbm_line("left_child", 10**6), "points outside"),
        ("lightgbm", lightgbm_line("right_child", -(10**6)), "points outside"),
        ("lightgbm", lightgbm_line("left_child", 0), "points outside"),
        ("lightgbm", lightgbm_line("split_feature", 99), "points outside"),
        ("lightgbm", lightgbm_line("decision_type", 1), "splits by categories"),
        ("lightgbm", lightgbm_line("num_leaves", 3), "not of one number"),
    ],
)
def test_a_damaged_file_is_refused(name, alter, says, parts, tmp_path):
    model = trained(name, parts, n_estimators=3)
    path = tmp_path / f"model{model.suffix}"
    model.save(path)
    path.write_text(alter(path.read_text()))
    with pytest.raises(DataError, match=says):
        classifier(name).load(path, {})


def test_without_the_libraries_they_say_what_to_install():
    code = (
        "import sys\n"
        "from fivesigma.core.errors import MissingExtraError\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('xgboost', 'lightgbm'): raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from fivesigma.learning.catalogue import make_classifier\n"
        "for name in ('xgboost', 'lightgbm'):\n"
        "    try: make_classifier(name, {})\n"
        "    except MissingExtraError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        f"{library} is not installed; it comes with: pip install 'fivesigma[boosting]'"
        for library in ("XGBoost", "LightGBM")
    ]
