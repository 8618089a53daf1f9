"""Scans of pseudo-experiments without a signal, each trained anew: what chance does to the whole procedure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.identity import derive_seed, digest, entry_ids
from fivesigma.core.parallel import Shared, Workers, iterate_map
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.global_p_value import expected_largest, experiment_p_value
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.results import NullExperiments, SkippedWindow
from fivesigma.searches.anomaly.scan import ScanEvents, scan_events
from fivesigma.searches.anomaly.scan_record import events_digest
from fivesigma.searches.anomaly.scan_window import scan_window
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["null_experiments"]

_FEW = 10  # experiments whose scatter says nothing yet


@dataclass(frozen=True, slots=True)
class _Task:
    """One window of one pseudo-experiment; the rows of the model are shared."""

    experiment: int
    window: MassWindow
    model: BackgroundModel
    options: ScanOptions
    seed: int
    key: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The pseudo-experiment that this process drew last: its windows come one after the other."""

    key: tuple[str, int]
    events: ScanEvents


_last: list[_Drawn] = []


def null_experiments(
    windows: Sequence[MassWindow],
    options: ScanOptions,
    *,
    model: BackgroundModel,
    count: int,
    members: int,
    observed_z: float,
    seed: int,
    workers: Workers | None = None,
    record: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NullExperiments:
    """Scan pseudo-experiments drawn from a background model, by the same procedure with fewer members.

    Parameters
    ----------
    windows, options
        Of the scan that they are compared with.
    model
        What they are drawn from.
    count
        How many.
    members
        Estimators per fold and window.
    observed_z
        The largest significance of the scan.
    seed
        Theirs.
    workers
        Where to compute; in this process if None.
    record
        A folder where finished windows are noted, so that others alone are done after a run was stopped.
    progress
        Called with (done, all) windows.

    Raises
    ------
    FivesigmaError
        If there is none, or not one of their windows could be fitted.
    """
    if count < 1:
        raise FivesigmaError("without a pseudo-experiment there is nothing to compare with")
    options = replace(options, members=members, parameters=dict(options.parameters))
    drawn = events_digest(model.rows, model.edges, model.cumulative)
    key = digest([drawn, model.features, asdict(options), [asdict(one) for one in windows], seed])
    slim = replace(model, rows=np.empty((0, model.rows.shape[1])))
    tasks = [_Task(number, window, slim, options, seed, key) for number in range(count) for window in windows]
    notes = _Notes(None if record is None else record / f"null-{key}.jsonl")
    found = {place: z for place, z in notes.read() if place < len(tasks)}
    todo = [place for place in range(len(tasks)) if place not in found]
    for index, z in iterate_map(_scan, [tasks[place] for place in todo], shared=model.arrays, workers=workers):
        found[todo[index]] = z
        notes.add(todo[index], z)
        if progress is not None:
            progress(len(found), len(tasks))
    scans = [
        [z for place in range(number * len(windows), (number + 1) * len(windows)) for z in found[place]]
        for number in range(count)
    ]
    return _summary(model, members, [np.array(scan) for scan in scans if scan], observed_z)


def _summary(model: BackgroundModel, members: int, scans: Sequence[Floats], observed_z: float) -> NullExperiments:
    if not scans:
        raise FivesigmaError("no window of the pseudo-experiments could be looked at")
    largest = np.array([scan.max() for scan in scans])
    trials = max(len(scan) for scan in scans)
    return NullExperiments(
        features=model.features,
        members=members,
        largest_z=largest,
        largest_absolute_z=np.array([np.abs(scan).max() for scan in scans]),
        observed=observed_z,
        p_value=experiment_p_value(largest, observed_z),
        trials=trials,
        expected_absolute_z=expected_largest(trials),
        width=_width(scans),
    )


def _width(scans: Sequence[Floats]) -> Estimate | None:
    """Return the root mean square of all local Z, its error from the scatter between experiments, by the jackknife; None if they are few."""
    if len(scans) < _FEW:
        return None
    squares, numbers = np.array([np.sum(scan**2) for scan in scans]), np.array([len(scan) for scan in scans])
    value = float(np.sqrt(squares.sum() / numbers.sum()))
    without = np.sqrt((squares.sum() - squares) / (numbers.sum() - numbers))
    error = float(np.sqrt((len(scans) - 1) * np.mean((without - without.mean()) ** 2)))
    return Estimate(
        value=value, low=value - error, high=value + error, method="root mean square, jackknife over experiments"
    )


def _scan(task: _Task, shared: Shared) -> list[float]:
    """Return the local significances of one window of one pseudo-experiment; none if it has too few events."""
    events = _events(task, shared)
    options = replace(task.options, seed=derive_seed(task.seed, "scan", task.experiment))
    found = scan_window(events.mass, events.X, events.fold, task.window, options)
    return [] if isinstance(found, SkippedWindow) else [excess.z for excess in found.excesses]


def _events(task: _Task, shared: Shared) -> ScanEvents:
    key = (task.key, task.experiment)
    if not _last or _last[0].key != key:
        model = replace(task.model, rows=shared["rows"])
        mass, X = model.draw(derive_seed(task.seed, task.experiment))
        ids = entry_ids(f"{task.key} {task.experiment}", np.arange(len(mass)))
        _last[:] = [_Drawn(key, scan_events(mass, X, ids, task.options))]
    return _last[0].events


class _Notes:
    """Lines of JSON, one for each finished task; one that was cut off does not count."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> list[tuple[int, list[float]]]:
        if self._path is None or not self._path.exists():
            return []
        notes = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                place, z = json.loads(line)
            except ValueError:
                continue
            notes.append((int(place), [float(value) for value in z]))
        return notes

    def add(self, place: int, z: list[float]) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps([place, z]))  # begins a line, so that it never ends one that was cut off
