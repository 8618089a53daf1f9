"""Arrays that the tasks of a Dask cluster share: each is sent to each worker once, whatever the number of tasks.

They go in pieces, as plugins of the workers: the scheduler hands these to the workers that are there, and to each that comes later or comes
back after it was killed. Dependencies between Dask's tasks would not do: their copies are dropped and moved as Dask sees fit, and tasks go
where a copy is, not where nobody works.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from fivesigma.core.errors import MissingExtraError, WorkerError, first_line
from fivesigma.core.parallel import Shared

try:
    from distributed import Client, Scheduler, Worker, WorkerPlugin
except ImportError as error:
    raise MissingExtraError("dask.distributed", "dask") from error

__all__ = ["ArrayReference", "SentArrays"]

_ATTEMPTS = 3
_PIECE = 1 << 27
"""Bytes that travel as one message; of these there are several copies on the way, of the whole array there are none."""
_OURS = "fivesigma-"
_received: dict[str, NDArray[np.uint8]] = {}
"""What this process, being a worker, has received."""


@dataclass(frozen=True, slots=True)
class ArrayReference:
    """Where a worker finds an array it received."""

    key: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @classmethod
    def to(cls, array: NDArray[Any], owner: str) -> Self:
        """Return the reference to what a client sends of an array: to the same bytes, the same."""
        return cls(f"{_OURS}{owner}-{xxhash.xxh3_128_hexdigest(_bytes(array).data)}", array.dtype, array.shape)

    def array(self) -> NDArray[Any]:
        """Return the array, read-only, in a worker."""
        array: NDArray[Any] = _received[self.key].view(self.dtype).reshape(self.shape)
        array.flags.writeable = False
        return array


class SentArrays:
    """What the workers of a cluster have of shared arrays; what no map uses is dropped when the next one begins."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pieces: dict[str, list[str]] = {}
        self._users: Counter[str] = Counter()
        for name in client.run_on_scheduler(_orphans):
            self._drop(name)

    @contextlib.contextmanager
    def held(self, arrays: Shared) -> Iterator[dict[str, ArrayReference]]:
        """Keep arrays on the workers for as long as the context lasts, and yield how these find them.

        Raises
        ------
        WorkerError
            If the scheduler is lost, or workers die again and again.
        """
        references = {name: ArrayReference.to(array, self._client.id) for name, array in arrays.items()}
        keys = {reference.key for reference in references.values()}
        self._users.update(keys)
        try:
            self.clear()
            for name, reference in references.items():
                if reference.key not in self._pieces:
                    self._send(reference.key, _bytes(arrays[name]))
            yield references
        finally:
            self._users.subtract(keys)

    def clear(self) -> None:
        """Drop what no map uses."""
        for key in [key for key in self._pieces if self._users[key] <= 0]:
            for name in self._pieces.pop(key):
                self._drop(name)

    def _send(self, key: str, content: NDArray[np.uint8]) -> None:
        names = self._pieces[key] = []
        for start in range(0, max(content.size, 1), _PIECE):
            names.append(f"{key}-{start}")
            self._register(_Piece(key, content.size, start, content[start : start + _PIECE].tobytes()), names[-1])

    def _register(self, piece: _Piece, name: str) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._client.register_plugin(piece, name=name)
            except OSError as error:  # a worker that dies at this moment
                if attempt == _ATTEMPTS:
                    raise WorkerError(f"shared arrays do not reach the Dask cluster: {first_line(error)}") from error
            else:
                return

    def _drop(self, name: str) -> None:
        if self._client.status == "running":
            with contextlib.suppress(OSError, ValueError):  # a worker that is gone, or the piece is
                self._client.unregister_worker_plugin(name)


class _Piece(WorkerPlugin):
    """A piece of an array on its way."""

    def __init__(self, key: str, size: int, start: int, data: bytes) -> None:
        self.key = key
        self.size = size
        self.start = start
        self.data = data

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask names it
        """Put the piece in its place, in a worker."""
        whole = _received.setdefault(self.key, np.empty(self.size, dtype=np.uint8))
        whole[self.start : self.start + len(self.data)] = np.frombuffer(self.data, dtype=np.uint8)
        self.data = b""

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask names it
        """Let go of the array, in a worker."""
        _received.pop(self.key, None)


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype.hasobject:
        raise ValueError(f"an array of {array.dtype} cannot be shared with other processes")
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _orphans(dask_scheduler: Scheduler) -> list[str]:
    """Return the pieces, on the scheduler, of clients that are no more: they were killed before they could drop them."""
    return [
        name
        for name in dask_scheduler.worker_plugins
        if name.startswith(_OURS) and not any(client in name for client in dask_scheduler.clients)
    ]
