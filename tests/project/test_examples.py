"""The examples run, on open data where they are beside the checkout, and the two forms of one search agree."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fivesigma.analysis.configuration import load_configuration

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"
CMS = DATA / "cms_h4l"


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
    # what the Python form does not have: a network, and a fit of the mass alone
    for more in (
        "  network: {use: network, hidden: [64, 64]}\n",
        "  mass: {type: template_fit, observable: m4l, regions: [window, sides]}\n",
    ):
        assert more in text
        text = text.replace(more, "")
    (tmp_path / "search.yaml").write_text(text)
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
