"""Processes that are waited for, one by each of several threads, and that end together when their work is given up."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence

from fivesigma.simulation.errors import SimulationError

__all__ = ["Running"]


class Running:
    """The processes of one piece of work. Threads that wait for them cannot be interrupted; `close` ends what they wait for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """Return the exit status of a command, negative for a signal, and what it wrote to stderr.

        Raises
        ------
        SimulationError
            If the work was given up.
        """
        with self._lock:
            if self._stopped:
                raise SimulationError("given up; started again, the simulation goes on here")
            process = subprocess.Popen(  # noqa: S603 - our own module, run by the interpreter we run in, without a shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # Pythia and its readers print banners there
                stderr=subprocess.PIPE,
                env=environment,
            )
            self._processes.add(process)
        with process:
            _, words = process.communicate()
        with self._lock:
            self._processes.discard(process)
        return process.returncode, words.decode(errors="replace")

    def close(self) -> None:
        """End every process, and let no other begin."""
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.kill()
