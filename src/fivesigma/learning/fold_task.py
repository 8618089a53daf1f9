"""What a worker does: train the estimators of some folds and seeds of one model, and score the events that validate."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import Classifier, Job, ModelSpec, Part, Stackable
from fivesigma.learning.fitted_model import Point, at_point
from fivesigma.learning.preparation import Preparation, learn_preparation
from fivesigma.learning.training import Balance, training_weight
from fivesigma.statistics.weighted import effective_events

__all__ = ["FoldTask", "Member", "fit_members", "task_jobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldTask:
    """Estimators of one model to train in one task.

    Attributes
    ----------
    spec
        The model.
    columns, parameters
        Which columns of the shared inputs and of the shared grid parameters it sees.
    points
        The points of the signal grid to score at; the empty one if there is no grid.
    jobs
        The fold and the number of the seed of each estimator.
    balance
        How the classes are balanced.
    seed
        The seed of the whole.
    measured
        Prefix of the names of the shared arrays of the events that scores are put on the common scale by.
    record
        Path of a folder where tuning keeps what it tried, so that it is not tried again if the run is killed.
    """

    spec: ModelSpec
    columns: tuple[int, ...]
    parameters: tuple[int, ...]
    points: tuple[Point, ...]
    jobs: tuple[tuple[int, int], ...]
    balance: Balance
    seed: int
    measured: str
    record: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One trained estimator, the parameters that tuning found for it, and its scores of the events that validate, shape (m,)."""

    fold: int
    number: int
    estimator: Classifier
    tuned: Mapping[str, Any]
    preparation: Preparation
    scores: Mapping[Point, Floats]
    description: Mapping[str, Any]
    history: Mapping[str, list[float]]
    seconds: float


def task_jobs(spec: ModelSpec, folds: int) -> list[tuple[tuple[int, int], ...]]:
    """Return the folds and seeds of a model, those of one task together; whatever the number of workers the same."""
    adapter = classifier(spec.use)
    jobs = [(fold, number) for fold in range(folds) for number in range(spec.seeds)]
    size = adapter.stack_size() if issubclass(adapter, Stackable) else 1
    if spec.tune is not None:  # each fold has parameters of its own, which its seeds share
        size = spec.seeds
    return [tuple(jobs[start : start + size]) for start in range(0, len(jobs), size)]


def fit_members(task: FoldTask, shared: Shared) -> list[Member]:
    """Train the estimators of a task.

    Raises
    ------
    FivesigmaError
        If one cannot be trained; it says of which model and fold.
    """
    parts = {fold: _FoldParts.of(task, fold, shared) for fold, _ in task.jobs}
    jobs = [
        Job(parts[fold].train, parts[fold].validation, derive_seed(task.seed, task.spec.name, fold, number))
        for fold, number in task.jobs
    ]
    found = _tuned(task, jobs[0]) if task.spec.tune is not None else None
    tuned = {} if found is None else found.parameters
    estimators = [make_classifier(task.spec.use, {**task.spec.parameters, **tuned}) for _ in jobs]
    seconds = list(_fit(task, estimators, jobs))
    if found is not None:
        seconds[0] += found.seconds
    members = []
    for (fold, number), estimator, took in zip(task.jobs, estimators, seconds, strict=True):
        mine = parts[fold]
        described = {
            **({} if found is None else found.description),
            **mine.preparation.description,
            **estimator.describe(),
            **_trained_on(mine),
        }
        members.append(
            Member(
                fold=fold,
                number=number,
                estimator=estimator,
                tuned=tuned,
                preparation=mine.preparation,
                scores={point: estimator.score(mine.preparation(X)) for point, X in _measured(task, fold, shared)},
                description=described,
                history=estimator.history(),
                seconds=took,
            )
        )
    return members


def _trained_on(parts: _FoldParts) -> dict[str, float]:
    """Return how many events trained and validated, and how many the training weights leave of either class."""
    weight, is_signal = parts.train.weight, parts.train.is_signal
    effective = {
        f"effective {name} events": round(effective_events(weight[mine]))
        for name, mine in (("signal", is_signal), ("background", ~is_signal))
        if mine.any()
    }
    return {"training events": len(parts.train.X), "validation events": len(parts.validation.X), **effective}


