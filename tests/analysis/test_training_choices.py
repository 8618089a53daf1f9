"""What the configuration says of training beyond the classifier: another selection, grid parameters, seeds, balance."""

from __future__ import annotations

import json

import numpy as np
import onnx
import polars as pl
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file

from fivesigma.analysis.configuration import load_configuration, load_resolved
from fivesigma.analysis.run import run_analysis
from fivesigma.cli.show import show
from fivesigma.core.errors import ConfigurationError

PLACES = (0, 3)
COUNT = 600
EDGES = [0, 0.5, 0.8, 0.9, 1]
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "choices", "luminosity": 10.0, "energy": 13.0, "seed": 3},
    "samples": {
        "bump": {"kind": "signal", "files": "bump_{place}.parquet", "weight": "0.01"},
        "flat": {"kind": "background", "files": "flat.parquet", "weight": "0.1"},
    },
    "events": {"id": ["number"], "select": {"tight": "y > 0"}},
    "features": {"inputs": {"x": "x"}, "observables": {"y": "y"}},
    "models": {
        "aware": {"use": "hist_gradient_boosting", "parametrised": ["place"], "max_iter": 30},
        "blunt": {"use": "hist_gradient_boosting", "max_iter": 30},
    },
    "training": {"folds": 2},
    "judgement": {"signal": ["bump_0"], "floor": 5},
    "regions": {"all": {"kind": "signal"}},
    "inference": {
        "plane": {"type": "limit_plane", "grid": "bump", "observable": "aware", "bins": EDGES},
        "blunt_plane": {"type": "limit_plane", "grid": "bump", "observable": "blunt", "bins": EDGES},
        "fit": {"type": "template_fit", "observable": "aware", "bins": EDGES, "signal": ["bump_3"]},
        "count": {"type": "counting", "region": "all", "model": "aware", "signal": ["bump_3"]},
    },
}


def table(path, x, seed):
    generator = np.random.default_rng(seed)
    columns = {"x": x, "y": generator.normal(size=len(x)), "number": seed * 10_000 + np.arange(len(x))}
    pl.DataFrame(columns).write_parquet(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made, generator = tmp_path_factory.mktemp("choices"), np.random.default_rng(5)
    for place in PLACES:
        table(made / f"bump_{place}.parquet", generator.normal(place, 0.5, COUNT), place + 1)
    table(made / "flat.parquet", generator.uniform(-4, 7, 2 * COUNT), 9)
    return made


def written(folder, name, **changes):
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({**CONFIGURATION, **changes}))
    return path


@pytest.fixture(scope="module")
def run(folder):
    directory = run_analysis(written(folder, "grid"), folder / "grid").directory
    return directory, json.loads((directory / "results.json").read_text())


