"""What bash itself proposes when the Tab key is pressed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRESS_TAB = """
compopt() { :; }  # only bash's own Tab key may call it
eval "$(_FIVESIGMA_COMPLETE=bash_source fivesigma)"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_fivesigma_completion fivesigma
printf '%s\\n' "${COMPREPLY[@]}"
"""


def proposed(folder, *words):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "-c", PRESS_TAB, "bash", "fivesigma", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ex"], ["explain", "explore", "export"]),
        (["run", "h"], ["heavy-higgs", "higgs-4l"]),
        (["run", "toy.y"], []),  # no recipe: bash goes on with files
        (["explain", "score-f"], ["score-follows-observable"]),
        (["export", "--he"], ["--hepdata", "--help"]),
        (["score", "runs/one", "t"], ["trees"]),
    ],
)
def test_proposals(tmp_path, words, found):
    for name in ("trees", "network"):
        (tmp_path / "runs/one/models" / name).mkdir(parents=True)
    assert proposed(tmp_path, *words) == found
