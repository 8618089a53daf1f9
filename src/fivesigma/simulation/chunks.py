"""One piece of a generation, made in a process of its own that can be killed and is made again if it was.

A chunk is a fixed number of generated events with a seed of its own, so that the events do not depend on how many
workers there are. It is written whole or not at all; one that stands, made by the same card, is not made again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from fivesigma.core.arrays import Floats
from fivesigma.core.identity import derive_seed
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.processes import Process
from fivesigma.simulation.running import Running

__all__ = ["Chunk", "ChunkTask", "make_chunk", "read_chunk"]

_ATTEMPTS = 2
_PACKAGE_PARENT = Path(__file__).parents[2]
_PYTHIA_SEEDS = 900_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTask:
    """What a worker process is to make, and where to write it.

    Attributes
    ----------
    process, detector
        What is generated and what sees it.
    seed
        Seed of the whole generation; the chunk's own is derived from it.
    stream
        Name that sets apart generations that must share no event, say of simulation and of pseudo-data.
    index, size
        Which chunk, and how many events are generated in it.
    path
        File to write.
    timeout
        Seconds of wall time after which the worker is killed.
    """

    process: Process
    detector: Detector
    seed: int
    stream: str
    index: int
    size: int
    path: Path
    timeout: float

    def chunk_seed(self, consumer: str) -> int:
        """Return the seed of one consumer of random numbers in this chunk, in Pythia's range 1 ... 900 000 000."""
        return derive_seed(self.seed, self.process.name, self.stream, consumer, self.index) % _PYTHIA_SEEDS + 1

    def to_json(self) -> str:
        """Return the task as text, for the worker's command line."""
        return _TEXT.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> ChunkTask:
        """Return the task that `to_json` wrote."""
        return _TEXT.validate_json(text)


_TEXT = TypeAdapter(ChunkTask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What a worker made.

    Attributes
    ----------
    index
        Which chunk.
    generated
        How many events Pythia made.
    sum_of_weights
        Sum of their weights. Pythia's weights are 1, but for the few events where its phase-space maximum was too low.
    filter_efficiency
        Fraction of what Pythia selected that passed the card's filters.
    cross_section, cross_section_error
        Pythia's own estimate in pb, of what passed the filters, and its statistical error.
    number
        Number within the generation of each event that was kept, shape (n,).
    weight
        Pythia's weight of those events, shape (n,).
    columns
        Columns of those events by name, each of shape (n,).
    """

    index: int
    generated: int
    sum_of_weights: float
    filter_efficiency: float
    cross_section: float
    cross_section_error: float
    number: NDArray[np.int64]
    weight: Floats
    columns: Mapping[str, NDArray[Any]]


def make_chunk(task: ChunkTask, running: Running | None = None) -> Chunk:
    """Return a chunk: from its file if that stands, else made now by a process of its own.

    A worker that was killed from outside is forgiven once.

    Parameters
    ----------
    task
        What to make.
    running
        By which the worker can be stopped.

    Raises
    ------
    SimulationError
        If the worker fails, is killed again, or takes longer than its timeout.
    """
    for attempt in range(_ATTEMPTS):
        if _stands(task.path):
            break
        _run_worker(task, running or Running(), last=attempt == _ATTEMPTS - 1)
    return read_chunk(task.path)


def _stands(path: Path) -> bool:
    """Return whether the chunk's file is there and whole; one that a failing disk has damaged is made again."""
    try:
        read_chunk(path)
    except (OSError, EOFError, ValueError, LookupError, TypeError, zipfile.BadZipFile, zlib.error):
        return False
    return True


def read_chunk(path: Path) -> Chunk:
    """Return the chunk of a file that a worker wrote; ValueError, LookupError or TypeError if it is of something else."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(str(arrays.pop("header")))
    shapes = {array.shape for array in arrays.values()}
    sums = ("sum_of_weights", "filter_efficiency", "cross_section", "cross_section_error")
    numbers = (*(header[name] for name in sums), *arrays["weight"])
    if shapes != {(len(arrays["number"]),)} or arrays["number"].dtype != np.int64 or not np.isfinite(numbers).all():
        raise ValueError(f"{path}: not the arrays of a chunk")
    return Chunk(number=arrays.pop("number"), weight=arrays.pop("weight"), columns=arrays, **header)


def _run_worker(task: ChunkTask, running: Running, *, last: bool) -> None:
    # -P: the current directory is the user's, and no place to import modules from
    command = [sys.executable, "-P", "-m", "fivesigma.simulation.worker", task.to_json(), str(os.getpid())]
    path = os.pathsep.join(filter(None, (str(_PACKAGE_PARENT), os.environ.get("PYTHONPATH"))))
    status, words = running.run(command, os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"})
    what = f"{task.process.name}, chunk {task.index}"
    if status == -signal.SIGALRM:
        raise SimulationError(f"{what}: {task.size} events took longer than {task.timeout:g} s; the worker was stopped")
    if status == -signal.SIGINT:
        raise SimulationError(f"{what}: interrupted; started again, the simulation goes on here")
    if status < 0 and last:
        name = signal.Signals(-status).name
        raise SimulationError(f"{what}: the worker was killed {_ATTEMPTS} times, at last by {name}; is memory short?")
    if status > 0:
        lines = words.strip().splitlines() or ["no message"]
        raise SimulationError(f"{what}: {lines[-1]}")
