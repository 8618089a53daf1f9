"""What a run says while it works, on stderr."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

__all__ = ["Display"]


class Display:
    """A line for each stage, and a bar for what takes longer.

    Where nobody watches (a batch system, a file) a line says instead of a bar how far it is, once in ``every`` seconds; each line
    begins with the seconds since the start if they are ``timed``.
    """

    def __init__(self, *, timed: bool = False, every: float = 30.0) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._console = console
        self._task: tuple[str, TaskID] | None = None
        self._timed, self._every = timed, every
        self._began = self._said = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_interactive:  # elsewhere bars would only be lines that nobody reads
            self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._console.is_interactive:
            self._progress.stop()

    def tell(self, what: str) -> None:
        """Print what begins."""
        if not self._console.is_interactive:
            self._said = time.monotonic()
            what = f"{self._said - self._began:5.0f} s  {what}" if self._timed else what
        self._console.print(what, highlight=False, markup=False, soft_wrap=not self._console.is_interactive)

    def advance(self, what: str, done: int, total: int) -> None:
        """Move the bar of what is being done."""
        if not self._console.is_interactive:
            if time.monotonic() - self._said >= self._every:
                self.tell(f"{what}: {done} of {total}")
            return
        if self._task is None or self._task[0] != what:
            if self._task is not None:
                self._progress.remove_task(self._task[1])
            self._task = what, self._progress.add_task(what, total=total)
        self._progress.update(self._task[1], completed=done, total=total)
