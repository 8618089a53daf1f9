"""The one seam through which work goes to other processes.

`run_map` (and `iterate_map`, which yields results as they come) applies a task to items over any ``concurrent.futures.Executor``. Large arrays that all tasks need travel once,
as files that the workers map into memory; how they travel to machines that share no files with this one is the business of `fivesigma.core.cluster`.
One thread a task, so that the numbers do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fivesigma.core.errors import WorkerError

__all__ = ["Shared", "Workers", "iterate_map", "one_thread", "run_map"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Shared = Mapping[str, NDArray[Any]]
_ATTEMPTS = 3
_IN_FLIGHT = 4096
"""Tasks submitted and not yet done: more than any cluster computes at once; of the others nobody need keep a record."""
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


class Workers:
    """Local worker processes, or an executor handed in, for all the maps of a run; `fivesigma.core.cluster` has a Dask cluster's.

    Parameters
    ----------
    count
        Number of local processes; 1 works in this process.
    executor
        Used instead of local processes if given; it is not shut down here.
    """

    def __init__(self, count: int = 1, executor: Executor | None = None) -> None:
        self.count = count
        self._given = executor
        self._pool: Executor | None = None

    @property
    def inline(self) -> bool:
        """Whether tasks run in this process."""
        return self._given is None and self.count <= 1

    def executor(self) -> Executor:
        """Return the executor, started at the first call."""
        if self._given is not None:
            return self._given
        if self._pool is None:
            # spawn: forking a process whose libraries have started threads can deadlock
            self._pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"), initializer=_begin)
        return self._pool

    def restart(self) -> None:
        """Replace a pool that lost a worker."""
        self.close()

    def sees(self, _path: Path) -> bool:
        """Whether tasks find at a path what this process finds there: they run on this machine."""
        return True

    @contextlib.contextmanager
    def sharing(self, arrays: Shared) -> Iterator[Callable[[], Shared]]:
        """Bring the arrays to where the workers find them for as long as the context lasts, and yield what a worker calls to have them."""
        with tempfile.TemporaryDirectory(prefix="fivesigma-") as folder:
            files = {}
            for number, (name, array) in enumerate(arrays.items()):
                path = Path(folder) / f"{number}.npy"
                np.save(path, array, allow_pickle=False)
                files[name] = str(path)
            yield _Mapped(files)

    def next_done(self, done: SimpleQueue[Future[Result]]) -> Future[Result]:
        """Wait for the next task that ends."""
        return done.get()

    def meaning(self, error: BaseException) -> BaseException:
        """Return what an error that came instead of a result means to the user."""
        return error

    def abandon(self, _executor: Executor, running: Iterable[Future[Result]]) -> None:
        """Cancel what nobody waits for any more."""
        for future in running:
            future.cancel()

    def close(self) -> None:
        """Stop the local processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def iterate_map(
    task: Callable[[Item, Shared], Result],
    items: Sequence[Item],
    *,
    shared: Shared | None = None,
    workers: Workers | None = None,
) -> Iterator[tuple[int, Result]]:
    """Yield ``(i, task(items[i], shared))`` as the workers finish, in no particular order.

    Parameters
    ----------
    task
        A function of a module (workers import it by name).
    items
        What it is applied to; small, and picklable by the executor.
    shared
        Arrays by name that every task reads; sent once, read-only for the tasks.
    workers
        Where to compute; in this process if None.

    Raises
    ------
    WorkerError
        If workers die in three attempts at the same task; one lost worker is forgiven.
    """
    arrays = dict(shared or {})
    if workers is None or workers.inline or len(items) <= 1:
        with threadpool_limits(1):
            for index, item in enumerate(items):
                yield index, task(item, arrays)
        return
    todo = set(range(len(items)))
    with workers.sharing(arrays) as shared_there:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                for index, result in _outcomes(workers, task, items, sorted(todo), shared_there):
                    todo.discard(index)
                    yield index, result
            except BrokenProcessPool as error:
                workers.restart()
                if attempt == _ATTEMPTS:
                    raise WorkerError(
                        f"worker processes died {_ATTEMPTS} times at the same work (killed, or out of memory?); try fewer workers"
                    ) from error
            if not todo:
                return


def run_map(
    task: Callable[[Item, Shared], Result],
    items: Sequence[Item],
    *,
    shared: Shared | None = None,
    workers: Workers | None = None,
) -> list[Result]:
    """Return ``[task(item, shared) for item in items]``, computed by the workers; arguments as for `iterate_map`."""
    results = dict(iterate_map(task, items, shared=shared, workers=workers))
    return [results[index] for index in range(len(items))]


def _outcomes(
    workers: Workers,
    task: Callable[[Item, Shared], Result],
    items: Sequence[Item],
    todo: Sequence[int],
    shared: Callable[[], Shared],
) -> Iterator[tuple[int, Result]]:
    executor = workers.executor()
    flight = _Flight(lambda index: executor.submit(_call, task, items[index], shared), todo)
    failed: tuple[int, BaseException] | None = None
    try:
        flight.begin(_IN_FLIGHT)
        while flight.running:
            future = workers.next_done(flight.done)
            index = flight.running.pop(future)
            if failed and index > failed[0]:
                continue
            error = CancelledError() if future.cancelled() else future.exception()
            if isinstance(error, BrokenProcessPool):
                raise error
            if error is None:
                if failed is None:
                    flight.begin(1)
                yield index, future.result()
                continue
            # not the first to fail is told but the first in order, whatever the number of workers; what comes after is left
            failed = index, workers.meaning(error)
            flight.cancel_after(index)
        if failed:
            raise failed[1]
    finally:
        workers.abandon(executor, flight.running)


class _Flight(Generic[Result]):
    """Tasks that are submitted, in order, and not yet done; what is done is let go of."""

    def __init__(self, submit: Callable[[int], Future[Result]], indices: Iterable[int]) -> None:
        self._submit = submit
        self._waiting = iter(indices)
        self.done: SimpleQueue[Future[Result]] = SimpleQueue()
        self.running: dict[Future[Result], int] = {}

    def begin(self, count: int) -> None:
        with _interrupts_held():  # submitting is what starts processes
            for index in islice(self._waiting, count):
                future = self._submit(index)
                self.running[future] = index
                future.add_done_callback(self.done.put)

    def cancel_after(self, index: int) -> None:
        for future in [future for future, place in self.running.items() if place > index]:
            future.cancel()


def _call(task: Callable[[Item, Shared], Result], item: Item, shared: Callable[[], Shared]) -> Result:
    return task(item, shared())


@dataclass(frozen=True, slots=True)
class _Mapped:
    """Arrays in files that the workers see."""

    files: Mapping[str, str]

    def __call__(self) -> Shared:
        return _mapped(tuple(self.files.items()))


@lru_cache(maxsize=1)  # those of the maps before are let go of: mapped, they take memory even when their files are gone
def _mapped(files: tuple[tuple[str, str], ...]) -> Shared:
    return {name: np.load(path, mmap_mode="r", allow_pickle=False) for name, path in files}


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back in processes that start now: until they are ready, they would answer it with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a worker: Ctrl-C ends it without a word, for the process that asked says what there is to say.

    It ends with that process, too, however that one ends: killed, it could not stop its workers, and they would wait for ever.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    one_thread()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def one_thread() -> None:
    """Hold every numerical library of a worker to one thread, those not yet loaded by their environment variables."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    threadpool_limits(1)
