"""What was tried in tuning: one fold's trials, kept in a file as they are done, so that a killed run goes on with them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Trial", "TrialRecord"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial.

    Attributes
    ----------
    asked
        What was tried, by the parameter's name: a number of a range, or the place of a choice among its choices.
    value
        What it was worth on the validation events; None if it could not be trained.
    seconds
        How long it took.
    problem
        Why it could not be trained.
    """

    asked: Mapping[str, float]
    value: float | None
    seconds: float
    problem: str = ""


class TrialRecord:
    """The trials of one study, in their order, in a file if one is given.

    Parameters
    ----------
    study
        What stands for all that a trial depends on; the trials of another study are not used.
    path
        The file; its folder is made.
    """

    def __init__(self, study: str, path: Path | None = None) -> None:
        self._study, self._path = study, path
        self._done = _read(study, path) if path is not None else []

    def done(self, number: int, asked: Mapping[str, float]) -> Trial | None:
        """Return a trial if it is done already; if another was done in its place, that and what followed is forgotten."""
        if number < len(self._done) and self._done[number].asked == dict(asked):
            return self._done[number]
        del self._done[number:]
        return None

    def add(self, trial: Trial) -> None:
        """Keep a trial that was done."""
        self._done.append(trial)
        if self._path is None:
            return
        kept = {"study": self._study, "trials": [asdict(trial) for trial in self._done]}
        # where it cannot be kept, as on a machine that does not see the folder, a killed run has to try again: no more is lost
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_name(f".{self._path.name}.part")
            part.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
            part.replace(self._path)


def _read(study: str, path: Path) -> list[Trial]:
    """Return the trials of a study; none if the file is missing, damaged or of another one."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return [Trial(**trial) for trial in kept["trials"]] if kept["study"] == study else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
