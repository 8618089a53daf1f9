"""The README's examples do what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(language: str, containing: str = "") -> str:
    """Return the first code block of a language that contains a text."""
    found = re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    return next(text for text in found if containing in text)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder in which paths lead where they do in a checkout, and that may be written to."""
    (tmp_path / "src").symlink_to(ROOT / "src")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_two_examples_run_and_agree(checkout: Path) -> None:
    (checkout / "four_leptons.yaml").write_text(block("yaml"))
    command = shlex.split(block("console", "fivesigma run"))
    run([str(Path(sys.executable).with_name(command[0])), *command[1:]], checkout)
    results = json.loads((checkout / "runs/four-leptons/results.json").read_text())
    (checkout / "example.py").write_text(block("python") + "\nprint(limit.expected[2])\n")
    auc, median = run([sys.executable, "example.py"], checkout).splitlines()
    assert float(auc.split()[0]) == pytest.approx(results["models"]["trees"]["auc"]["value"], abs=1e-3)
    assert float(median) == pytest.approx(results["inference"]["shape"]["limit_expected"][2], rel=1e-3)
    assert (checkout / "limit.svg").read_text().startswith("<?xml")


def test_make_knows_the_two_commands() -> None:
    targets = re.findall(r"^make ([\w-]+)", block("console", "make"), flags=re.MULTILINE)
    assert targets == ["demo", "test"]
    for target in targets:
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=True)


def test_files_it_points_to_are_there() -> None:
    missing = [link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not (ROOT / link).exists()]
    assert not missing


def two_tables(folder: Path) -> None:
    """Write what a newcomer may have: a table of signal and one of background."""
    random = np.random.default_rng(5)
    for name, count, moved, weight in (("signal", 900, 0.8, 0.03), ("background", 3000, 0.0, 0.27)):
        met, eta = 80 * np.exp(random.normal(moved, 1, count) / 3), random.normal(moved, 1, count)
        mass = random.normal(500, 30, count) if name == "signal" else 200 + random.exponential(200, count)
        rows = [f"{a:.2f},{b:.3f},{c:.1f},{weight}" for a, b, c in zip(met, eta, mass, strict=True)]
        (folder / f"{name}.csv").write_text("\n".join(["met,eta,mass,weight", *rows]) + "\n")


def test_two_tables_become_a_limit(tmp_path: Path) -> None:
    two_tables(tmp_path)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    done = subprocess.run(
        ["sh", "-e", "-c", block("sh", "fivesigma init")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shape = json.loads((tmp_path / "runs/search/results.json").read_text())["inference"]["shape"]
    assert 0 < shape["limit_expected"][2] < 5
    assert f"{shape['limit_expected'][2]:.3g}" in done.stdout
