"""What must work where PyTorch is not installed."""

from __future__ import annotations

import json
import subprocess
import sys

ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'torch':
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
sys.argv = ['fivesigma', *sys.argv[1:]]
from fivesigma.cli.main import main
main()
"""


def without_torch(*arguments):
    return subprocess.run([sys.executable, "-c", ABSENT, *arguments], capture_output=True, text=True, check=False)


def test_recipes_are_listed_without_pytorch():
    done = without_torch("recipes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "higgs-4l" in done.stdout


def test_an_analysis_that_needs_pytorch_says_what_to_install():
    done = without_torch("validate", "higgs-4l")
    assert done.returncode == 2
    assert "pip install 'fivesigma[torch]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_optional_model_is_left_out_with_what_is_inferred_from_it(tmp_path):
    configuration = """
fivesigma: 1
analysis: {name: optional, luminosity: 1, energy: 13}
samples:
  sig: {kind: signal, files: sig.csv}
  bkg: {kind: background, files: bkg.csv}
features: {inputs: {x: x}}
models:
  trees: {use: hist_gradient_boosting, max_iter: 5}
  network: {use: network, optional: true}
training: {folds: 2}
inference:
  with_trees: {type: template_fit, observable: trees, bins: 2}
  with_network: {type: template_fit, observable: network, bins: 2}
"""
    (tmp_path / "optional.yaml").write_text(configuration)
    for name, shift in (("sig", 3), ("bkg", 0)):
        lines = ["x", *(str(0.01 * number % 5 + shift) for number in range(1000))]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    done = without_torch("run", tmp_path / "optional.yaml", "--output", tmp_path / "run", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "warning: model-left-out: network: It is optional, and PyTorch is not installed" in done.stderr
    assert "pip install 'fivesigma[torch]'" in done.stderr
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert set(results["models"]) == {"trees"}
    assert set(results["inference"]) == {"with_trees"}
