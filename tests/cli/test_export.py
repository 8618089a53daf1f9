"""`fivesigma export` writes what converts, names what does not, and says what could be exported."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def run(fivesigma):
    """The directory of a run with two models, one of which has no converter, and of one without any."""
    models = {
        "forest": {"use": "random_forest", "n_estimators": 3, "max_depth": 3},
        "centroid": {"use": "NearestCentroid"},
    }
    fivesigma.yaml("models.yaml", models=models)
    for name, yaml in (("models", "models.yaml"), ("none", "toy.yaml")):
        done = fivesigma("run", yaml, "--output", f"runs/{name}", "--until", "models", "--workers", 1)
        assert done.returncode == 0, done.stderr
    return fivesigma.root / "runs"


def test_folders_on_stdout_and_reasons_on_stderr(fivesigma, run):
    done = fivesigma("export", "runs/models", "--onnx")
    assert (done.returncode, done.stdout) == (0, "runs/models/onnx/forest\n")
    assert "forest: 2 folds; on " in done.stderr
    assert "centroid is not exported: skl2onnx has no NearestCentroid" in done.stderr
    described = json.loads((run / "models/onnx/forest/export.json").read_text())
    assert described["input"]["columns"] == [{"name": "a", "expression": "x"}]


def test_elsewhere_and_one_model(fivesigma, run):
    done = fivesigma("export", "runs/models", "--onnx", "--model", "forest", "--output", "exported")
    assert (done.returncode, done.stdout) == (0, "exported/forest\n")
    assert "centroid" not in done.stderr


def test_nothing_exported_is_a_failure(fivesigma, run):
    done = fivesigma("export", "runs/models", "--onnx", "--model", "centroid")
    assert (done.returncode, done.stdout) == (1, "")
    assert "centroid is not exported: skl2onnx has no NearestCentroid" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["runs/models"], 2, "say what to export of runs/models: --onnx for its models, which are forest, centroid"),
        (["runs/models", "--onnx", "--model", "frost"], 1, "no model 'frost'; did you mean forest?"),
        (["runs/none", "--onnx"], 1, "runs/none: no model was trained there; its analysis names none"),
        (["runs", "--onnx"], 1, "runs: no run directory; `fivesigma run` makes one"),
        (["nowhere"], 1, "nowhere: there is no such folder"),
        (["toy.yaml", "--onnx"], 1, "toy.yaml: there is no such folder"),
        (["runs/models", "--onxx"], 2, "No such option"),
        ([], 2, "Missing argument 'RUN'"),
    ],
)
def test_mistakes_end_in_a_message(fivesigma, run, arguments, code, message):
    done = fivesigma("export", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'onnx':
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
sys.argv = ['fivesigma', 'export', 'runs/models', '--onnx']
from fivesigma.cli.main import main
main()
"""


def test_without_onnx_the_extra_is_named(fivesigma, run):
    command = [sys.executable, "-c", ABSENT]
    done = subprocess.run(command, cwd=fivesigma.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ONNX is not installed; it comes with: pip install 'fivesigma[onnx]'" in done.stderr
    assert "Traceback" not in done.stderr
