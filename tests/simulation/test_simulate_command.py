"""The command in a process of its own, as users run it: what it prints, what it leaves, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fivesigma.simulation.files import write_events

SCRIPT = """
from dataclasses import replace
from fivesigma.cli.main import main
from fivesigma.simulation.cards import catalogue
higgs = catalogue.RECIPES["higgs-4l"].process("higgs")
cards = tuple(replace(higgs, name=name, chunk_size=size) for name, size in (("higgs", 100), ("slow", 1_000_000)))
catalogue.RECIPES["small"] = replace(catalogue.RECIPES["higgs-4l"], recipe="small", processes=cards, pseudo_data=())
main()
"""
"""With a recipe of cards that are like those of the package, but make fewer events at a time."""


def command(*arguments):
    return [sys.executable, "-c", SCRIPT, "simulate", *map(str, arguments)]


def run(*arguments):
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


HIGGS = ("small", "--events", "20", "--process", "higgs")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    pytest.importorskip("pythia8mc")
    folder = tmp_path_factory.mktemp("undisturbed") / "out"
    return folder, run(*HIGGS, "--process", "higgs", "--output", folder)


def test_only_the_files_made_go_to_stdout(undisturbed):
    folder, done = undisturbed
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder / 'higgs.parquet'}\n"  # once, though named twice
    assert "higgs: its card switches multiparton interactions off" in done.stderr
    assert "PYTHIA" not in done.stdout + done.stderr
    assert list(files_of(folder)) == ["higgs.parquet"]


MISTAKES = {
    ("higgs-4", "--events", "10"): "error: no simulation for recipe 'higgs-4'; did you mean higgs-4l",
    ("higgs-4l", "--events", "10", "--process", "zzz"): "error: higgs-4l has no process 'zzz'; did you mean zz?",
    ("higgs-4l", "--events", "0"): "0 is not in the range x>=1",
    ("higgs-4l", "--events", "many"): "'many' is not a valid integer",
    ("higgs-4l", "--events", "10", "--workers", "0"): "0 is not in the range x>=1",
    ("higgs-4l", "--events", "10", "--format", "csv"): "'csv' is not one of 'parquet', 'root'",
    ("higgs-4l",): "Missing option '--events'",
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.items(), ids=["-".join(each) for each in MISTAKES])
def test_mistakes_are_told_and_nothing_is_made(tmp_path, arguments, message):
    done = run(*arguments, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_an_output_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("theirs")
    done = run(*HIGGS, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "is a file" in done.stderr
    assert (tmp_path / "out").read_text() == "theirs"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_an_output_that_may_not_be_written_is_an_error(tmp_path):
    tmp_path.chmod(0o500)
    done = run(*HIGGS, "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "Permission denied" in done.stderr


def test_an_output_below_a_file_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    done = run(*HIGGS, "--output", tmp_path / "file" / "out")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: cannot write into")
    assert "Not a directory" in done.stderr


def test_a_file_that_is_not_ours_is_found_before_anything_is_generated(tmp_path):
    write_events(tmp_path / "higgs.parquet", {}, {"key": "ours, of other events"})
    (tmp_path / "zz.parquet").write_bytes(b"theirs")
    before = files_of(tmp_path)
    done = run("higgs-4l", "--events", "10", "--output", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"error: {tmp_path / 'zz.parquet'}: not a readable Parquet file")
    assert "it is left as it is: move it away, or choose another folder" in done.stderr
    assert files_of(tmp_path) == before


def stopped(folder, name, number):
    """Start the command in a group of its own, and send the group a signal once chunks are being made."""
    arguments = command("small", "--events", "10000", "--process", name, "--workers", "2", "--output", folder)
    started = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not list(folder.rglob("00000.npz" if name == "higgs" else f"*-{name}/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    os.killpg(started.pid, number)
    try:
        out, words = started.communicate(timeout=20)
    finally:
        started.kill()
    assert out == ""
    return started.returncode, words


def test_interrupted_it_says_so_in_a_line(tmp_path):
    pytest.importorskip("pythia8mc")
    code, words = stopped(tmp_path, "slow", signal.SIGINT)
    assert code == 130
    assert "Traceback" not in words
    assert words.splitlines()[-1].startswith("interrupted; started again, ")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_killed_and_finished_on_two_workers_it_makes_the_same_bytes_and_leaves_nothing_else(undisturbed, tmp_path):
    code, _ = stopped(tmp_path, "higgs", signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert not list(tmp_path.glob("*.parquet"))
    assert run(*HIGGS, "--workers", "2", "--output", tmp_path).returncode == 0
    assert files_of(tmp_path) == files_of(undisturbed[0])


def test_two_at_once_in_a_folder_do_not_disturb_each_other(tmp_path):
    pytest.importorskip("pythia8mc")
    both = [
        subprocess.Popen(
            command(*HIGGS, "--output", tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    words = [each.communicate(timeout=120)[1] for each in both]
    assert "Traceback" not in "".join(words)
    assert 0 in [each.returncode for each in both]
    for each, said in zip(both, words, strict=True):
        assert each.returncode == 0 or "error: higgs: another simulation is at work on it in" in said
    assert [path.name for path in Path(tmp_path).iterdir()] == ["higgs.parquet"]


@pytest.mark.parametrize("library", ["pythia8mc", "fastjet"])
def test_without_the_libraries_the_extra_is_named(tmp_path, library):
    code = f"import sys; sys.modules[{library!r}] = None; from fivesigma.cli.main import main; main()"
    arguments = ["simulate", "higgs-4l", "--events", "5", "--output", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"error: {library} is not installed; it comes with: pip install")
    assert "Traceback" not in done.stderr


def test_help_is_light():
    code = (
        "import sys; sys.argv += ['simulate', '--help']\n"
        "try:\n    from fivesigma.cli.main import main\n    main()\n"
        "finally:\n    print(sorted({'numpy', 'pythia8mc', 'pyarrow', 'rich', 'awkward'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Make the events of RECIPE" in done.stdout
    assert done.stdout.rstrip().endswith("[]")
