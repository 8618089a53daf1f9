"""The examples run, on open data where they are beside the checkout, and the two forms of one search agree."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_configuration

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"
CMS = DATA / "cms_h4l"
LL_MET = DATA / "atlas_ll_met"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_example_is_valid(path):
    assert load_configuration(path).analysis.title


def test_the_python_form_is_short():
    source = (ROOT / "examples/cms_higgs_4l.py").read_text()
    statements = ast.parse(source).body[1:]  # without the docstring
    assert sum(node.end_lineno - node.lineno + 1 for node in statements) <= 25


@pytest.mark.skipif(not CMS.is_dir(), reason="the folder of open data is not beside the checkout")
def test_the_two_forms_agree_on_real_collisions(tmp_path):
    text = (ROOT / "examples/cms_higgs_4l.yaml").read_text()
    network = "  network: {use: network, hidden: [64, 64]}\n"
    assert network in text
    (tmp_path / "search.yaml").write_text(text.replace(network, ""))
    fivesigma = Path(sys.executable).with_name("fivesigma")
    search = [fivesigma, "run", tmp_path / "search.yaml", "--data", CMS, "--output", tmp_path / "run"]
    subprocess.run(search, check=True, capture_output=True)
    results = json.loads((tmp_path / "run/results.json").read_text())
    command = [sys.executable, ROOT / "examples/cms_higgs_4l.py", CMS]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    area, band = done.stdout.splitlines()
    assert float(area.split()[0]) == pytest.approx(results["models"]["trees"]["auc"]["value"], abs=2e-3)
    assert ast.literal_eval(band) == pytest.approx(results["inference"]["shape"]["limit_expected"], rel=1e-6)
    assert results["inference"]["count"]["signal"] == pytest.approx(2.6427, abs=1e-4)
    assert results["inference"]["count"]["background"] == pytest.approx(2.0296, abs=1e-4)
    assert results["inference"]["count"]["observed"] is None
    assert (tmp_path / "limit.svg").is_file()


@pytest.mark.skipif(not LL_MET.is_dir(), reason="the folder of open data is not beside the checkout")
def test_dark_matter_has_a_limit_at_every_mass_and_yields_that_reconcile(tmp_path):
    fivesigma = Path(sys.executable).with_name("fivesigma")
    search = [fivesigma, "run", ROOT / "examples/atlas_dark_matter.yaml", "--data", LL_MET, "--output", tmp_path]
    # a coarser model than the example's: what is tested is the way from files to limits, not how good they are
    quicker = ["training.folds=2", "models.trees.learning_rate=0.2", "models.trees.max_iter=50"]
    settings = [word for setting in quicker for word in ("--set", setting)]
    subprocess.run([*search, *settings], check=True, capture_output=True)
    results = json.loads((tmp_path / "results.json").read_text())
    plane = results["inference"]["limits"]
    limits = {point["parameters"]["m_med"]: point["limit_expected"][2] for point in plane["points"]}
    assert list(limits) == [10, 100, 200, 300, 400, 500, 600, 700, 800, 2000]
    assert sorted(limits.values()) == list(limits.values())
    assert (tmp_path / "figures/limits-limits.svg").is_file()
    kept = (
        (pl.col("sum_lep_charge") == 0)
        & (pl.col("lead_lep_pt") > 30)
        & (pl.col("sublead_lep_pt") > 20)
        & (pl.col("mll") > 76)
        & (pl.col("mll") < 106)
        & (pl.col("N_bjets") == 0)
        & (pl.col("dphi_pTll_ETmiss") > 2.6)
        & (pl.col("fractional_pT_difference") < 0.2)
    )
    cutflow = json.loads((tmp_path / "cutflow.json").read_text())
    templates = json.loads((tmp_path / "templates/limits.json").read_text())
    for name, file in (("zz", "ZZ"), ("wz", "WZ"), ("dm_300", "DM_300")):
        events = pl.read_csv(LL_MET / f"{file}.csv")
        weight, left = events["totalWeight"], events.filter(kept)["totalWeight"]
        within = 1e-12 * weight.abs().sum()
        assert cutflow[name][0]["total"] == pytest.approx(weight.sum(), abs=within)
        assert cutflow[name][-1]["total"] == pytest.approx(left.sum(), abs=within)
        assert results["samples"][name]["yield"] == pytest.approx(left.sum(), abs=within)
        filled = templates[f"all/{name}"]["storage"]["values"]
        assert np.sum(filled) == pytest.approx(left.sum(), abs=within)
    # the published cross section of the mediator times 10 fb⁻¹, of which the cuts keep a part
    (point,) = (p for p in plane["points"] if p["parameters"]["m_med"] == 300)
    assert point["cross_section"] == pytest.approx(0.063965 * 0.827, rel=1e-3)
    assert results["samples"]["dm_300"]["yield"] < point["cross_section"] * 1e4
