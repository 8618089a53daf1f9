"""The judgement of whole runs: planted faults are on record, a clean search has none, and the numbers agree with each other."""

import json

import pytest

MODELS = {
    "trees": {"use": "hist_gradient_boosting", "max_iter": 20, "inputs": ["a", "b"]},
    "sees_mass": {"use": "hist_gradient_boosting", "max_iter": 20},
    "line": {"use": "logistic", "inputs": ["a", "b"], "seeds": 2},
}


@pytest.fixture(scope="module")
def judged(shared_toy):
    """A run without inference, one of whose models sees an input that is nearly the mass."""
    inputs = {"a": "x0", "b": "x1", "near": "mass + 0.2 * x2"}
    features = {"inputs": inputs, "observables": {"m": "mass"}}
    path = shared_toy.yaml("judged", models=MODELS, features=features, inference=None, systematics=None)
    shared_toy.run("judged", path)
    return shared_toy.root / "judged"


@pytest.fixture(scope="module")
def results(judged):
    return json.loads((judged / "results.json").read_text())


def found(results, code):
    return {finding["subject"]: finding["severity"] for finding in results["findings"] if finding["code"] == code}


def test_a_model_that_is_given_the_mass_is_red_and_the_others_are_not(results):
    assert found(results, "sculpted-background") == {"sees_mass and m": "serious"}
    assert found(results, "input-follows-observable") == {"near and m": "warning"}
    (follower,) = (one for one in results["findings"] if one["code"] == "input-follows-observable")
    assert follower["message"].endswith("; taken by sees_mass")
    assert follower["evidence"]["models"] == ["sees_mass"]
    ratio = results["judgement"]["sees_mass"]["sculpting"]["m"]["background efficiency 0.1"]["spurious_over_error"]
    assert ratio["low"] > 1
    of_others = results["judgement"]["trees"]["sculpting"]["m"]["background efficiency 0.5"]["spurious_over_error"]
    assert abs(of_others["value"]) < 0.5


def test_it_is_the_better_classifier_all_the_same_and_lives_on_that_input(results):
    pairs = results["judgement"]["comparison"]["auc"]
    assert list(pairs) == ["trees - sees_mass", "trees - line", "sees_mass - line"]
    pair = pairs["trees - sees_mass"]
    assert (pair["verdict"], pair["better"]) == ("better", "sees_mass")
    aucs = {name: model["auc"]["value"] for name, model in results["models"].items()}
    assert pair["difference"]["value"] == pytest.approx(aucs["trees"] - aucs["sees_mass"], abs=1e-9)
    importance = results["judgement"]["sees_mass"]["importance"]
    assert max(importance, key=lambda name: importance[name]["value"]) == "near"


def test_the_luck_of_the_seeds_is_in_the_interval(results):
    assert results["models"]["line"]["auc"]["method"].endswith("with the spread over 2 seeds")
    assert "seeds" not in results["models"]["trees"]["auc"]["method"]


def test_each_estimator_is_compared_with_itself(results):
    found = results["judgement"]["trees"]["overtraining"]
    gaps = [one["difference"]["value"] for one in found["estimators"]]
    assert len(gaps) == 2
    assert sum(gaps) / 2 == pytest.approx(results["models"]["trees"]["auc_difference"]["value"])
    assert found["p_background"] == min(1.0, 2 * min(one["p_background"] for one in found["estimators"]))


def test_figures_of_all_that_is_judged_are_there(judged):
    figures = {path.stem for path in (judged / "figures").glob("*.svg")}
    assert {
        "calibration",
        "comparison",
        "features-with-data",
        "importance",
        "partial-dependence",
        "sculpting-sees_mass-m",
        "significance-improvement",
        "spurious-signal",
    } <= figures


def test_an_inference_of_simulated_templates_makes_the_shape_information(shared_toy):
    inputs = {"a": "x0", "near": "mass + 0.2 * x2"}
    path = shared_toy.yaml(
        "known",
        models={"sees_mass": {"use": "hist_gradient_boosting", "max_iter": 20}},
        features={"inputs": inputs, "observables": {"m": "mass"}},
        systematics=None,
        inference={"fit": {"type": "template_fit", "observable": "sees_mass", "bins": 3}},
    )
    shared_toy.run("known", path, until="inference")
    stage = json.loads((shared_toy.root / "known/stages/judgement.json").read_text())
    shapes = [finding for finding in stage["findings"] if finding["code"] == "sculpted-background"]
    assert [finding["severity"] for finding in shapes] == ["info"]
    assert "comparison" not in stage["value"]["judgement"]  # one model alone


@pytest.mark.parametrize("maximise", ["ams", "s_over_sqrt_b"])
def test_what_the_working_point_makes_largest(shared_toy, maximise):
    name = f"maximise_{maximise}"
    path = shared_toy.yaml(
        name,
        models={"line": {"use": "logistic"}},
        judgement={"maximise": maximise, "regulators": [3]},
        systematics=None,
        inference={"cut": {"type": "counting", "region": "window", "model": "line"}},
    )
    shared_toy.run(name, path)
    results = json.loads((shared_toy.root / name / "results.json").read_text())
    merits = results["judgement"]["line"]["figures_of_merit"]
    best = merits["ams_yields_3" if maximise == "ams" else maximise]
    point = results["judgement"]["line"]["working_point"]
    assert point["signal"]["value"] == pytest.approx(best["signal"])
    assert point["expected"]["value"] + point["expected_below"]["value"] == pytest.approx(
        sum(results["samples"][name]["yield"] for name in ("sig", "bkg"))
    )
    assert point["data"] + point["data_below"] == point["data_total"]
    assert results["inference"]["cut"]["cut"] is not None