class TestParametrised:
    def test_each_point_has_scores_of_its_own(self, run):
        directory, _ = run
        names = sorted(path.name for path in (directory / "scores").glob("aware*"))
        assert names == ["aware-training.safetensors", "aware@0.safetensors", "aware@3.safetensors"]
        one, other = (load_file(directory / f"scores/aware@{place}.safetensors")["value"] for place in PLACES)
        assert np.abs(one - other).mean() > 0.2

    def test_it_is_judged_at_the_point_that_the_analysis_is_judged_by(self, run):
        # 1 - 2 (0.5 √(2/π)) / 11 = 0.927 is the best there is for one point, of which an unaware model learns half
        models = run[1]["models"]
        assert 0.88 < models["aware"]["auc"]["value"] < 0.95
        assert models["aware"]["auc"]["value"] > models["blunt"]["auc"]["value"] + 0.03
        assert models["aware"]["auc_train"]["value"] > 0.88

    def test_each_point_of_a_plane_is_fitted_with_its_own_scores(self, run):
        directory, results = run
        aware, blunt = (results["inference"][name]["points"] for name in ("plane", "blunt_plane"))
        for one, other in zip(aware, blunt, strict=True):
            assert one["limit_expected"][2] < 0.9 * other["limit_expected"][2]
        assert sorted(path.name for path in (directory / "templates").glob("plane*")) == [
            "plane-bump_0.json",
            "plane-bump_3.json",
        ]

    def test_a_fit_and_a_count_of_one_point_use_its_scores(self, run):
        results = run[1]["inference"]
        (point,) = (p for p in results["plane"]["points"] if p["parameters"] == {"place": 3})
        assert results["fit"]["limit_expected"] == pytest.approx(point["limit_expected"], rel=1e-3)
        assert results["count"]["signal"] > 0.5 * 0.01 * COUNT / 2

    def test_a_parameter_that_no_grid_has_is_refused(self, folder):
        models = {"aware": {"use": "hist_gradient_boosting", "parametrised": ["plaice"]}}
        with pytest.raises(ConfigurationError, match="no parameter of a signal grid 'plaice'; did you mean place"):
            load_resolved(written(folder, "wrong", models=models), folder)

    @pytest.mark.parametrize(
        ("inputs", "parametrised", "says"),
        [
            (
                {"place": "x"},
                ["place"],
                r"models.m.parametrised: the parameter 'place' .* one is called 'place' already",
            ),
            ({"x": "x"}, ["place", "place"], "models.m.parametrised: names 'place' twice"),
        ],
    )
    def test_a_parameter_is_told_from_every_other_input(self, folder, inputs, parametrised, says):
        models = {"m": {"use": "hist_gradient_boosting", "parametrised": parametrised}}
        features = {"inputs": inputs, "observables": {"y": "y"}}
        with pytest.raises(ConfigurationError, match=says):
            load_configuration(written(folder, "wrong", models=models, features=features, inference={}))

    def test_an_input_of_another_model_may_be_called_as_a_parameter(self, folder):
        models = {"m": {"use": "hist_gradient_boosting", "inputs": ["x"], "parametrised": ["place"]}}
        features = {"inputs": {"x": "x", "place": "x + 1"}, "observables": {"y": "y"}}
        load_configuration(written(folder, "right", models=models, features=features, inference={}))

    @pytest.mark.parametrize(
        ("changes", "place"),
        [
            ({"judgement": {"signal": ["bump_9"]}, "inference": {}}, "judgement.signal"),
            ({"training": {"folds": 2, "signal": ["bump_9"]}, "inference": {}}, "training.signal"),
            (
                {"inference": {"fit": {**CONFIGURATION["inference"]["fit"], "signal": ["bump_9"]}}},
                "inference.fit.signal",
            ),
        ],
    )
    def test_a_point_that_is_none_is_named_with_the_nearest(self, folder, changes, place):
        with pytest.raises(ConfigurationError) as caught:
            load_resolved(written(folder, "wrong", **changes), folder)
        (problem,) = caught.value.problems
        assert problem.path == place
        assert "'bump_9'; did you mean bump_" in problem.message

    def test_a_signal_without_the_parameter_is_told_where_it_is_asked_for(self, folder):
        samples = {**CONFIGURATION["samples"], "other": {"kind": "signal", "files": "bump_0.parquet"}}
        with pytest.raises(ConfigurationError, match=r"models.aware.parametrised: 'other', a signal, has no parameter"):
            load_resolved(written(folder, "wrong", samples=samples, inference={}), folder)

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            (
                {"judgement": {"signal": ["bump"]}},
                r"judgement.signal: model 'aware' is parametrised in place .* not at 2",
            ),
            (
                {"training": {"folds": 2, "signal": ["bump_0"]}},
                "inference.plane: model 'aware' is not trained at .* bump_3",
            ),
        ],
    )
    def test_a_score_at_no_single_point_is_refused_before_training(self, folder, changes, says):
        with pytest.raises(ConfigurationError, match=says):
            load_resolved(written(folder, "wrong", **changes), folder)