def _tuned(task: FoldTask, job: Job) -> Any:
    """Return what tuning found for the one fold of a task; all trials have the same seed, and no estimator of the fold has it."""
    ((fold, _), *_) = task.jobs
    trials = replace(job, seed=derive_seed(job.seed, "trials"))
    with _named(task, task.jobs):  # Optuna is imported when something is tuned
        return import_module("fivesigma.learning.tuning").tune(
            task.spec, trials, folder=task.record, name=f"{task.spec.name}-fold_{fold}"
        )


@contextlib.contextmanager
def _named(task: FoldTask, jobs: Sequence[tuple[int, int]]) -> Iterator[None]:
    """Name the model and its folds in an error of training."""
    try:
        yield
    except FivesigmaError as error:
        folds = ", ".join(str(fold) for fold in sorted({fold for fold, _ in jobs}))
        raise type(error)(f"model {task.spec.name!r}, fold {folds}: {error}") from error


def _fit(task: FoldTask, estimators: Sequence[Classifier], jobs: Sequence[Job]) -> Iterator[float]:
    """Train, and yield the seconds that each took; those of a stack share its time."""
    adapter, start = type(estimators[0]), time.perf_counter()
    if issubclass(adapter, Stackable):
        with _named(task, task.jobs):
            adapter.fit_together(estimators, jobs)
        yield from [(time.perf_counter() - start) / len(jobs)] * len(jobs)
        return
    for estimator, job, of in zip(estimators, jobs, task.jobs, strict=True):
        start = time.perf_counter()
        with _named(task, [of]):
            estimator.fit(job.train, job.validation, seed=job.seed)
        yield time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class _FoldParts:
    """What the estimators of one fold train on and stop by, and what their inputs go through."""

    preparation: Preparation
    train: Part
    validation: Part

    @classmethod
    def of(cls, task: FoldTask, fold: int, shared: Shared) -> _FoldParts:
        spec = task.spec
        ours = shared["fold"] != fold
        train, validation = (
            _part(task, fold, np.flatnonzero(ours & part), shared)
            for part in (~shared["validates"], shared["validates"])
        )
        untrained = make_classifier(spec.use, spec.parameters)
        steps = untrained.prepares_with if spec.prepare is None else spec.prepare
        preparation = learn_preparation(
            steps, train.X, np.maximum(train.weight, 0.0), impute=not untrained.takes_missing
        )
        return cls(
            preparation,
            *(Part(preparation(part.X), part.is_signal, part.weight) for part in (train, validation)),
        )


def _part(task: FoldTask, fold: int, events: Any, shared: Shared) -> Part:
    """Return events as a model trains on them, before preparation: those that it uses, weighted for training."""
    trains_on = classifier(task.spec.use).trains_on
    if trains_on == "background":
        events = events[~shared["is_signal"][events]]
    elif task.balance == "halves":
        events = _halves(events, shared["is_signal"][events], derive_seed(task.seed, "halves", fold))
    is_signal = shared["is_signal"][events]
    weight = training_weight(
        shared["weight"][events] * shared["say"][events],
        is_signal,
        balance="yields" if trains_on == "background" else task.balance,
        negative=task.spec.negative_weights,
    )
    used = weight != 0
    return Part(_inputs(task, events[used], shared), is_signal[used], weight[used])


def _halves(events: Any, is_signal: Any, seed: int) -> Any:
    """Return as many events of either class: all of the smaller, drawn ones of the larger."""
    random = np.random.default_rng(seed)
    fewest = min(int(is_signal.sum()), int((~is_signal).sum()))
    chosen = [random.choice(events[one], fewest, replace=False) for one in (is_signal, ~is_signal)]
    return np.sort(np.concatenate(chosen))


def _inputs(task: FoldTask, events: Any, shared: Shared) -> Matrix:
    X = shared["X"][events][:, task.columns]
    if task.parameters:
        X = np.concatenate([X, shared["parameters"][events][:, task.parameters]], axis=1)
    return np.ascontiguousarray(X)


def _measured(task: FoldTask, fold: int, shared: Shared) -> Iterator[tuple[Point, Matrix]]:
    """Yield each point with the inputs at it of the events that put a fold's scores on the common scale."""
    here = (shared[f"{task.measured}fold"] != fold) & shared[f"{task.measured}validates"]
    X = np.ascontiguousarray(shared[f"{task.measured}X"][here][:, task.columns])
    for point in task.points:
        yield point, at_point(X, point)
