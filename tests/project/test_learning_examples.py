"""The examples that compare models: as good as is known to be possible, and all of their models on one page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.run import run_analysis
from fivesigma.analysis.score_files import load_scores
from fivesigma.analysis.stages import Stages
from fivesigma.evaluation.roc import roc

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"
EXAMPLES = ("compare_models", "higgsml", "lhco_supervised")


def models(example):
    return YAML(typ="safe").load(ROOT / f"examples/{example}.yaml")["models"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_six_models_at_least_are_compared(example):
    assert len(models(example)) >= 6


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of open data is not beside the checkout")
@pytest.mark.parametrize(
    ("example", "folder", "kept", "least"),
    [
        ("lhco_supervised", "lhco", ("lightgbm", "network"), 0.962),
        ("higgsml", "higgsml", ("lightgbm", "network"), 0.918),
    ],
)
def test_out_of_fold_auc_is_what_can_be_had(example, folder, kept, least, tmp_path):
    """Weighted areas; the whole examples, with more models, are for `make test-slow`."""
    configuration = YAML(typ="safe").load(ROOT / f"examples/{example}.yaml")
    configuration["models"] = {name: configuration["models"][name] for name in kept}
    (tmp_path / "search.yaml").write_text(json.dumps(configuration))
    run = run_analysis(tmp_path / "search.yaml", tmp_path / "run", data=DATA / folder, until="models").directory
    directory = RunDirectory(run)
    dataset = load_dataset(directory, Stages(directory=directory).recorded("events"))
    areas = {name: roc(dataset, load_scores(directory, name, 5)).auc.value for name in kept}
    assert all(area > least for area in areas.values()), areas


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of open data is not beside the checkout")
@pytest.mark.parametrize(
    ("example", "folder"), [("compare_models", None), ("higgsml", "higgsml"), ("lhco_supervised", "lhco")]
)
def test_all_models_stand_on_the_page_and_most_are_exported(example, folder, tmp_path):
    fivesigma = Path(sys.executable).with_name("fivesigma")
    data = ["--data", DATA / folder] if folder else []
    command = [fivesigma, "run", ROOT / f"examples/{example}.yaml", *data, "--output", tmp_path / "run"]
    subprocess.run(command, check=True, capture_output=True)
    results = json.loads((tmp_path / "run/results.json").read_text())
    page = (tmp_path / "run/report.html").read_text()
    assert list(results["models"]) == list(models(example))
    assert all(name in page for name in results["models"])
    best = max(model["auc"]["value"] for model in results["models"].values())
    assert best > {"compare_models": 0.95, "higgsml": 0.918, "lhco_supervised": 0.962}[example]
    exported = subprocess.run(
        [fivesigma, "export", tmp_path / "run", "--onnx"], check=True, capture_output=True, text=True
    )
    assert len(exported.stdout.splitlines()) >= len(results["models"]) - 1
