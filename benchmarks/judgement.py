"""Judging whole models: all that a run says of six of them, on 100,000 events, beside what trained them."""

import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from ruamel.yaml import YAML
from table import print_row

from fivesigma.analysis.run import run_analysis

__all__ = ["compare_whole_judgements"]

EVENTS, INPUTS = 100_000, 12
MODELS = {
    "trees": {"use": "hist_gradient_boosting"},
    "few_trees": {"use": "hist_gradient_boosting", "max_iter": 30, "max_leaf_nodes": 7},
    "xgboost": {"use": "xgboost", "max_depth": 4},
    "lightgbm": {"use": "lightgbm", "num_leaves": 15},
    "network": {"use": "network", "hidden": [64, 64], "epochs": 10, "batch_size": 4096},
    "logistic": {"use": "logistic"},
}


def compare_whole_judgements() -> None:
    """Print the time of the judgement, its figures among it, as a ratio to that of the training; in one process each."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder))
        run_analysis(path, Path(folder) / "run", until="events")
        trained = seconds(path, "models")
        judged = seconds(path, "judgement")
    print_row("judging six models and inputs, 100k events", judged, trained, against="training them", unit="s")


def seconds(path: Path, until: str) -> float:
    """Return how much of a processor's time the stages take that do not stand yet."""
    start = time.process_time()
    run_analysis(path, path.parent / "run", until=until)
    return time.process_time() - start


def written(folder: Path) -> Path:
    """Write events of two classes and an analysis of them; return its path."""
    generator = np.random.default_rng(1)
    for name, shift in (("signal", 0.3), ("background", 0.0)):
        columns = {f"x{i}": generator.normal(shift, 1, EVENTS // 2) for i in range(INPUTS)}
        mass = generator.normal(500, 30, EVENTS // 2) if shift else generator.exponential(200, EVENTS // 2) + 200
        weight = generator.gamma(2.0, 0.5, EVENTS // 2) * (0.01 if shift else 1)
        pl.DataFrame({**columns, "mass": mass, "w": weight}).write_parquet(folder / f"{name}.parquet")
    analysis = {
        "fivesigma": 1,
        "analysis": {"name": "bench", "luminosity": 10.0, "energy": 13.0},
        "samples": {name: {"kind": name, "files": f"{name}.parquet"} for name in ("signal", "background")},
        "events": {"weight": "w"},
        "features": {"inputs": {f"x{i}": f"x{i}" for i in range(INPUTS)}, "observables": {"mass": "mass"}},
        "models": MODELS,
    }
    path = folder / "bench.yaml"
    YAML().dump(analysis, path)
    return path


if __name__ == "__main__":
    compare_whole_judgements()