class TestAnotherSelection:
    """The analysis cuts y > 0; half of the events pass."""

    CHANGES = {"models": {"blunt": CONFIGURATION["models"]["blunt"]}, "inference": {}}  # noqa: RUF012 - never changed

    def trained(self, folder, tmp_path, **training):
        changes = {**self.CHANGES, "training": {"folds": 2, **training}}
        directory = run_analysis(written(folder, tmp_path.name, **changes), tmp_path / "run").directory
        (built, _) = json.loads((directory / "models/blunt/model.json").read_text())["folds"]
        scores = load_file(directory / "scores/blunt.safetensors")
        return built["description"]["training events"], scores, json.loads((directory / "results.json").read_text())

    def test_before_cuts_twice_as_many_train_and_as_many_are_scored(self, folder, tmp_path):
        (tmp_path / "own").mkdir()
        (tmp_path / "all").mkdir()
        own, scored, results = self.trained(folder, tmp_path / "own")
        every, also_scored, also = self.trained(folder, tmp_path / "all", select={})
        assert every > 1.8 * own
        np.testing.assert_array_equal(scored["id"], also_scored["id"])
        assert not np.array_equal(scored["raw"], also_scored["raw"])
        assert results["samples"] == also["samples"]  # what trains is not what is counted

    def test_the_analysis_own_cuts_said_again_change_nothing(self, folder, tmp_path):
        (tmp_path / "own").mkdir()
        (tmp_path / "same").mkdir()
        _, one, _ = self.trained(folder, tmp_path / "own")
        _, same, _ = self.trained(folder, tmp_path / "same", select={"tight": "y > 0"})
        np.testing.assert_array_equal(one["raw"], same["raw"])
        np.testing.assert_array_equal(one["value"], same["value"])


class TestTrainOn:
    """Each model may train on some of the events; all are scored."""

    def test_models_train_on_what_they_say_and_score_everything(self, folder, tmp_path):
        blunt = CONFIGURATION["models"]["blunt"]
        models = {"blunt": blunt, "half": {**blunt, "train_on": "x > 0"}, "cut": {**blunt, "train_on": "y > 0"}}
        steps = []
        path = written(folder, "train_on", models=models, inference={})
        finished = run_analysis(path, tmp_path / "run", advance=lambda *step: steps.append(step))
        built = {
            name: json.loads((finished.directory / f"models/{name}/model.json").read_text())["folds"][0]["description"]
            for name in models
        }
        trained = {name: one["training events"] for name, one in built.items()}
        assert 0.3 * trained["blunt"] < trained["half"] < 0.8 * trained["blunt"]
        assert trained["cut"] == trained["blunt"]  # the analysis asks for the same cut already
        scores = {name: load_file(finished.directory / f"scores/{name}.safetensors") for name in models}
        for name in ("half", "cut"):
            np.testing.assert_array_equal(scores[name]["id"], scores["blunt"]["id"])
        np.testing.assert_array_equal(scores["cut"]["raw"], scores["blunt"]["raw"])
        assert not np.array_equal(scores["half"]["raw"], scores["blunt"]["raw"])
        assert [step for step in steps if step[0] == "Training"] == [("Training", done, 6) for done in range(1, 7)]

    def test_another_condition_trains_that_model_anew_and_no_other(self, folder, tmp_path):
        blunt = CONFIGURATION["models"]["blunt"]
        models = {"blunt": blunt, "half": {**blunt, "train_on": "x > 0"}}
        run_analysis(written(folder, "first", models=models, inference={}), tmp_path / "run")
        models["half"] = {**blunt, "train_on": "x > 1"}
        again = run_analysis(written(folder, "second", models=models, inference={}), tmp_path / "run")
        assert "model-half" in again.redone
        assert "model-blunt" not in again.redone

    def test_an_unknown_name_is_told_with_the_nearest(self, folder):
        models = {"blunt": {**CONFIGURATION["models"]["blunt"], "train_on": "yy > 0"}}
        with pytest.raises(
            ConfigurationError, match=r"models.blunt.train_on: no input or observable 'yy'; did you mean y"
        ):
            load_configuration(written(folder, "unknown", models=models, inference={}))


def linear(path, slope):
    """Write an ONNX model that gives slope × input."""
    helper = onnx.helper
    weight = helper.make_tensor("w", onnx.TensorProto.FLOAT, [1, 1], [slope])
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["score"])],
        "linear",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("score", onnx.TensorProto.FLOAT, [None, 1])],
        [weight],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


