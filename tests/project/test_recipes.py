"""The shipped analyses, on their embedded events."""

from __future__ import annotations

import json

import pytest
from ruamel.yaml import YAML

from fivesigma.analysis.recipes import find_analysis, recipe
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import FivesigmaError


@pytest.fixture(scope="module")
def forests(tmp_path_factory):
    """Run higgs-4l as far as its judgement, with its two random forests and without inference."""
    folder = tmp_path_factory.mktemp("higgs-4l")
    recipe = find_analysis("higgs-4l")
    yaml = YAML()
    config = yaml.load(recipe.read_text(encoding="utf-8"))
    config["models"] = {name: config["models"][name] for name in ("forest", "forest_two")}
    for model in config["models"].values():
        model["n_estimators"] = 10  # enough to tell which inputs help
    config["inference"] = {}
    for angle in (
        "cos_star",
        "cos_1",
        "cos_2",
        "phi",
        "phi_1",
    ):  # the others are enough, and fewer panels are drawn sooner
        for named in ("inputs", "titles"):
            config["features"][named].pop(angle, None)
    with (folder / "forests.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(config, file)
    run_analysis(folder / "forests.yaml", folder / "run", data=recipe.parent)
    return json.loads((folder / "run/results.json").read_text(encoding="utf-8"))


def test_all_inputs_beat_two_by_more_than_their_intervals(forests):
    all_inputs, two = (forests["models"][name]["auc"] for name in ("forest", "forest_two"))
    assert all_inputs["low"] - two["high"] > 0.05
    assert len(forests["models"]) == 2


def test_enough_events_are_embedded_and_pseudo_data_are_named(forests):
    samples = forests["samples"]
    assert samples["higgs"]["events"] >= 20_000
    assert samples["zz"]["events"] >= 20_000
    assert samples["pseudo_data"]["pseudo"]
    # the pseudo-data are a Poisson draw of what is expected
    expected = samples["higgs"]["yield"] + samples["zz"]["yield"]
    assert abs(samples["pseudo_data"]["events"] - expected) < 4 * expected**0.5


def test_the_embedded_events_stay_small():
    events = list((find_analysis("higgs-4l").parent / "events").glob("*.parquet"))
    assert {path.stem for path in events} == {"higgs", "zz", "pseudo_data"}
    assert sum(path.stat().st_size for path in events) <= 4e6


@pytest.fixture(scope="module")
def dijets(tmp_path_factory):
    """Run dijet-anomaly in two windows, with three members a fold and without pseudo-experiments."""
    folder = tmp_path_factory.mktemp("dijet-anomaly")
    recipe = find_analysis("dijet-anomaly")
    settings = (
        "inference.scan.masses=[3400, 3600]",
        "inference.scan.classifier.seeds=3",
        "inference.scan.null_experiments=0",
    )
    run_analysis(recipe, folder / "run", data=recipe.parent, settings=settings)
    return json.loads((folder / "run/results.json").read_text(encoding="utf-8"))


def test_the_hidden_resonance_is_found(dijets):
    best = dijets["inference"]["scan"]["best"]
    assert best["z_local"] > 4
    assert best["efficiency"] <= 0.01
    assert dijets["samples"]["mixture"]["pseudo"]


def test_its_events_are_embedded_and_its_signal_is_what_the_recipe_says(dijets):
    assert dijets["samples"]["mixture"]["events"] == 45_200  # QCD, and 200 signal events
    folder = find_analysis("dijet-anomaly").parent / "events"
    assert {path.stem for path in folder.glob("*.parquet")} == {"qcd", "wprime"}


def test_a_recipe_by_its_name_and_no_other():
    shipped = recipe("ttz")
    assert shipped.path == find_analysis("ttz")
    assert (shipped.events / "ttz_standin.parquet").is_file()
    with pytest.raises(FivesigmaError, match="did you mean ttz"):
        recipe("ttzz")
