"""The recipe ttz on a part of its own events, and on files as the lesson has them."""

import json

import polars as pl
import pytest

from fivesigma.analysis.configuration import load_configuration
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis

RECIPE = find_analysis("ttz")
EVENTS = RECIPE.parent / "events"
EIGHT = ["pt4_jet", "pt6_jet", "dRll", "NJetPairsZMass", "Nmbjj_top", "MbbPtOrd", "HT_jet6", "dRbb"]
# of the lesson's columns, those that its table of separations has
SEVENTEEN = [*EIGHT, "ptll", "eta_ll", "pT1b", "MjjMindR", "dRjjave_jet", "CentrJet", "MWavg", "MaxMMindRlepb", "H1"]
FEW = (
    'features.inputs={"NJetPairsZMass": "NJetPairsZMass", "pt4_jet": "pt4_jet", "pt6_jet": "pt6_jet"}',
    "features.titles={}",
    'events.missing={"pt6_jet": [0]}',
    "training.folds=2",
    'models={"forest": {"use": "random_forest", "n_estimators": 10, "max_depth": 4}}',
    'inference={"count": {"type": "counting", "region": "all", "model": "forest", "background_uncertainty": 0.2}}',
)


def results_of(folder, **where):
    run_analysis(RECIPE, folder, settings=FEW, **where)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """Write the lesson's CSV files but that of Z without heavy flavours: no identifier, no count of heavy flavours."""
    folder = tmp_path_factory.mktemp("ttz-csv")
    jets = pl.read_parquet(EVENTS / "zjets.parquet")
    files = {
        "ttZ": pl.read_parquet(EVENTS / "ttz_standin.parquet").gather_every(3),
        "ttbar": pl.read_parquet(EVENTS / "ttbar.parquet"),
        "Other": pl.read_parquet(EVENTS / "other.parquet"),
        "Z1HF": jets.filter(pl.col("HF_n") == 1),
        "Z2HF": jets.filter(pl.col("HF_n") >= 2),
    }
    for name, events in files.items():
        events.select(*SEVENTEEN, "totalWeight").write_csv(folder / f"{name}.csv")
    data = pl.concat([files["ttbar"][::3], files["Z2HF"]])  # a few hundred; what they are does not matter
    data.select(SEVENTEEN).write_csv(folder / "data.csv")
    return folder


def test_the_lessons_files_are_read_as_they_are_and_z_without_heavy_flavours_may_be_missing(lesson, tmp_path):
    found = results_of(tmp_path / "run", data=lesson)
    samples = found["samples"]
    assert set(samples) == {"ttZ", "ttbar", "Z1HF", "Z2HF", "Other", "data"}
    for name in ("ttZ", "ttbar", "Z1HF", "Z2HF", "Other"):
        events = pl.read_csv(lesson / f"{name}.csv")
        assert samples[name]["events"] == len(events)
        assert samples[name]["yield"] == pytest.approx(events["totalWeight"].sum(), rel=1e-12)
    assert samples["data"]["events"] == len(pl.read_csv(lesson / "data.csv"))
    assert [finding["subject"] for finding in found["findings"] if finding["code"] == "sample-left-out"] == ["Z0HF"]
    called = found["judgement"]["forest"]["working_point"]
    assert called["data"] + called["data_below"] == samples["data"]["events"]
    assert found["inference"]["count"]["observed"] == called["data"]
    config = (tmp_path / "run/config.yaml").read_text(encoding="utf-8")
    assert "stand-in" not in config  # with events of tt̄Z nothing is called what it is not


def test_z_is_split_by_heavy_flavours_without_loss(tmp_path):
    run_analysis(RECIPE, tmp_path, until="events")
    last = {
        name: rows[-1] for name, rows in json.loads((tmp_path / "cutflow.json").read_text(encoding="utf-8")).items()
    }
    jets = pl.read_parquet(EVENTS / "zjets.parquet")
    parts = [last[name] for name in ("Z0HF", "Z1HF", "Z2HF")]
    assert sum(part["events"] for part in parts) == len(jets)
    assert sum(part["total"] for part in parts) == pytest.approx(jets["totalWeight"].sum(), rel=1e-12)
    assert set(last) == {"ttZ", "ttbar", "Z0HF", "Z1HF", "Z2HF", "Other"}


@pytest.mark.slow
def test_its_own_events_are_few_and_a_stand_in(tmp_path):
    run_analysis(RECIPE, tmp_path)
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert "few-effective-events" in {finding["code"] for finding in found["findings"]}
    auc = {name: model["auc"]["value"] for name, model in found["models"].items()}
    for name in ("forest", "boosting", "network"):
        assert 0.75 < auc[name] < auc[f"{name}_all"] < 0.9
    for name, fit in found["inference"].items():
        assert fit["limit_observed"] is None
        assert 0.1 < fit["limit_expected"][2] < 0.6, name
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "tt̄Z (stand-in)" in page
    assert "expected only" in page


def test_the_recipe_has_the_eight_inputs_of_the_lesson_and_all_for_the_others():
    config = load_configuration(RECIPE)
    assert list(config.features.inputs) == SEVENTEEN
    inputs = {name: model.inputs for name, model in config.models.items()}
    assert inputs == dict.fromkeys(("forest", "boosting", "network"), EIGHT) | dict.fromkeys(
        ("forest_all", "boosting_all", "network_all")
    )
    assert "stand-in" in config.analysis.title
    assert "stand-in" in config.analysis.label
    assert "stand-in" in config.samples["ttZ"].label
