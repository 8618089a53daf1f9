"""The README's examples do what it says."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

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