class TestFromElsewhere:
    """Scores that the files hold, one for each point, and a model from a file beside the others."""

    MODELS = {  # noqa: RUF012 - never changed
        "published": {"use": "column", "inputs": ["near_{place}"], "parametrised": ["place"]},
        "theirs": {"use": "onnx", "inputs": ["x"], "file": "theirs.onnx"},
    }

    @classmethod
    def written(cls, folder, name, **changes):
        near = {f"near_{place}": f"-abs(x - {place})" for place in PLACES}
        plane = {"type": "limit_plane", "grid": "bump", "observable": "published", "bins": EDGES}
        given = {
            "features": {"inputs": {"x": "x"}, "observables": {"y": "y", **near}},
            "models": cls.MODELS,
            "inference": {"plane": plane},
        }
        return written(folder, name, **{**given, **changes})

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, folder):
        linear(folder / "theirs.onnx", 2.0)
        directory = run_analysis(cls.written(folder, "elsewhere"), folder / "elsewhere").directory
        return directory, json.loads((directory / "results.json").read_text())

    def test_scores_are_as_they_are_and_at_each_point_its_own(self, run):
        directory, results = run
        x = load_file(directory / "events/dataset.safetensors")["X"][:, 0].astype(np.float64)
        for place in PLACES:
            raw = load_file(directory / f"scores/published@{place}.safetensors")["raw"]
            np.testing.assert_allclose(raw, -np.abs(x - place), atol=1e-6)  # x is float32
        np.testing.assert_allclose(load_file(directory / "scores/theirs.safetensors")["raw"], 2 * x, rtol=1e-6)
        assert results["models"]["published"]["auc"]["value"] == pytest.approx(0.927, abs=0.02)
        assert all(point["limit_expected"] for point in results["inference"]["plane"]["points"])

    def test_that_nobody_knows_their_training_is_a_finding(self, run):
        codes = {(finding["code"], finding["subject"]) for finding in run[1]["findings"]}
        assert {("training-not-known", "published"), ("training-not-known", "theirs")} <= codes

    def test_no_training_events_are_claimed_for_them(self, run):
        """Nor are they the answer, where a model was trained here."""
        directory, results = run
        assert {results["models"][name]["auc_train"] for name in self.MODELS} == {None}
        assert not list((directory / "figures").glob("overtraining-*"))
        shown = CliRunner().invoke(show, [str(directory)])
        assert shown.exit_code == 0
        assert "—" in next(line for line in shown.stdout.splitlines() if line.lstrip("│ ").startswith("published"))

    def test_another_file_of_the_same_name_is_another_model(self, folder, run):
        directory, _ = run
        linear(folder / "theirs.onnx", -1.0)
        again = run_analysis(self.written(folder, "elsewhere"), directory, until="models")
        assert "model-theirs" in again.redone
        assert "model-published" not in again.redone

    @pytest.mark.parametrize(
        ("models", "says"),
        [
            ({"m": {"use": "onnx", "inputs": ["x"], "file": "thers.onnx"}}, "thers.onnx: cannot be read"),
            ({"m": {"use": "onnx", "inputs": ["x", "y"], "file": "theirs.onnx"}}, "takes 1 inputs in 'x', given are 2"),
            ({"m": {"use": "onnx", "inputs": ["x"]}}, "give the path of the model"),
            ({"m": {"use": "onnx", "inputs": ["x"], "file": ""}}, "give the path of the model"),
            ({"m": {"use": "onnx", "inputs": ["x"], "file": 3}}, "file is the path of the model, not 3"),
            ({"m": {"use": "column", "inputs": ["near_1"]}}, "no input or observable 'near_1'; did you mean .*near_0"),
            ({"m": {"use": "column", "inputs": ["near_{plac}"], "parametrised": ["place"]}}, "did you mean place"),
            ({"m": {"use": "column"}}, "needs to know which inputs"),
            ({"m": {"use": "hist_gradient_boosting", "inputs": ["near_0"]}}, "no input 'near_0'"),
        ],
    )
    def test_what_is_wrong_is_said_before_anything_is_read(self, folder, models, says):
        linear(folder / "theirs.onnx", 2.0)
        with pytest.raises(ConfigurationError, match=says):
            load_resolved(self.written(folder, "wrong", models=models, inference={}), folder)

    @pytest.mark.parametrize(("file", "says"), [("", "give the path"), (3, "not 3"), (["theirs.onnx"], "not ")])
    def test_what_is_no_name_of_a_file_needs_no_folder_to_be_told(self, folder, file, says):
        models = {"m": {"use": "onnx", "inputs": ["x"], "file": file}}
        with pytest.raises(ConfigurationError, match=f"models.m: onnx: .*{says}"):
            load_configuration(self.written(folder, "wrong", models=models, inference={}))


