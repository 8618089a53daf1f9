"""The process that runs Pythia: ``python -m fivesigma.simulation.worker TASK PARENT`` makes one chunk and ends.

Pythia holds the interpreter's lock while it generates and may, with an unlucky card, loop for ever: so it runs in a
process of its own, which the kernel's alarm clock kills whatever the interpreter is doing, and which ends when the
process that started it is gone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pythia8mc
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.errors import suggestion
from fivesigma.simulation.chunks import ChunkTask
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.final_states.catalogue import FINAL_STATES, FinalState
from fivesigma.simulation.hooks import FilterHooks
from fivesigma.simulation.objects.particles import read_batch

__all__ = ["generate_chunk", "main"]

_BATCH = 400
_MILLIBARN_IN_PICOBARN = 1e9


def main(arguments: list[str]) -> int:
    """Make the chunk that the first argument describes; a SimulationError becomes one line on stderr.

    The second is the number of the process that asked: by the time it can be looked up, that one may be gone.
    """
    task = ChunkTask.from_json(arguments[0])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, task.timeout)
    try:
        generate_chunk(task, int(arguments[1]))
    except SimulationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"cannot write {task.path}: {error.strerror}\n")
        return 1
    return 0


def generate_chunk(task: ChunkTask, parent: int | None = None) -> None:
    """Generate, detect, reconstruct, and write the chunk's file whole, for as long as the parent process that is named is there.

    Raises
    ------
    SimulationError
        If there is no such final state, Pythia does not know a setting, cannot start with this card, or makes no events or negative weights, if a
        filter drops everything, or if the process that asked is gone.
    OSError
        If the file cannot be written; nothing is left of it then.
    """
    hooks = FilterHooks(task.process.filters)
    pythia = _start(task, hooks)
    random = np.random.default_rng(task.chunk_seed("detector"))
    final_state = _final_state(task.process.final_state)
    weights: list[Floats] = []
    numbers: list[Ints] = []
    columns: list[dict[str, NDArray[Any]]] = []
    first = task.index * task.size
    for events in _batches(pythia, task.size, parent):
        if hooks.exhausted:
            raise SimulationError(f"the filters of this card passed none of the first {hooks.patience} events")
        kept, made = final_state(read_batch(events), task.detector, random)
        numbers.append(first + kept + sum(len(each) for each in weights))
        columns.append(made)
        weights.append(events.info.weights[:, 0].to_numpy())
    weight, number = np.concatenate(weights), np.concatenate(numbers)
    if not len(weight) or weight.min() < 0:
        raise SimulationError("Pythia made no events, or some of negative weight, with this card")
    joined = {name: np.concatenate([each[name] for each in columns]) for name in columns[0]}
    _write(task.path, _header(task, pythia, weight), {"number": number, "weight": weight[number - first], **joined})


def _final_state(name: str) -> FinalState:
    if name not in FINAL_STATES:
        raise SimulationError(f"no final state {name!r}{suggestion(name, FINAL_STATES)}")
    return FINAL_STATES[name]


def _header(task: ChunkTask, pythia: Any, weight: Floats) -> dict[str, Any]:
    info = pythia.infoPython()
    return {
        "index": task.index,
        "generated": len(weight),
        "sum_of_weights": float(weight.sum()),
        "filter_efficiency": info.nAccepted() / info.nSelected(),
        "cross_section": info.sigmaGen() * _MILLIBARN_IN_PICOBARN,
        "cross_section_error": info.sigmaErr() * _MILLIBARN_IN_PICOBARN,
    }


def _start(task: ChunkTask, hooks: FilterHooks) -> Any:
    pythia = pythia8mc.Pythia("", False)
    for setting in (
        "Print:quiet = on",
        "Random:setSeed = on",
        f"Random:seed = {task.chunk_seed('pythia')}",
        *task.process.pythia_settings(),
    ):
        if not pythia.readString(setting):
            raise SimulationError(f"Pythia does not know the setting {setting!r}")
    if task.process.filters:
        pythia.setUserHooksPtr(hooks)
    with tempfile.NamedTemporaryFile("w", suffix=".slha", encoding="ascii") as spectrum:
        if task.process.slha is not None:
            spectrum.write(task.process.slha)
            spectrum.flush()
            pythia.readString(f"SLHA:file = {spectrum.name}")
        if not pythia.init():
            raise SimulationError("Pythia cannot start with this card; has it a process and an open decay channel?")
    return pythia


def _batches(pythia: Any, size: int, parent: int | None) -> Iterator[ak.Array]:
    for start in range(0, size, _BATCH):
        if parent not in (None, os.getppid()):
            raise SimulationError("the process that asked for these events is gone")
        yield pythia.nextBatch(min(_BATCH, size - start))


def _write(path: Path, header: dict[str, Any], arrays: dict[str, Any]) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
        try:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
