"""The one seam through which work goes to other processes.

`run_map` (and `iterate_map`, which yields results as they come) applies a task to items over any ``concurrent.futures.Executor``. Large arrays that all tasks need travel once,
as files that the workers map into memory. One thread a task, so that the numbers do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fivesigma.core.errors import WorkerError

__all__ = ["Shared", "Workers", "iterate_map", "run_map"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Shared = Mapping[str, NDArray[Any]]
_ATTEMPTS = 3
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


class Workers:
    """Local worker processes, or an executor handed in (a Dask cluster's, say), for all the maps of a run.

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
    with _as_files(arrays) as files:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                for index, result in _submit(workers.executor(), task, items, sorted(todo), files):
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


def _submit(
    executor: Executor,
    task: Callable[[Item, Shared], Result],
    items: Sequence[Item],
    todo: Sequence[int],
    files: Mapping[str, str],
) -> Iterator[tuple[int, Result]]:
    with _interrupts_held():  # submitting is what starts processes
        futures: dict[Future[Result], int] = {executor.submit(_call, task, items[i], files): i for i in todo}
    failed: dict[int, BaseException] = {}
    try:
        for future in as_completed(futures):
            index = futures[future]
            if future.cancelled() or any(index > first for first in failed):
                continue
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                raise error
            if error is None:
                yield index, future.result()
                continue
            # not the first to fail is told but the first in order, whatever the number of workers; what comes after is left
            failed = {index: error}
            for later in (other for other, place in futures.items() if place > index):
                later.cancel()
        for error in failed.values():
            raise error
    finally:
        for future in futures:
            future.cancel()


def _call(task: Callable[[Item, Shared], Result], item: Item, files: Mapping[str, str]) -> Result:
    return task(item, {name: _mapped(path) for name, path in files.items()})


@lru_cache(maxsize=64)
def _mapped(path: str) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


@contextlib.contextmanager
def _as_files(arrays: Shared) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="fivesigma-") as folder:
        files = {}
        for number, (name, array) in enumerate(arrays.items()):
            path = Path(folder) / f"{number}.npy"
            np.save(path, array, allow_pickle=False)
            files[name] = str(path)
        yield files


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
    _one_thread()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _one_thread() -> None:
    """Hold every numerical library of a worker to one thread, those not yet loaded by their environment variables."""
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    threadpool_limits(1)