class TestTuned:
    MODELS = {  # noqa: RUF012 - never changed
        "sought": {
            "use": "hist_gradient_boosting",
            "max_iter": 10,
            "tune": {"trials": 3, "parameters": {"max_leaf_nodes": [2, 8], "learning_rate": {"low": 0.1, "high": 0.4}}},
        }
    }

    def test_a_stopped_run_goes_on_with_the_trials_that_it_has(self, folder, tmp_path):
        path = written(folder, "tuned", models=self.MODELS, inference={})
        whole = run_analysis(path, tmp_path / "whole", until="models").directory
        records = sorted((whole / "tuning").iterdir())
        assert len(records) == 2  # one a fold
        stopped = run_analysis(path, tmp_path / "stopped", until="events").directory
        (stopped / "tuning").mkdir()
        (stopped / "tuning" / records[0].name).write_bytes(records[0].read_bytes())
        again = run_analysis(path, stopped, until="models").directory
        assert (again / "scores/sought.safetensors").read_bytes() == (whole / "scores/sought.safetensors").read_bytes()

    def test_a_finished_run_keeps_what_was_found_and_not_the_search(self, folder, tmp_path):
        path = written(folder, "tuned", models=self.MODELS, inference={})
        directory = run_analysis(path, tmp_path / "run").directory
        assert not list((directory / "tuning").iterdir())
        folds = json.loads((directory / "models/sought/model.json").read_text())["folds"]
        assert all({"max_leaf_nodes", "learning_rate"} == set(fold["tuned"]) for fold in folds)
        assert "learning_rate" in (directory / "report.html").read_text()

    RANGE = "a range such as {low: 1, high: 2}, or a list of choices, says where a parameter is sought; given "

    @pytest.mark.parametrize(
        ("sought", "place", "says"),
        [
            ({"low": 1}, ".high", "this key is missing"),
            ({"low": 1, "high": 2, "lgo": True}, ".lgo", "there is no key 'lgo'; did you mean low or log?"),
            ({"low": "x", "high": 2}, ".low", "input should be a valid integer; given 'x', or: "),
            (3, "", f"{RANGE}3"),
            ("fast", "", f"{RANGE}'fast'"),
            (None, "", f"{RANGE}None"),
        ],
    )
    def test_what_is_no_range_is_told_once_in_words_of_the_file(self, folder, sought, place, says):
        models = {"m": {"use": "lightgbm", "tune": {"parameters": {"learning_rate": sought}}}}
        with pytest.raises(ConfigurationError) as caught:
            load_configuration(written(folder, "wrong", models=models, inference={}))
        (problem,) = caught.value.problems
        assert problem.path == f"models.m.tune.parameters.learning_rate{place}"
        assert problem.message.startswith(says)

    @pytest.mark.parametrize(
        ("parameters", "says"),
        [
            ({"max_leaf_node": [2, 4]}, "did you mean max_leaf_nodes"),
            ({"learning_rate": {"low": 0.3, "high": 0.1}}, "0.3"),
            ({"learning_rate": {"low": 0, "high": 0.1, "log": True}}, "log"),
            ({"learning_rate": []}, "learning_rate"),
            ({"learning_rate": ["fast"]}, "learning_rate"),
        ],
    )
    def test_ranges_are_checked_before_anything_is_read(self, folder, parameters, says):
        models = {"m": {"use": "hist_gradient_boosting", "tune": {"trials": 2, "parameters": parameters}}}
        with pytest.raises(ConfigurationError, match=says):
            load_resolved(written(folder, "wrong", models=models, inference={}), folder)
