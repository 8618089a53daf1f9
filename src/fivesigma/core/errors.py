"""Errors a user can mend: what is wrong, what was given, and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "ConfigurationError",
    "DataError",
    "ExpressionError",
    "FivesigmaError",
    "LeakError",
    "MissingExtraError",
    "Problem",
    "WorkerError",
    "first_line",
    "nearest",
    "suggestion",
]


class FivesigmaError(Exception):
    """A mistake that the user can mend; the command line prints its message and never a traceback."""


class DataError(FivesigmaError):
    """A file or its events are not what the analysis needs."""


class ExpressionError(FivesigmaError):
    """A text that is no expression of ours, or that the given columns cannot answer."""


class LeakError(FivesigmaError):
    """An event was about to be scored by an estimator that trained on it."""


class WorkerError(FivesigmaError):
    """Worker processes die: killed, or out of memory."""


class MissingExtraError(FivesigmaError):
    """An optional library is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; it comes with: pip install 'fivesigma[{extra}]'")
        self._made_of = (library, extra)

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        """Return how a worker's error is made again by who asked."""
        return type(self), self._made_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a configuration: where, what, and what was probably meant."""

    message: str
    path: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ConfigurationError(FivesigmaError):
    """Everything wrong in a configuration, all problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def nearest(name: str, choices: Iterable[str], count: int = 3) -> list[str]:
    """Return the choices most like ``name``, the likeliest first; letter case is not held against them."""
    by_lower = {choice.lower(): choice for choice in choices}
    return [by_lower[found] for found in difflib.get_close_matches(name.lower(), by_lower, n=count, cutoff=0.55)]


def suggestion(name: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean ...?"``, else the choices there are, else nothing."""
    choices = list(choices)
    if found := nearest(name, choices):
        return f"; did you mean {' or '.join(found)}?"
    if not choices:
        return ""
    shown = ", ".join(choices[:12]) + (", ..." if len(choices) > 12 else "")
    return f"; there are: {shown}"


def first_line(error: BaseException) -> str:
    """Return the first line of what a library says is wrong, 200 characters of it at most; else the name of its error."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
