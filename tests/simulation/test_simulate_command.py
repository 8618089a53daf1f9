"""The command in a process of its own, as users run it."""

import subprocess
import sys

import pytest

SCRIPT = "from fivesigma.cli.simulate import simulate; simulate()"


def run(*arguments, code=SCRIPT):
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_only_the_files_made_go_to_stdout(tmp_path):
    pytest.importorskip("pythia8mc")
    done = run("higgs-4l", "--events", "10", "--process", "higgs", "--output", str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'new' / 'higgs.parquet'}\n"
    assert "higgs" in done.stderr
    assert "PYTHIA" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("higgs-4", "--events", "10"), "no simulation for recipe 'higgs-4'; did you mean higgs-4l?"),
        (("higgs-4l", "--events", "10", "--process", "zzz"), "higgs-4l has no process 'zzz'; did you mean zz?"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(tmp_path, arguments, message):
    done = run(*arguments, "--output", str(tmp_path))
    assert f"ConfigurationError: {message}" in done.stderr
    assert not list(tmp_path.iterdir())


def test_help_is_light():
    code = (
        "import sys; sys.argv.append('--help')\ntry:\n    "
        + SCRIPT.replace("; ", "\n    ")
        + (
            "\nexcept SystemExit:\n    print(sorted({'numpy', 'pythia8mc', 'pyarrow', 'rich', 'awkward'} & set(sys.modules)))"
        )
    )
    done = run(code=code)
    assert "Make the events of RECIPE" in done.stdout
    assert done.stdout.rstrip().endswith("[]")
