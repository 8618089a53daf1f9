"""What has to be so before a Dask cluster is worked with: somebody answers, there are workers, and they have what is installed here."""

from __future__ import annotations

import contextlib
import re
import socket
import time
import warnings
from collections.abc import Mapping
from functools import cache
from platform import python_version_tuple
from typing import Any

from fivesigma.core.errors import FivesigmaError, MissingExtraError, first_line
from fivesigma.core.provenance import code_digest, library_versions
from fivesigma.core.version import __version__

try:
    from distributed import Client
    from distributed.versions import VersionMismatchWarning
except ImportError as error:
    raise MissingExtraError("dask.distributed", "dask") from error

__all__ = ["client_of", "differences", "require_same", "require_workers", "threads_of", "versions"]

_ADDRESS = re.compile(r"(?:(?P<scheme>tcp|tls|ws|wss|ucx)://)?\[?(?P<host>[^/\s]+?)\]?:(?P<port>\d{1,5})")
_LONGEST_GREETING = 1 << 20
_CLOSING = 5.0
"""Seconds that a client that could not start has to end."""


class _TidyClient(Client):
    """A client that is closed where it cannot start.

    Left to be collected as garbage, it may be so by the thread of another client's loop that is starting, and waits there for the lock under
    which that start is waited for: ten seconds, and an AssertionError (LoopRunner of distributed 2026.8).
    """

    def start(self, **kwargs: Any) -> None:
        """Connect to the scheduler."""
        try:
            super().start(**kwargs)  # type: ignore[no-untyped-call] # distributed has few types
        except BaseException:
            with contextlib.suppress(TimeoutError):
                self.close(timeout=_CLOSING)  # type: ignore[no-untyped-call] # distributed has few types
            raise


def client_of(address: str, patience: float) -> Client:
    """Return a client of the scheduler at an address; FivesigmaError if none answers there within ``patience`` seconds."""
    given = _ADDRESS.fullmatch(address)
    if not given:
        raise FivesigmaError(f"{address!r} is no address of a Dask scheduler; one looks like tcp://host:8786")
    deadline = time.monotonic() + patience
    if given["scheme"] in {None, "tcp"} and _is_somebody_else(given["host"], int(given["port"]), patience / 2):
        raise FivesigmaError(f"what answers at {address!r} is no Dask scheduler; is the port right?")
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", VersionMismatchWarning)  # require_same says what of it matters
                seconds = round(max(deadline - time.monotonic(), 1.0), 1)
                return _TidyClient(address, timeout=seconds, set_as_default=False)  # type: ignore[no-untyped-call] # distributed has few types
        except AssertionError as error:
            # A scheduler tells all its clients of each task that one of them cancels, a newcomer perhaps along with its greeting, and a
            # client asserts that this comes alone (distributed 2026.8, Client._ensure_connected): join again.
            if time.monotonic() > deadline:
                raise FivesigmaError(
                    f"the Dask scheduler at {address!r} is too busy with other clients to be joined; try again later"
                ) from error
            time.sleep(0.1)
        except (OSError, ValueError, ImportError) as error:
            raise FivesigmaError(
                f"no Dask scheduler answers at {address!r}: {first_line(error)}; is the address right, and does it still run?"
            ) from error


def _is_somebody_else(host: str, port: int, patience: float) -> bool:
    """Whether somebody listens who does not greet as Dask does, with the length of a message: Dask would wait for that for ever."""
    try:
        connection = socket.create_connection((host, port), timeout=patience)
    except (OSError, OverflowError):  # nobody there, or not yet
        return False
    with connection:
        try:
            greeting = connection.recv(8)
        except OSError:
            return True
    return len(greeting) < 8 or int.from_bytes(greeting, "little") > _LONGEST_GREETING


def require_workers(client: Client, address: str, patience: float) -> None:
    """Raise FivesigmaError if no worker is there within ``patience`` seconds."""
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError as error:
        raise FivesigmaError(
            f"the Dask cluster at {address!r} has no workers, nor did one come in {patience:g} s; "
            f"start some: dask worker {address} --nthreads 1"
        ) from error


def require_same(client: Client) -> None:
    """Raise FivesigmaError if the scheduler or a worker has other versions than this process."""
    answers: dict[str, Mapping[str, str] | Exception] = client.run(versions, on_error="return")
    try:
        answers = {"the scheduler": client.run_on_scheduler(versions), **answers}
    except (ImportError, AttributeError) as error:
        answers["the scheduler"] = error
    for who, answer in answers.items():
        if isinstance(answer, Exception):
            raise FivesigmaError(f"{who} of the Dask cluster cannot import this fivesigma: {first_line(answer)}")
        if different := differences(versions(), answer):
            raise FivesigmaError(
                f"{who} of the Dask cluster has {different}; install the same there, and start it again"
            )


def threads_of(client: Client) -> list[int]:
    """Return how many tasks each worker does at once."""
    return [worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()]


@cache
def versions() -> dict[str, str]:
    """Return what has to be the same wherever the tasks of a run are computed."""
    python = ".".join(python_version_tuple()[:2])
    return {"Python": python, "fivesigma": f"{__version__} (source {code_digest()[:8]})", **library_versions()}


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return in words how another installation differs from this one; a library that it lacks is missed when it is used."""
    return ", ".join(
        f"{name} {there[name]}, here {version}" for name, version in here.items() if there.get(name, version) != version
    )
