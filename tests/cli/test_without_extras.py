"""What must work where PyTorch is not installed."""

from __future__ import annotations

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
