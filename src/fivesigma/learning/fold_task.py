"""What a worker does: train the estimators of some folds and seeds of one model, and score the events that validate."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import FivesigmaError, MissingExtraError
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import Classifier, Job, ModelSpec, Stackable
from fivesigma.learning.fitted_model import Point, at_point
from fivesigma.learning.fold_parts import Columns, FoldParts
from fivesigma.learning.losses import require_finite
from fivesigma.learning.preparation import Preparation

__all__ = ["FoldTask", "Member", "fit_members", "naming_folds", "task_jobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldTask:
    """Estimators of one model to train in one task.

    Attributes
    ----------
    spec
        The model.
    columns
        What it sees, and how events are weighted.
    points
        The points of the signal grid to score at; the empty one if there is no grid.
    jobs
        The fold and the number of the seed of each estimator.
    seed
        The seed of the whole.
    measured
        Prefix of the names of the shared arrays of the events that scores are put on the common scale by.
    record
        Path of a folder where tuning keeps what it tried, so that it is not tried again if the run is killed.
    """

    spec: ModelSpec
    columns: Columns
    points: tuple[Point, ...]
    jobs: tuple[tuple[int, int], ...]
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
    size = adapter.stack_size(spec.parameters) if issubclass(adapter, Stackable) else 1
    if spec.tune is not None:  # each fold has parameters of its own, which its seeds share
        size = spec.seeds
    return [tuple(jobs[start : start + size]) for start in range(0, len(jobs), size)]


def fit_members(task: FoldTask, shared: Shared) -> list[Member]:
    """Train the estimators of a task.

    Raises
    ------
    FivesigmaError
        If one cannot be trained, or cannot score; it says of which model and fold.
    """
    parts = {fold: FoldParts.of(task.spec, task.columns, fold, task.seed, shared) for fold, _ in task.jobs}
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
        with naming_folds(task.spec.name, [fold]):
            require_finite(estimator.history())
            scores = {point: estimator.score(mine.preparation(X)) for point, X in _measured(task, fold, shared)}
        described = {
            **({} if found is None else found.description),
            **mine.preparation.description,
            **estimator.describe(),
            **mine.description,
        }
        members.append(
            Member(
                fold=fold,
                number=number,
                estimator=estimator,
                tuned=tuned,
                preparation=mine.preparation,
                scores=scores,
                description=described,
                history=estimator.history(),
                seconds=took,
            )
        )
    return members


def _tuned(task: FoldTask, job: Job) -> Any:
    """Return what tuning found for the one fold of a task; all trials have the same seed, and no estimator of the fold has it."""
    ((fold, _), *_) = task.jobs
    trials = replace(job, seed=derive_seed(job.seed, "trials"))
    with naming_folds(task.spec.name, [fold]):  # Optuna is imported when something is tuned
        return import_module("fivesigma.learning.tuning").tune(
            task.spec, trials, folder=task.record, name=f"{task.spec.name}-fold_{fold}"
        )


@contextlib.contextmanager
def naming_folds(model: str, folds: Iterable[int]) -> Iterator[None]:
    """Name the model and its folds in an error of training."""
    try:
        yield
    except MissingExtraError:
        raise  # of no fold in particular
    except FivesigmaError as error:
        raise type(error)(f"model {model!r}, fold {', '.join(map(str, sorted({*folds})))}: {error}") from error


def _fit(task: FoldTask, estimators: Sequence[Classifier], jobs: Sequence[Job]) -> Iterator[float]:
    """Train, and yield the seconds that each took; those of a stack share its time."""
    adapter, start = type(estimators[0]), time.perf_counter()
    if issubclass(adapter, Stackable):
        with naming_folds(task.spec.name, [fold for fold, _ in task.jobs]):
            adapter.fit_together(estimators, jobs)
        yield from [(time.perf_counter() - start) / len(jobs)] * len(jobs)
        return
    for estimator, job, (fold, _) in zip(estimators, jobs, task.jobs, strict=True):
        start = time.perf_counter()
        with naming_folds(task.spec.name, [fold]):
            estimator.fit(job.train, job.validation, seed=job.seed)
        yield time.perf_counter() - start


def _measured(task: FoldTask, fold: int, shared: Shared) -> Iterator[tuple[Point, Matrix]]:
    """Yield each point with the inputs at it of the events that put a fold's scores on the common scale."""
    here = (shared[f"{task.measured}fold"] != fold) & shared[f"{task.measured}validates"]
    X = np.ascontiguousarray(shared[f"{task.measured}X"][here][:, task.columns.inputs])
    for point in task.points:
        yield point, at_point(X, point)
