"""Workers of a Dask cluster: `connected` reaches it by its scheduler's address, and every map of a run goes there.

The cluster's machines need the same installation as this one. They may see its files or not: `ClusterWorkers.sees` asks them, and shared arrays
are sent (`fivesigma.core.cluster_arrays`). Dask gives the task of a worker that is lost to another one.
"""

from __future__ import annotations

import contextlib
import logging
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from fivesigma.core.cluster_arrays import ArrayReference, SentArrays
from fivesigma.core.cluster_checks import client_of, differences, require_same, require_workers, threads_of, versions
from fivesigma.core.errors import MissingExtraError, WorkerError
from fivesigma.core.parallel import Shared, Workers, one_thread

try:
    from distributed import Client, KilledWorker
except ImportError as error:
    raise MissingExtraError("dask.distributed", "dask") from error

__all__ = ["ClusterWorkers", "connected"]

Result = TypeVar("Result")
_GLANCE = 5.0
"""Seconds between looks at whether there is still a cluster."""
_PATIENCE = 600.0
"""Seconds that a map waits for workers when there are none left: a batch system may have ended them all, and start others."""
_LOGGERS = ("distributed", "distributed.client", "distributed.scheduler", "tornado", "tornado.application")
_LOST = "the connection to the scheduler of the Dask cluster is lost; does it still run? What is done is kept: run again to go on"
_thread = threading.local()


def connected(address: str, *, patience: float = 10.0) -> ClusterWorkers:
    """Return the workers of the Dask cluster whose scheduler has an address; a context, which lets go of the cluster at its end.

    Dask's log messages are held back until then: what matters of them comes as an error.

    Parameters
    ----------
    address
        As the scheduler prints it, ``tcp://host:8786``.
    patience
        Seconds that the scheduler has to answer, and then a first worker to be there.

    Raises
    ------
    FivesigmaError
        If this is no address, nothing answers there that is a Dask scheduler, it has no workers, or it or these have another version of
        Python, of fivesigma, or of a library that numbers come from.
    MissingExtraError
        When this module is imported, if dask.distributed is not installed.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_without_logs())
        client = stack.enter_context(client_of(address, patience))
        require_workers(client, address, patience)
        return ClusterWorkers(client, closing=stack)


class ClusterWorkers(Workers):
    """The workers that a Dask client has; made from a client at hand, they leave it open when closed.

    Parameters
    ----------
    client
        A connected, synchronous client, as in ``Client(cluster)`` of a notebook.
    patience
        Seconds that a map waits when there are no workers left, until it gives up.
    closing
        What is closed with these workers.

    Raises
    ------
    FivesigmaError
        If the scheduler or workers have another version of Python, of fivesigma, or of a library that numbers come from.
    """

    def __init__(
        self, client: Client, *, patience: float = _PATIENCE, closing: contextlib.ExitStack | None = None
    ) -> None:
        super().__init__(count=sum(threads_of(client)))
        self._client = client
        self._patience = patience
        self._seen = time.monotonic()
        require_same(client)
        self._arrays = SentArrays(client)
        self._closing = contextlib.ExitStack() if closing is None else closing.pop_all()
        self._closing.callback(self._arrays.clear)

    @property
    def inline(self) -> bool:
        """Whether tasks run in this process: never."""
        return False

    def executor(self) -> Executor:
        """Return an executor for one map; that tasks are alike does not make them one, as Dask would have it by itself."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def sees(self, path: Path) -> bool:
        """Whether tasks find at a path what this process finds there: every worker is asked."""
        here = _what_is_at(path.absolute())
        answers = self._client.run(_what_is_at, path.absolute(), on_error="return")
        return here is not None and all(there == here for there in answers.values())

    @contextlib.contextmanager
    def sharing(self, arrays: Shared) -> Iterator[Callable[[], Shared]]:
        """Send to each worker, also to those still to come, what was not sent before, and yield what a task calls to have it."""
        with self._arrays.held(arrays) as references:
            yield _Received(references, versions())

    def next_done(self, done: SimpleQueue[Future[Result]]) -> Future[Result]:
        """Wait for the next task that ends, as long as there is somebody to do it.

        Raises
        ------
        WorkerError
            If the scheduler is lost, or there have been no workers for too long.
        """
        while True:
            try:
                return done.get(timeout=_GLANCE)
            except Empty:
                self._look()

    def _look(self) -> None:
        try:
            threads = threads_of(self._client)
        except OSError as error:
            raise WorkerError(_LOST) from error
        if threads:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > self._patience:
            raise WorkerError(f"the Dask cluster has had no workers for {self._patience:g} s; start some and run again")

    def meaning(self, error: BaseException) -> BaseException:
        """Return what an error that came instead of a result means to the user."""
        if isinstance(error, KilledWorker):
            return WorkerError(
                f"{error.allowed_failures + 1} workers of the Dask cluster died at the same work (killed, or out of memory?); "
                "their logs say more"
            )
        return WorkerError(_LOST) if isinstance(error, CancelledError) else error

    def abandon(self, executor: Executor, running: Iterable[Future[Result]]) -> None:
        """Cancel what nobody waits for any more, all with one message."""
        if any(True for _ in running) and self._client.status == "running":
            executor.shutdown(wait=False)

    def close(self) -> None:
        """Let go of the cluster; a client that was given stays open."""
        self._closing.close()


@dataclass(frozen=True, slots=True)
class _Received:
    """What a task calls in a worker: the shared arrays, once it is sure that any other worker would find the same numbers."""

    references: Mapping[str, ArrayReference]
    versions: Mapping[str, str]

    def __call__(self) -> Shared:
        if different := differences(self.versions, versions()):
            raise WorkerError(f"a worker of the Dask cluster has {different}")
        if not getattr(_thread, "is_limited", False):  # OpenMP holds a limit for each thread that asks for it
            one_thread()
            _thread.is_limited = True
        return {name: reference.array() for name, reference in self.references.items()}


def _what_is_at(path: Path) -> tuple[int, ...] | None:
    """Return what tells a file or folder from another of its name on another machine's disk."""
    try:
        found = path.stat()
    except OSError:
        return None
    # a folder changes with what is written into it, and not everybody hears of that at once
    return (found.st_ino,) if stat.S_ISDIR(found.st_mode) else (found.st_ino, found.st_size, found.st_mtime_ns)


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
