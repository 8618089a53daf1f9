"""The recipe heavy-higgs on a part of its own events, and on the CSV files of the exercise."""

import json

import polars as pl
import pytest

from fivesigma.analysis.configuration import load_configuration, load_resolved
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import DataError

RECIPE = find_analysis("heavy-higgs")
FILES = {"higgs_1000": "ggH1000.csv", "zjets": "Zjets.csv", "diboson": "Diboson.csv", "ttbar": "Top.csv"}
WEIGHT = "FullEventWeight"
FIT = {
    "type": "mass_fit",
    "observable": "m_zv",
    "range": [600, 2000],
    "bins": 14,
    "background": "dijet",
    "order": 3,
    "floor": 2,
}
# few inputs, trees and fits: what is tested is which events come in, and what becomes of them
FEW = {"d2": "fatjet_D2", "m_ll": "Zll_mass / 1000", "pt_j_over_m": "fatjet_pt / reco_zv_mass"}
SMALL = {"use": "logistic", "inputs": list(FEW)}


def events(name, every=1):
    """Read the events of a process, or every few of them at as much more weight."""
    table = pl.read_parquet(RECIPE.parent / "events" / f"{name}.parquet").gather_every(every)
    return table.with_columns(pl.col(WEIGHT) * every)


def theirs(name, every=4):
    """Return events as the exercise has them: no mass of the jet and no identifier, and columns that we do not read."""
    table = events(name, every).drop("fatjet_mass", "id")
    return table.with_columns(Topology=pl.lit(0), truth_zv_mass=pl.lit(-1.0))


def results_of(folder, models, stages, data=None, inputs=FEW):
    inference = {name: {**FIT, **stage} for name, stage in stages.items()}
    chosen = {
        "models": models,
        "inference": inference,
        "features.inputs": inputs,
        "features.titles": {},
        "training.folds": 2,
    }
    settings = [f"{key}={json.dumps(value)}" for key, value in chosen.items()]
    run_analysis(RECIPE, folder, data=data, settings=settings)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def selected(table):
    return table.filter(pl.col("reco_zv_mass").is_between(600_000, 2_000_000, closed="none"))


@pytest.fixture(scope="module")
def four_files(tmp_path_factory):
    """Write a CSV file for each process, as pandas does: with its index."""
    folder = tmp_path_factory.mktemp("four")
    for name, file in FILES.items():
        theirs(name).to_pandas().to_csv(folder / file)
    return folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Write all events into one CSV file, signal among background."""
    folder = tmp_path_factory.mktemp("mixed")
    whole = pl.concat([theirs(name) for name in FILES]).sample(fraction=1, shuffle=True, seed=1)
    whole.write_csv(folder / "MixData_PD.csv")
    return folder


def test_four_files_of_the_exercise(four_files, tmp_path):
    found = results_of(tmp_path / "run", {}, {"cuts": {"region": "cuts"}}, four_files)
    for name in FILES:
        ours = selected(theirs(name))
        assert found["samples"][name]["events"] == len(ours)
        assert found["samples"][name]["yield"] == pytest.approx(ours[WEIGHT].sum(), rel=1e-9)
    fits = found["inference"]
    cut = selected(theirs("higgs_1000")).filter(
        (pl.col("fatjet_D2") < 2)
        & (pl.col("Zll_mass") / 1000).is_between(81, 101, closed="none")
        & (pl.col("fatjet_pt") > 0.35 * pl.col("reco_zv_mass"))
    )
    assert fits["cuts"]["signal"] == pytest.approx(cut[WEIGHT].sum(), rel=1e-9)
    assert fits["cuts"]["z"] > 0


def test_a_mixed_file_is_split_by_its_labels(mixed, tmp_path):
    run_analysis(RECIPE, tmp_path, data=mixed, until="events")
    told = json.loads((tmp_path / "cutflow.json").read_text(encoding="utf-8"))
    processes = {"higgs_1000": ["higgs_1000"], "background": ["zjets", "diboson", "ttbar"]}
    assert set(told) == set(processes)
    for name, rows in told.items():
        ours = selected(pl.concat([theirs(process) for process in processes[name]]))
        assert rows[-1]["events"] == len(ours)
        assert rows[-1]["total"] == pytest.approx(ours[WEIGHT].sum(), rel=1e-9)


@pytest.mark.parametrize("lost", FILES)
def test_of_four_files_three_are_no_mixed_events(four_files, tmp_path, lost):
    for file in FILES.values():
        if file != FILES[lost]:
            (tmp_path / file).symlink_to(four_files / file)
    with pytest.raises(DataError, match=rf"a CSV file for each process: .*{FILES[lost][1:3]}.*: no such file"):
        load_resolved(RECIPE, tmp_path)


def test_in_both_layouts_no_model_and_no_region_asks_for_the_mass_of_the_jet(four_files, mixed):
    for folder in (four_files, mixed):
        config = load_resolved(RECIPE, folder)
        assert config.layout is not None
        assert "m_j" not in config.features.inputs
        said = [region.select for region in config.regions.values()] + [m.train_on for m in config.models.values()]
        assert not any("m_j" in text for text in said if text)
        # each of the networks is still another one
        assert len({(m.train_on, tuple(m.inputs)) for m in config.models.values()}) == 5


def test_its_own_events_before_and_after_cuts(tmp_path):
    config = load_configuration(RECIPE)
    stages = {name: {"region": config.inference[name].region} for name in ("mass_before", "mass_cuts")}
    inputs = {
        "m_j": "fatjet_mass / 1000",
        "d2": "fatjet_D2",
        "m_ll": FEW["m_ll"],
        "mass": config.features.inputs["mass"],
    }
    found = results_of(tmp_path / "run", {"given_mass": {**SMALL, "inputs": list(inputs)}}, stages, inputs=inputs)
    before, cuts = (found["inference"][name] for name in stages)
    assert before["signal"] > 1.3 * cuts["signal"]
    assert before["background_events"] > 5 * cuts["background_events"]
    assert cuts["z"] > 2 * before["z"]
    # who gives a network the mass is told
    told = {(finding["code"], finding["subject"]) for finding in found["findings"]}
    assert ("input-follows-observable", "mass and m_zv") in told


def test_every_network_is_fitted_and_the_cuts_stand_in_one_place():
    config = load_configuration(RECIPE)
    fitted = {fit.model for fit in config.inference.values()} - {None}
    assert fitted == set(config.models)
    assert config.models["network_after"].train_on == config.regions["cuts"].select
    assert config.models["network_loose"].train_on == config.regions["loose"].select
    assert config.training.balance == "halves"
