"""Generate events of one process on several workers, chunk by chunk.

The same seed gives the same events whatever the number of workers: a generation is a row of chunks with seeds of their
own, and the first chunks that hold enough selected events are it. Chunks stay on disk until they are discarded, so a
generation that was killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from fivesigma.core.errors import FivesigmaError, MissingExtraError
from fivesigma.core.identity import digest
from fivesigma.core.parallel import Shared, Workers, iterate_map
from fivesigma.core.version import __version__
from fivesigma.simulation.chunks import Chunk, ChunkTask, make_chunk
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.locks import held
from fivesigma.simulation.objects.detector import DETECTOR, Detector
from fivesigma.simulation.processes import Process
from fivesigma.simulation.running import Running
from fivesigma.simulation.soundness import is_file_name, is_positive

__all__ = ["Generation", "Progress"]

Progress: TypeAlias = Callable[[int, int], None]
_PATIENCE = 3
_MOST_WORKERS = 1024
_MOST_AT_ONCE = 1000  # chunks: what is planned is held in memory
_LIBRARIES = ("pythia8mc", "fastjet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A process, what sees it, and how its events are made.

    Attributes
    ----------
    process, detector
        What is generated and what sees it.
    seed
        Seed from which every chunk's own is derived.
    stream
        Name that sets apart generations that must share no event.
    directory
        Where chunks are kept meanwhile, in the folder ``.chunks``.
    workers
        How many processes generate at a time.
    timeout
        Seconds that a chunk may take.
    """

    process: Process
    detector: Detector = DETECTOR
    seed: int
    stream: str
    directory: Path
    workers: int = 1
    timeout: float = 600.0

    def __post_init__(self) -> None:
        what = f"{self.process.name}: a generation"
        if not is_file_name(self.stream):
            raise FivesigmaError(f"{what}'s stream is a name of letters, digits and _ . + -, not {self.stream!r}")
        if not isinstance(self.seed, int):
            raise FivesigmaError(f"{what}'s seed is a whole number, not {self.seed!r}")
        if not 1 <= self.workers <= _MOST_WORKERS:
            raise FivesigmaError(f"{what} has from 1 to {_MOST_WORKERS} workers, not {self.workers}")
        if not is_positive(self.timeout):
            raise FivesigmaError(f"{what}'s timeout is a number of seconds above 0, not {self.timeout}")
        if any("\ud800" <= character <= "\udfff" for character in str(self.directory)):
            raise FivesigmaError(f"{what} needs a folder whose name is Unicode text, not {str(self.directory)!r}")

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what makes the events, by name; MissingExtraError without Pythia or FastJet."""
        try:
            return {"fivesigma": __version__} | {name: importlib.metadata.version(name) for name in _LIBRARIES}
        except importlib.metadata.PackageNotFoundError as error:
            raise MissingExtraError(str(error.name), "simulate") from error

    @property
    def key(self) -> str:
        """Digest of all that the events depend on, but for how many are asked."""
        parts = (asdict(self.process), asdict(self.detector), self.seed, self.stream, self.versions)
        return digest(list(parts))

    def chunks(self, events: int, progress: Progress | None = None) -> tuple[Chunk, ...]:
        """Return the first chunks that hold, together, at least so many selected events.

        Parameters
        ----------
        events
            How many selected events are wanted.
        progress
            Called with (selected events, wanted events) as chunks come in.

        Raises
        ------
        MissingExtraError
            If Pythia or FastJet is not installed.
        SimulationError
            If a worker fails, no event is selected in several chunks, or the directory cannot be written.
        """
        for library in _LIBRARIES:
            if importlib.util.find_spec(library) is None:
                raise MissingExtraError(library, "simulate")
        if events < 1:
            raise FivesigmaError(f"{self.process.name}: at least one event has to be asked for, not {events}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SimulationError(f"cannot make the folder {self._folder}: {error.strerror}") from error
        chunks: list[Chunk] = []
        running = Running()
        with ThreadPoolExecutor(self.workers) as threads, contextlib.closing(running):  # each waits for a process
            while _selected(chunks) < events:
                chunks += self._wave(chunks, events, running, Workers(executor=threads), progress)
        return _enough(chunks, events)

    def discard(self) -> None:
        """Remove the chunks from the disk, also those of other settings for the same process and stream."""
        shutil.rmtree(self._folder.parent, ignore_errors=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the process in this directory for as long as the context lasts; a killed holder lets go of it.

        Raises
        ------
        SimulationError
            If somebody else holds it, or the directory cannot be written.
        """
        path = self._folder.parent.with_name(f"{self._folder.parent.name}.lock")
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(held(path))
            except BlockingIOError as error:
                busy = f"{self.process.name}: another simulation is at work on it in {self.directory}"
                raise SimulationError(f"{busy}; wait for that one, or choose another folder") from error
            except OSError as error:
                raise SimulationError(f"cannot write into {path.parent}: {error.strerror}") from error
            yield

    @property
    def _folder(self) -> Path:
        return self.directory / ".chunks" / f"{self.stream}-{self.process.name}" / self.key

    def _wave(
        self, chunks: Sequence[Chunk], events: int, running: Running, workers: Workers, progress: Progress | None
    ) -> list[Chunk]:
        """Make as many more chunks as the selected fraction so far asks for."""
        selected = _selected(chunks)
        if not selected and len(chunks) >= _PATIENCE:
            tried = sum(chunk.generated for chunk in chunks)
            raise SimulationError(f"{self.process.name}: not one of {tried} generated events passes the selection")
        rate = selected / len(chunks) if chunks else 0.0
        # at first the rate is known badly: never plan more than twice what there is
        count = min(math.ceil((events - selected) / rate), 2 * len(chunks)) if rate else self.workers
        first = len(chunks)
        tasks = [self._task(index) for index in range(first, first + min(count, _MOST_AT_ONCE))]
        made: dict[int, Chunk] = {}
        for _, chunk in iterate_map(partial(_make, running), tasks, workers=workers):
            made[chunk.index] = chunk
            if progress is not None:
                progress(min(selected + _selected(made.values()), events), events)
        return [made[index] for index in sorted(made)]

    def _task(self, index: int) -> ChunkTask:
        return ChunkTask(
            process=self.process,
            detector=self.detector,
            seed=self.seed,
            stream=self.stream,
            index=index,
            size=self.process.chunk_size,
            path=self._folder / f"{index:05d}.npz",
            timeout=self.timeout,
        )


def _make(running: Running, task: ChunkTask, _: Shared) -> Chunk:
    return make_chunk(task, running)


def _selected(chunks: Iterable[Chunk]) -> int:
    return sum(len(chunk.number) for chunk in chunks)


def _enough(chunks: Sequence[Chunk], events: int) -> tuple[Chunk, ...]:
    """Return the shortest row of first chunks with enough events: how many were made depends on the workers, this does not."""
    count = next(count for count in range(1, len(chunks) + 1) if _selected(chunks[:count]) >= events)
    return tuple(chunks[:count])
