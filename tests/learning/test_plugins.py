"""Classifiers of other distributions, found by the entry points of what is installed: here in a folder on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = '''
import numpy as np
from fivesigma.core.errors import DataError

class FirstInput:
    """Scores by the first input; learns its mean."""
    suffix, prepares_with, takes_missing, takes_negative_weights, trains_on = ".txt", (), True, True, "both"

    def __init__(self, *, sign=1):
        self.sign = sign

    @classmethod
    def parameters(cls):
        return {"sign": 1}

    def fit(self, train, validation, *, seed):
        self.mean = float(np.average(train.X[:, 0], weights=train.weight))

    def score(self, X):
        return self.sign * (X[:, 0].astype(float) - self.mean)

    def describe(self):
        return {"mean": self.mean}

    def history(self):
        return {}

    def save(self, path):
        path.write_text(repr(self.mean))

    @classmethod
    def load(cls, path, parameters):
        self = cls(**parameters)
        self.mean = float(path.read_text())
        return self

class NotOne:
    suffix = ".txt"
'''
ENTRIES = """
[fivesigma.models]
first_input = my_models:FirstInput
logistic = my_models:FirstInput
not_one = my_models:NotOne
missing_module = no_such_module:Model
missing_class = my_models:Gone
twice = my_models:FirstInput
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run code where two small distributions are installed."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "my_models.py").write_text(PACKAGE)
    install(folder, "my-models", ENTRIES)
    install(folder, "other-models", "[fivesigma.models]\ntwice = my_models:NotOne\n")

    def run_there(code: str) -> list[str]:
        environment = os.environ | {"PYTHONPATH": str(folder)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        return done.stdout.splitlines()

    return run_there


def install(folder: Path, name: str, entries: str) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)


def test_they_are_cross_fitted_stored_and_read_again(run, tmp_path):
    said = run(
        f"""
import json, sys
import numpy as np
from pathlib import Path
from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import SampleInfo
from fivesigma.learning.catalogue import available, classifier
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.storage import load_model, save_model
print("first_input" in available(), "my_models" in sys.modules)
sample = np.arange(400, dtype=np.int16) % 2
samples = (SampleInfo(name="background", kind="background"), SampleInfo(name="signal", kind="signal"))
data = Dataset(X=np.random.default_rng(1).normal(size=(400, 1)).astype(np.float32) + sample[:, None], inputs=("a",),
               observables={{}}, weight=np.ones(400), id=np.arange(400, dtype=np.uint64), sample=sample, samples=samples)
model = cross_fit("first_input", data, folds=2, sign=-1)
save_model(model, Path({str(tmp_path)!r}))
again = load_model(Path({str(tmp_path)!r}))
print(np.array_equal(again.score(data).raw, model.score(data).raw), model.fits[0].description["mean"] > 0)
print(json.loads((Path({str(tmp_path)!r}) / "model.json").read_text())["use"])
print(classifier("logistic").__name__)
"""
    )
    assert said == ["True False", "True True", "first_input", "Logistic"]  # a name of ours stays ours


def test_what_is_wrong_with_one_is_told_with_its_distribution(run):
    said = run(
        """
from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.classifiers import ModelSpec
for use in ("not_one", "missing_module", "missing_class", "twice", "first_inptu"):
    try: check_spec(ModelSpec(name="m", use=use, inputs=("a",), parameters={}))
    except FivesigmaError as error: print(error)
"""
    )
    assert said == [
        "classifier 'not_one' of my-models is none that fivesigma can train: it lacks prepares_with",
        "classifier 'missing_module' of my-models cannot be imported: No module named 'no_such_module'",
        "classifier 'missing_class' of my-models cannot be imported: module 'my_models' has no attribute 'Gone'",
        "classifier 'twice' is offered by several distributions: my-models, other-models",
        "no classifier 'first_inptu'; did you mean first_input?",
    ]
