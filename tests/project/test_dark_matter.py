"""The example of a signal grid, on the open data of ATLAS: a limit at every mass, and yields that reconcile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
LL_MET = ROOT.parent / "shared/data/atlas_ll_met"


@pytest.mark.skipif(not LL_MET.is_dir(), reason="the folder of open data is not beside the checkout")
def test_dark_matter_has_a_limit_at_every_mass_and_yields_that_reconcile(tmp_path):
    fivesigma = Path(sys.executable).with_name("fivesigma")
    search = [fivesigma, "run", ROOT / "examples/atlas_dark_matter.yaml", "--data", LL_MET, "--output", tmp_path]
    # a coarser model and wider bins than the example's: what is tested is the way from files to limits, not how good they are
    quicker = ["training.folds=2", "models.trees.learning_rate=0.2", "models.trees.max_iter=50"]
    quicker.append("inference.limits.bins={met: [80, 120, 200, 1000], trees: [0, 0.9, 1]}")
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
