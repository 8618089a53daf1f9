"""A small search: two Gaussians in three inputs, a mass, and data; and runs of it that tests share."""

import copy
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import save_file

from fivesigma.analysis.run import run_analysis
from fivesigma.core.identity import file_digest
from fivesigma.learning.storage import description_digest

CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "toy", "luminosity": 10.0, "energy": 13.0, "seed": 7, "blind": False},
    "samples": {
        "sig": {"kind": "signal", "files": "sig.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
        "data": {"kind": "data", "files": "data.parquet", "pseudo": True},
    },
    "events": {"weight": "w", "select": {"low": "mass > 102", "high": "mass < 148"}},
    "features": {"inputs": {"a": "x0", "b": "x1 + 0.5 * x2", "c": "x2"}, "observables": {"m": "mass"}},
    "models": {
        "forest": {"use": "random_forest", "n_estimators": 5, "max_depth": 4},
        "trees": {"use": "hist_gradient_boosting", "max_iter": 5, "inputs": ["a", "b"]},
    },
    "training": {"folds": 2},
    "regions": {
        "window": {"kind": "signal", "select": "118 < m < 132"},
        "sides": {"kind": "control", "select": "m < 118 or m > 132"},
    },
    "systematics": {
        "luminosity": {"type": "normalisation", "size": 0.02},
        "rate": {"type": "normalisation", "size": 0.1, "samples": ["bkg"]},
    },
    "inference": {
        "count": {"type": "counting", "region": "window", "background_uncertainty": 0.1},
        "cut": {"type": "counting", "region": "window", "model": "trees"},
        "score": {"type": "template_fit", "observable": "forest", "bins": 4},
        "mass": {"type": "template_fit", "observable": "m", "bins": [102, 112, 118, 125, 132, 148]},
        "both": {
            "type": "template_fit",
            "observable": "m × trees",
            "regions": ["window", "sides"],
            "bins": {"m": [102, 118, 132, 148], "trees": 2},
        },
    },
}


def events(kind: str, count: int, seed: int) -> pl.DataFrame:
    """Return toy events: signal lies higher in every input and peaks in the mass."""
    generator = np.random.default_rng([seed, len(kind)])
    signal = generator.random(count) < {"signal": 1.0, "background": 0.0, "data": 0.1}[kind]
    inputs = generator.normal(0.8 * signal[:, None], 1.0, size=(count, 3))
    mass = np.where(signal, generator.normal(125, 2, count), generator.uniform(100, 150, count))
    weight = (
        {"signal": 40.0, "background": 400.0, "data": float(count)}[kind] / count * generator.uniform(0.5, 1.5, count)
    )
    return pl.DataFrame(
        {
            "event": np.arange(count) + {"signal": 0, "background": 10**6, "data": 2 * 10**6}[kind],
            **{f"x{i}": inputs[:, i] for i in range(3)},
            "mass": mass,
            "w": weight,
        }
    )


class Toy:
    """A folder of event files, configurations beside them, and runs of those."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, kind, count in (("sig", "signal", 900), ("bkg", "background", 1800), ("data", "data", 440)):
            events(kind, count, seed=1).write_parquet(root / f"{name}.parquet")

    def yaml(self, name: str = "toy", **changes: object) -> Path:
        """Write the configuration, with some of its parts replaced (removed where None), and return its path."""
        config = copy.deepcopy(CONFIGURATION) | changes
        path = self.root / f"{name}.yaml"
        path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
        return path

    def run(self, output: str, path: Path | None = None, **options: object):
        """Run an analysis into a directory of the folder."""
        return run_analysis(path or self.yaml(), self.root / output, **options)


@pytest.fixture
def configuration():
    """A copy of the configuration, to harm."""
    return copy.deepcopy(CONFIGURATION)


@pytest.fixture
def toy(tmp_path):
    """A folder with event files of one test's own."""
    return Toy(tmp_path)


@pytest.fixture(scope="session")
def shared_toy(tmp_path_factory):
    """A folder with event files that tests share and leave as they are."""
    return Toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def untraced():
    """A function that returns the numbers in a page's tables that do not tell where they come from."""

    def found(page):
        cells = re.findall(r'<td class="number">(.*?)</td>', page.read_text(encoding="utf-8"), re.DOTALL)
        assert len(cells) > 20
        return [cell for cell in cells if re.search(r"\d", cell) and "data-from" not in cell]

    return found


@pytest.fixture
def rewritten():
    """A function that writes a model's arrays, and changes of its description, as if they had been written so."""

    def rewrite(folder, arrays=None, **changes):
        told = json.loads((folder / "model.json").read_text()) | changes
        if arrays is not None:
            save_file(arrays, folder / "arrays.safetensors")
            told["files"]["arrays.safetensors"] = file_digest(folder / "arrays.safetensors")
        del told["digest"]
        (folder / "model.json").write_text(json.dumps({**told, "digest": description_digest(told)}))

    return rewrite
