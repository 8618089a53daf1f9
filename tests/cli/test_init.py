"""``init`` writes a YAML that ``validate`` accepts and ``run`` executes, wherever it is saved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

SHARED = Path(__file__).parents[3] / "shared/data"


@pytest.fixture(scope="module")
def folder(fivesigma):
    generator = np.random.default_rng(6)
    for name, mean, count in (("higgs", 1, 30), ("zz", 0, 90), ("seen_data", 0, 60)):
        frame = pl.DataFrame({"x": generator.normal(mean, 1, count), "mll": generator.normal(90, 3, count)})
        frame.write_csv(fivesigma.root / f"{name}.csv")
    return fivesigma


def test_options_take_files_up_to_the_next(folder):
    flags = folder("init", "--signal", "higgs.csv", "--background", "zz.csv", "bkg.parquet", "--data", "seen_data.csv")
    again = ("--background", "bkg.parquet", "--data=seen_data.csv", "--signal", "higgs.csv")
    repeated = folder("init", "--background", "zz.csv", *again)
    assert (flags.returncode, flags.stderr) == (0, "")
    assert flags.stdout == repeated.stdout
    guessed = folder("init", "higgs.csv", "zz.csv", "bkg.parquet", "seen_data.csv")
    assert guessed.stdout == flags.stdout.replace("signal\n", "signal # guessed\n").replace(
        "background\n", "background # guessed\n"
    ).replace("data\n", "data # guessed\n")


def test_files_before_the_first_option_are_guessed(folder):
    done = folder("init", "zz.csv", "--signal", "higgs.csv")
    assert "kind: background # guessed" in done.stdout
    assert "kind: signal\n" in done.stdout


def test_what_is_written_is_valid_and_runs(folder, tmp_path):
    files = [folder.root / name for name in ("higgs.csv", "zz.csv", "seen_data.csv")]
    made = folder("init", "--signal", files[0], "--background", files[1], "--data", files[2])
    elsewhere = tmp_path / "starter.yaml"
    elsewhere.write_text(made.stdout)
    assert folder("validate", elsewhere).returncode == 0
    done = folder("run", elsewhere, "--workers", 1, "--output", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert {name: sample["events"] for name, sample in results["samples"].items()} == {"higgs": 30, "zz": 90, "data": 0}
    assert results["inference"]["count"]["observed"] is None


def test_relative_names_stay_relative_below_the_current_folder(folder, monkeypatch):
    assert 'files: "higgs.csv"' in folder("init", "--signal", "higgs.csv", "--background", "zz.csv").stdout
    (folder.root / "deeper").mkdir(exist_ok=True)
    outside = folder("init", "--signal", "deeper/../higgs.csv", "--background", "zz.csv").stdout
    assert f'files: "{folder.root}/deeper/../higgs.csv"' in outside


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "give event files: --signal FILE... --background FILE..."),
        (("--signal",), 2, "'--signal' requires an argument"),
        (("--sginal", "higgs.csv"), 2, "--sginal"),
        (("--signal", "higs.csv", "--background", "zz.csv"), 1, "error: higs.csv: there is no such file"),
        (("--signal", "higgs.csv"), 1, "there is no background among higgs.csv. Say which it is: --background FILE"),
        (("--signal", "higgs.csv", "--background", "higgs.csv"), 1, "no column tells these apart"),
    ],
)
def test_what_is_wrong_is_said(folder, arguments, code, message):
    done = folder("init", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of open data is not beside the checkout")
@pytest.mark.parametrize(
    "arguments",
    [
        "--signal atlas_ll_met/DM_300.csv --background atlas_ll_met/ZZ.csv atlas_ll_met/WZ.csv",
        (
            "--signal atlas_h4l_8tev/skim.mc_105986.ZZ.root --background atlas_h4l_8tev/skim.mc_147770.Zee.root"
            " --data atlas_h4l_8tev/skim.DataEgamma.root"
        ),
        "toy_systematics/prediction.root toy_systematics/data.root",
        "simulated/stop_like.parquet",
        "lhco/lhco_rnd_dev.h5",
        "higgsml/higgsml_dev.csv.gz",
    ],
    ids=lambda arguments: arguments.rpartition(" ")[2].partition("/")[0],
)
def test_published_files_get_a_valid_start(folder, tmp_path, arguments):
    done = folder("init", *(SHARED / argument if "/" in argument else argument for argument in arguments.split()))
    assert done.returncode == 0, done.stderr
    (tmp_path / "starter.yaml").write_text(done.stdout)
    assert folder("validate", tmp_path / "starter.yaml").returncode == 0
