"""A search small enough to be run from the command line again and again, and the command itself."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fivesigma.cli.main import main

CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "toy", "title": "A toy", "luminosity": 10.0, "energy": 13.0, "seed": 7},
    "samples": {
        "sig": {"kind": "signal", "files": "sig.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
        "data": {"kind": "data", "files": "data.parquet"},
    },
    "features": {"inputs": {"a": "x"}, "observables": {"m": "mass"}},
    "training": {"folds": 2},
    "regions": {"window": {"kind": "signal", "select": "118 < m < 132"}},
    "inference": {"count": {"type": "counting", "region": "window", "background_uncertainty": 0.1}},
}
FOREST = {"forest": {"use": "random_forest", "n_estimators": 400, "max_depth": 3}}


class Folder:
    """A folder with event files and a YAML, and the command run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        generator = np.random.default_rng(3)
        for number, (name, count) in enumerate({"sig": 300, "bkg": 900, "data": 200}.items()):
            event = np.arange(count) + 10**6 * number
            mass = generator.normal(125, 2, count) if name == "sig" else generator.uniform(100, 150, count)
            frame = pl.DataFrame({"event": event, "x": generator.normal(name == "sig", 1, count), "mass": mass})
            frame.write_parquet(root / f"{name}.parquet")
        self.yaml()

    def yaml(self, name: str = "toy.yaml", **changes: object) -> Path:
        path = self.root / name
        path.write_text(json.dumps({**CONFIGURATION, **changes}, indent=1))
        return path

    def start(self, *arguments: object, **options) -> subprocess.Popen:
        command = [str(Path(sys.executable).parent / "fivesigma"), *map(str, arguments)]
        # a wide terminal, so that words are not wrapped where the test looks for them
        environment = {**os.environ, "COLUMNS": "300"}
        return subprocess.Popen(
            command,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            **options,
        )

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess:
        """Run ``main`` in this process, which is quicker; an error that it lets through fails the test."""
        stdout, stderr, code = io.StringIO(), io.StringIO(), 0
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            patch.chdir(self.root)
            patch.setattr(sys, "argv", ["fivesigma", *map(str, arguments)])
            patch.setenv("COLUMNS", "300")
            try:
                main()
            except SystemExit as stop:
                code = stop.code or 0
        return subprocess.CompletedProcess(arguments, code, stdout.getvalue(), stderr.getvalue())


@pytest.fixture(scope="module")
def fivesigma(tmp_path_factory):
    """The command, run in a folder that holds a small search."""
    return Folder(tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="module")
def finished(fivesigma):
    """The directory of a run from the command line, and what was printed."""
    process = fivesigma.start("run", "toy.yaml", "--workers", 1)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    return fivesigma.root / "runs/toy", subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
