"""The recipe ww-systematics on a part of its own events, and on tables of two exercises."""

import json
import math

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_configuration
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis

RECIPE = find_analysis("ww-systematics")
EVENTS = RECIPE.parent / "events"
TREES = {"lightgbm": {"use": "lightgbm", "n_estimators": 10}}
STRENGTH = {
    "type": "strength_uncertainty",
    "region": "all",
    "models": ["lightgbm"],
    "bins": [0, 0.5, 0.8, 1],
    "floor": 10,
}
PARTS = ("signal", "background", "luminosity", "detector")


def results_of(folder, inputs, data=None):
    chosen = {"models": TREES, "inference": {"strength": STRENGTH}, "features.inputs": inputs, "features.titles": {}}
    settings = [f"{key}={json.dumps(value)}" for key, value in (chosen | {"training.folds": 2}).items()]
    run_analysis(RECIPE, folder, data=data, settings=settings)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def assert_adds_up(found):
    """Check that the parts of the uncertainty add in quadrature, and that a shift does something."""
    (row,) = found["inference"]["strength"]["table"]
    assert row["systematic"] == pytest.approx(math.hypot(*(row[part] for part in PARTS)), rel=1e-9)
    assert row["total"] == pytest.approx(math.hypot(row["statistics"], row["systematic"]), rel=1e-9)
    assert row["signal"] == pytest.approx(0.05)
    assert row["detector"] > 0


@pytest.fixture(scope="module")
def open_data(tmp_path_factory):
    """Write one gzipped table of signal and background, in the names of ATLAS open data; some events have a third lepton."""
    folder = tmp_path_factory.mktemp("open")
    tables = []
    for name in ("hww", "ww", "ttbar"):
        ours = pl.read_parquet(EVENTS / f"{name}.parquet").head(1500)
        renamed = ours.rename({"met": "met_et", "njet": "jet_n", "weight": "mcWeight"}).drop("id", "nbjet")
        tables.append(renamed.with_columns(label=pl.lit(int(name == "hww")), jet_pt_0=pl.lit(-7.0)))
    whole = pl.concat(tables).sample(fraction=1, shuffle=True, seed=1)
    whole = whole.with_columns(lep_n=pl.when(pl.int_range(pl.len()) % 10 == 0).then(3).otherwise(2))
    whole.to_pandas().to_csv(folder / "data.csv.gz", index=False)
    return folder


@pytest.fixture(scope="module")
def challenge(tmp_path_factory):
    """Write a few rows in the columns of the HiggsML challenge; jets are -999 where there are none."""
    folder, generator, n = tmp_path_factory.mktemp("challenge"), np.random.default_rng(1), 3000
    signal = np.arange(n) % 2 == 0
    jets = generator.integers(0, 3, n)
    columns = {"EventId": 100_000 + np.arange(n), "Label": np.where(signal, "s", "b")}
    columns["Weight"] = np.where(signal, 0.002, 1.0)
    for name, scale in (("tau", 30), ("lep", 30), ("met", 25)):
        extra = np.where(signal, 15, 0) if name != "met" else 0
        columns[f"PRI_{name}" if name == "met" else f"PRI_{name}_pt"] = 20 + extra + generator.exponential(scale, n)
        columns[f"PRI_{name}_phi"] = generator.uniform(-math.pi, math.pi, n)
        if name != "met":
            columns[f"PRI_{name}_eta"] = generator.normal(0, 1, n)
    columns |= {"PRI_met_sumet": generator.exponential(200, n), "PRI_jet_num": jets}
    columns |= {"PRI_jet_leading_pt": np.where(jets > 0, 60.0, -999.0), "PRI_jet_all_pt": 60.0 * jets}
    columns |= {name: np.where(jets > 1, 2.0, -999.0) for name in ("DER_mass_jet_jet", "DER_deltaeta_jet_jet")}
    columns["DER_mass_MMC"] = -999.0 * np.ones(n)
    pl.DataFrame(columns).to_pandas().to_csv(folder / "atlas-higgs-challenge-2014-v2.csv.gz", index=False)
    return folder


def last_rows(folder, data):
    """Read the events, those of all variations among them, and return what the last cut left of each sample."""
    run_analysis(RECIPE, folder, data=data, until="events")
    told = json.loads((folder / "cutflow.json").read_text(encoding="utf-8"))
    return {name: rows[-1] for name, rows in told.items()}


def test_the_table_of_open_data_is_split_by_its_label(open_data, tmp_path):
    last = last_rows(tmp_path, open_data)
    assert set(last) == {"hww", "background"}
    kept = pl.read_csv(open_data / "data.csv.gz").filter(pl.col("lep_n") == 2)
    for name, label in (("hww", 1), ("background", 0)):
        ours = kept.filter(pl.col("label") == label)
        assert 0.95 * len(ours) < last[name]["events"] <= len(ours)  # few have m(ℓℓ) < 12 GeV
        assert last[name]["total"] == pytest.approx(ours["mcWeight"].sum(), rel=0.05)


def test_a_part_of_the_challenges_table_stands_for_the_whole(challenge, tmp_path):
    last = last_rows(tmp_path, challenge)
    table = pl.read_csv(challenge / "atlas-higgs-challenge-2014-v2.csv.gz")
    scale = 411_691.84 / table["Weight"].sum()
    for name, label in (("htautau", "s"), ("background", "b")):
        ours = table.filter((pl.col("Label") == label) & (pl.col("PRI_tau_pt") > 22))
        assert last[name]["events"] == len(ours)
        assert last[name]["total"] == pytest.approx(scale * ours["Weight"].sum(), rel=1e-6)


@pytest.mark.slow
def test_both_tables_come_to_an_uncertainty(open_data, challenge, tmp_path):
    mass = "invariant_mass(lep_pt_0, lep_eta_0, lep_phi_0, lep_pt_1, lep_eta_1, lep_phi_1)"
    assert_adds_up(results_of(tmp_path / "one", {"m_ll": mass, "met": "met_et", "lep_pt_1": "lep_pt_1"}, open_data))
    transverse = "transverse_mass(PRI_lep_pt, PRI_lep_phi, PRI_met, PRI_met_phi)"
    inputs = {"tau_pt": "PRI_tau_pt", "mt": transverse, "m_jj": "DER_mass_jet_jet"}
    assert_adds_up(results_of(tmp_path / "two", inputs, challenge))


def test_its_own_events(tmp_path):
    folder = tmp_path / "data" / "events"
    folder.mkdir(parents=True)
    for name in ("hww", "ww", "ttbar"):
        events = pl.read_parquet(EVENTS / f"{name}.parquet").head(3000)
        events.with_columns(pl.col("weight") * 5).write_parquet(folder / f"{name}.parquet")
    config = load_configuration(RECIPE)
    inputs = {name: config.features.inputs[name] for name in ("m_ll", "met")}
    found = results_of(tmp_path / "run", inputs, folder.parent)
    assert list(found["samples"]) == ["hww", "ww", "ttbar"]
    assert_adds_up(found)


def test_four_kinds_of_trees_are_compared():
    config = load_configuration(RECIPE)
    assert len({model.use for model in config.models.values()}) == 4
    assert set(config.inference["strength"].models) == set(config.models)
    assert {systematic.group for systematic in config.systematics.values()} == set(PARTS)
