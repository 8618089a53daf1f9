"""The recipe higgs-4l on a part of its own events, and on files as the lesson has them."""

import json

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_configuration
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import DataError

RECIPE = find_analysis("higgs-4l")
EVENTS = RECIPE.parent / "events"
# few inputs, trees and panels: what is tested is which events come in, and what is said of them
FEW_INPUTS = (
    'features.inputs={"lep_pt_1": "lep_pt_1", "m_z2": "z2_mass(lep)"}',
    "features.observables={}",
    "features.titles={}",
    "training.folds=2",
)
FOREST = '"forest": {"use": "random_forest", "n_estimators": 5, "max_depth": 4}'


def results_of(folder, *settings, **where):
    run_analysis(RECIPE, folder, settings=(*FEW_INPUTS, *settings), **where)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """Write the lesson's three CSV files: no identifier, and no weight in the data."""
    folder = tmp_path_factory.mktemp("4lepton")
    for name, theirs, every in (("higgs", "ggH125_ZZ4lep", 20), ("zz", "llll", 20), ("pseudo_data", "data", 1)):
        events = pl.read_parquet(EVENTS / f"{name}.parquet").gather_every(every).drop("id")
        weighed = (pl.col("weight") * every).alias("totalWeight")
        (events if name == "pseudo_data" else events.with_columns(weighed)).drop("weight").write_csv(
            folder / f"{theirs}.csv"
        )
    return folder


def test_the_lessons_files_are_read_as_they_are(lesson, tmp_path):
    counting = '{"count": {"type": "counting", "region": "all", "model": "forest", "background_uncertainty": 0.1}}'
    found = results_of(tmp_path / "run", f"models={{{FOREST}}}", f"inference={counting}", data=lesson)
    samples = found["samples"]
    assert {name: sample["kind"] for name, sample in samples.items()} == {
        "higgs": "signal",
        "zz": "background",
        "data": "data",
    }
    assert not samples["data"].get("pseudo")
    for name, file in (("higgs", "ggH125_ZZ4lep.csv"), ("zz", "llll.csv")):
        events = pl.read_csv(lesson / file)
        flavours, charges = (
            events.select(pl.sum_horizontal(f"^lep_{of}_[0-3]$")).to_series() for of in ("type", "charge")
        )
        kept = flavours.is_in([44, 48, 52]) & (charges == 0)
        assert samples[name]["events"] <= kept.sum()
        # no pair of one flavour and opposite charge in some: fewer than one in a hundred
        assert samples[name]["yield"] == pytest.approx(events["totalWeight"].filter(kept).sum(), rel=0.01)
    called = found["judgement"]["forest"]["working_point"]
    assert called["data"] + called["data_below"] == called["data_total"] == samples["data"]["events"]
    assert found["inference"]["count"]["observed"] == called["data"]


def test_files_of_another_exercise_are_refused_by_name(tmp_path):
    (tmp_path / "llll.csv").write_text("lep_pt_0\n1\n")
    with pytest.raises(DataError, match=r"ggH125_ZZ4lep\.csv"):
        run_analysis(RECIPE, tmp_path / "run", data=tmp_path)


def test_its_own_events_give_what_the_exercise_asks_for(tmp_path):
    found = results_of(
        tmp_path / "run",
        *(f"samples.{name}.select=id % 20 == 0" for name in ("higgs", "zz")),
        "samples.higgs.weight=weight * 20",
        "samples.zz.weight=weight * 20",
        f"models={{{FOREST}}}",
        'inference={"shape": {"type": "template_fit", "observable": "forest", "bins": [0, 0.7, 0.9, 1]}}',
    )
    judged = found["judgement"]["forest"]
    merits = judged["figures_of_merit"]
    assert {name for name in merits if name.startswith("ams")} == {
        "ams_yields_10",
        "ams_yields_1",
        *(f"ams_rates_{regulator}" for regulator in ("0.01", "0.001", "0.0001")),
    }
    # adding to the background makes any cut worse
    assert merits["ams_yields_10"]["naive_value"] < merits["ams_yields_1"]["naive_value"]
    assert merits["ams_rates_0.01"]["naive_value"] < merits["ams_rates_0.0001"]["naive_value"]
    assert set(judged["working_point"]["balanced"]) == {"accuracy", "precision", "recall", "f1"}
    shape = found["inference"]["shape"]
    assert shape["z_expected"] > 1
    assert shape["mu"]["low"] < 1.5
    assert shape["mu"]["high"] > 0.5
    assert np.isclose(
        sum(one["yield"] for name, one in found["samples"].items() if name != "pseudo_data"), 260, rtol=0.1
    )


def test_the_recipe_has_the_models_of_the_lesson_and_does_without_keras():
    config = load_configuration(RECIPE)
    assert {"random_forest", "network", "keras"} <= {model.use for model in config.models.values()}
    assert [name for name, model in config.models.items() if model.optional] == ["keras"]
    # what answers for the run does not rest on a model that may be left out
    assert "keras" not in {getattr(one, "observable", None) for one in config.inference.values()}
