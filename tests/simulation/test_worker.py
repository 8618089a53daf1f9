"""The worker in a process of its own: its exit status and its words, and that it ends with who asked for it."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.chunks import ChunkTask, read_chunk
from fivesigma.simulation.objects.detector import DETECTOR

pytest.importorskip("pythia8mc")

ASKS_AND_GOES = """
import os, subprocess, sys
command = [sys.executable, "-m", "fivesigma.simulation.worker", sys.argv[1], str(os.getpid())]
worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(worker.pid)
"""


def task(path, **fields):
    asked = {
        "process": RECIPES["higgs-4l"].process("higgs"),
        "detector": DETECTOR,
        "seed": 1,
        "stream": "test",
        "index": 3,
        "size": 50,
        "path": path,
        "timeout": 60.0,
    }
    return ChunkTask(**asked | fields).to_json()


def worker(text):
    command = [sys.executable, "-m", "fivesigma.simulation.worker", text, str(os.getpid())]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_numbers_count_on_from_earlier_chunks_and_nothing_else_is_written(tmp_path):
    done = worker(task(tmp_path / "a.npz"))
    assert (done.returncode, done.stderr) == (0, "")
    chunk = read_chunk(tmp_path / "a.npz")
    assert (chunk.index, chunk.generated, chunk.filter_efficiency) == (3, 50, 1.0)
    assert len(chunk.number) > 0
    assert ((chunk.number >= 150) & (chunk.number < 200)).all()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_what_cannot_be_written_is_said_in_a_line(tmp_path):
    done = worker(task(tmp_path / "nowhere" / "a.npz"))
    assert done.returncode == 1
    assert done.stderr == f"cannot write {tmp_path / 'nowhere' / 'a.npz'}: No such file or directory\n"


def test_an_unknown_final_state_is_answered_with_the_nearest(tmp_path):
    card = replace(RECIPES["higgs-4l"].process("higgs"), final_state="for_leptons")
    done = worker(task(tmp_path / "a.npz", process=card))
    assert done.stderr.startswith("no final state 'for_leptons'; did you mean four_leptons")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for the worker in /proc")
def test_it_ends_when_who_asked_is_gone(tmp_path):
    command = [sys.executable, "-c", ASKS_AND_GOES, task(tmp_path / "a.npz", size=10_000_000)]
    pid = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    deadline = time.monotonic() + 45  # the kernel's alarm would end it after 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)
    assert not list(tmp_path.iterdir())


def alive(pid):
    try:
        os.kill(pid, 0)
        return "fivesigma.simulation.worker" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
