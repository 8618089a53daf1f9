"""The process that runs Pythia: ``python -m fivesigma.simulation.worker TASK`` makes one chunk and ends.

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

from fivesigma.core.arrays import Floats
from fivesigma.simulation.chunks import ChunkTask
from fivesigma.simulation.detector import Leptons, detect
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.particles import dressed_leptons
from fivesigma.simulation.reconstruction import four_leptons

__all__ = ["generate_chunk", "main"]

_BATCH = 400
_MILLIBARN_IN_PICOBARN = 1e9
_TRUTH_MARGIN = 0.6


def main(arguments: list[str]) -> int:
    """Make the chunk that the only argument describes; a SimulationError becomes one line on stderr."""
    task = ChunkTask.from_json(arguments[0])
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, task.timeout)
    try:
        generate_chunk(task)
    except SimulationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"cannot write {task.path}: {error.strerror}\n")
        return 1
    return 0


def generate_chunk(task: ChunkTask) -> None:
    """Generate, detect, reconstruct, and write the chunk's file whole.

    Raises
    ------
    SimulationError
        If Pythia does not know a setting, cannot start with this card, or makes no events or negative weights.
    OSError
        If the file cannot be written; nothing is left of it then.
    """
    pythia = _start(task)
    random = np.random.default_rng(task.chunk_seed("detector"))
    lowest = _TRUTH_MARGIN * min(task.detector.electron.min_pt, task.detector.muon.min_pt)
    found: list[Leptons] = []
    weights: list[Floats] = []
    for events in _batches(pythia, task.size):
        true = dressed_leptons(events, first=sum(map(len, weights)), min_pt=lowest, dressing=task.detector.dressing)
        found.append(detect(true, task.detector, random))
        weights.append(events.info.weights[:, 0].to_numpy())
    weight = np.concatenate(weights)
    if not len(weight) or weight.min() < 0:
        raise SimulationError("Pythia made no events, or some of negative weight, with this card")
    number, columns = four_leptons(_joined(found), task.detector)
    info = pythia.infoPython()
    header = {
        "index": task.index,
        "generated": len(weight),
        "sum_of_weights": float(weight.sum()),
        "cross_section": info.sigmaGen() * _MILLIBARN_IN_PICOBARN,
        "cross_section_error": info.sigmaErr() * _MILLIBARN_IN_PICOBARN,
        "pythia": f"{pythia.parm('Pythia:versionNumber'):.3f}",
    }
    _write(task.path, header, {"number": task.index * task.size + number, "weight": weight[number], **columns})


def _start(task: ChunkTask) -> Any:
    pythia = pythia8mc.Pythia("", False)
    for setting in (
        "Print:quiet = on",
        "Random:setSeed = on",
        f"Random:seed = {task.chunk_seed('pythia')}",
        *task.process.pythia_settings(),
    ):
        if not pythia.readString(setting):
            raise SimulationError(f"Pythia does not know the setting {setting!r}")
    if not pythia.init():
        raise SimulationError("Pythia cannot start with this card; has it a process and an open decay channel?")
    return pythia


def _batches(pythia: Any, size: int) -> Iterator[ak.Array]:
    parent = os.getppid()
    for start in range(0, size, _BATCH):
        if os.getppid() != parent:
            raise SimulationError("the process that asked for these events is gone")
        yield pythia.nextBatch(min(_BATCH, size - start))


def _joined(parts: list[Leptons]) -> Leptons:
    names = ("event", "pt", "eta", "phi", "type", "charge")
    return Leptons(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


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
