"""A run that is killed again and again goes on where it stopped, and ends with the numbers of an undisturbed one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SMALL = {
    "features": {"inputs": {"a": "x0"}, "observables": {"m": "mass"}},
    "models": {
        "forest": {"use": "random_forest", "n_estimators": 3, "max_depth": 3},
        "slow": {"use": "random_forest", "n_estimators": 60, "max_depth": 3},
    },
    "inference": {
        "count": {"type": "counting", "region": "window", "model": "forest"},
        "mass": {"type": "template_fit", "observable": "m", "bins": [102, 118, 132, 148]},
    },
}
# where to kill: what must be there, and what must not be there yet
POINTS = {
    "reading": ("stages", "stages/events.json"),
    "read": ("stages/events.json", "stages/model-forest.json"),
    "training": ("models/forest", "stages/model-slow.json"),
    "judging": ("figures/roc.svg", "stages/judgement.json"),
    "fitting": ("inference/mass.json", "stages/inference-mass.json"),
    "writing the page": ("findings.json", "results.json"),
}


def command(path, output):
    return [str(Path(sys.executable).parent / "fivesigma"), "run", str(path), "--output", str(output), "--workers", "1"]


def kill_at(path, output, there, not_yet):
    """Start the run, kill it with all its children at a point; return whether it was killed there."""
    done = subprocess.Popen(
        command(path, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while done.poll() is None and not (output / there).exists():
        time.sleep(0.0005)
    hit = done.poll() is None and not (output / not_yet).exists()
    if done.poll() is None:
        os.killpg(done.pid, signal.SIGKILL)
    return done.wait() == -signal.SIGKILL and hit


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key != "seconds"}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def results(output):
    return timeless(json.loads((output / "results.json").read_text()))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_run_killed_at_every_stage_ends_with_the_numbers_of_an_undisturbed_one(toy):
    path, output = toy.yaml("small", **SMALL), toy.root / "killed"
    undisturbed = toy.run("undisturbed", path)
    hits = {point: kill_at(path, output, *where) for point, where in POINTS.items()}
    assert not (output / "results.json").exists()
    assert sum(hits.values()) >= 4, hits
    finished = toy.run("killed", path)
    assert set(finished.redone) < set(undisturbed.redone)
    assert results(output) == results(undisturbed.directory)
    for name in ("scores/slow.safetensors", "templates/mass.json", "figures/roc.svg", "figures/features.pdf"):
        assert (output / name).read_bytes() == (undisturbed.directory / name).read_bytes(), name
    left = [str(file.relative_to(output)) for file in output.rglob("*") if ".part" in file.name]
    assert left == []
    files = [sorted(str(f.relative_to(run)) for f in run.rglob("*")) for run in (output, undisturbed.directory)]
    assert files[0] == files[1]
