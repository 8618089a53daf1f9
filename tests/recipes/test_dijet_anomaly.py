"""The recipe dijet-anomaly on a part of its own events, and on tables of two jets without labels."""

import json

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis

RECIPE = find_analysis("dijet-anomaly")
JETS = [f"{what}j{jet}" for jet in (1, 2) for what in ("px", "py", "pz", "m", "tau1", "tau2", "tau3")]
SMALL = (
    "training.folds=3",
    "inference.scan.masses=[3500]",
    "inference.scan.efficiencies=[0.1]",
    "inference.scan.null_experiments=0",
    'inference.scan.classifier={"use": "hist_gradient_boosting", "max_iter": 20}',
    'features.inputs={"m_light": "min(mj1, mj2)", "tau21_light": "of_lighter(mj1, mj2, ratio(tau2j1, tau1j1), ratio(tau2j2, tau1j2))"}',
    "features.titles={}",
)


def events(*, in_gev):
    """Return QCD and a few signal events in the columns of the exercise; its τ are momenta, ours are free of units."""
    folder = RECIPE.parent / "events"
    whole = pl.concat(
        [pl.read_parquet(folder / "qcd.parquet").head(6000), pl.read_parquet(folder / "wprime.parquet").head(150)]
    )
    if in_gev:
        pt = {jet: (pl.col(f"pxj{jet}") ** 2 + pl.col(f"pyj{jet}") ** 2).sqrt() for jet in (1, 2)}
        whole = whole.with_columns([pl.col(f"tau{n}j{jet}") * pt[jet] for jet in (1, 2) for n in (1, 2, 3)])
    return whole.sample(fraction=1, shuffle=True, seed=1)


def results_of(folder, data):
    run_analysis(RECIPE, folder, data=data, settings=SMALL)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def mystery(tmp_path_factory):
    """Write the exercise's table as pandas does: no labels, τ in GeV."""
    folder = tmp_path_factory.mktemp("mystery")
    events(in_gev=True).select(JETS).to_pandas().to_hdf(folder / "lhc_mystery_anomaly_data.h5", key="mystery")
    return folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Write a table of the LHC Olympics, whose last column says which events are signal."""
    folder = tmp_path_factory.mktemp("labelled")
    events(in_gev=False).select(*JETS, pl.col("label").cast(pl.Float64)).to_pandas().to_hdf(folder / "rnd.h5", key="df")
    return folder


def assert_scanned(found):
    assert list(found["samples"]) == ["mixture"]
    assert found["samples"]["mixture"]["kind"] == "data"
    assert found["samples"]["mixture"]["events"] == 6150
    (window,) = found["inference"]["scan"]["windows"]
    assert window["mass"] == 3500
    assert window["z_local"] > 3
    assert "serious" not in {finding["severity"] for finding in found["findings"]}


def test_a_table_without_labels_is_scanned_and_tau_may_be_in_gev(mystery, tmp_path):
    assert_scanned(results_of(tmp_path, mystery))


@pytest.mark.slow
def test_labels_do_not_matter(labelled, tmp_path):
    assert_scanned(results_of(tmp_path, labelled))


def test_the_layouts_know_nothing_of_the_truth(mystery, labelled):
    for folder in (mystery, labelled):
        config = load_resolved(RECIPE, folder)
        assert config.layout is not None
        (mixture,) = config.samples.values()
        assert mixture.inject is None
        assert "label" not in str(config.features.inputs) + str(config.features.observables)
    assert load_resolved(RECIPE, mystery).layout.title != load_resolved(RECIPE, labelled).layout.title


def test_its_own_events(tmp_path):
    """A part of the mixture: the signal that is put in comes from another file."""
    folder = tmp_path / "data" / "events"
    folder.mkdir(parents=True)
    for name, kept in (("qcd", 6000), ("wprime", 1000)):
        pl.read_parquet(RECIPE.parent / "events" / f"{name}.parquet").head(kept).write_parquet(
            folder / f"{name}.parquet"
        )
    found = results_of(tmp_path / "run", folder.parent)
    assert found["samples"]["mixture"]["events"] == 6200
    best = found["inference"]["scan"]["best"]
    assert best["mass"] == 3500
    assert best["p_local"] <= found["inference"]["scan"]["p_global"]["value"]
    assert np.isfinite(best["z_local"])
