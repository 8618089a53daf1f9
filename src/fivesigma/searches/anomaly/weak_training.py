"""Training without labels: a signal window against its sidebands, every event scored by estimators that never saw it.

E. Metodiev, B. Nachman and J. Thaler, arXiv:1708.02949: the best classifier of two mixtures is the best classifier of what they are
mixed of. J. Collins, K. Howe and B. Nachman, arXiv:1902.02634: cross-fitted, so that no event is selected because it was learnt by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import Classifier, Job, Part, Stackable
from fivesigma.learning.losses import require_finite
from fivesigma.learning.preparation import Preparation, learn_preparation
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.windows import MassWindow

__all__ = ["MemberScores", "TrainingTask", "learns_window", "mean_scores", "train_members", "training_jobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingTask:
    """Estimators to train in one task: of one window, or of all events where ``window`` is None; each by its fold and number."""

    window: MassWindow | None
    jobs: tuple[tuple[int, int], ...]
    options: ScanOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberScores:
    """What one estimator says of the events of its fold, shape (m,), and its least loss on validation events, if it has one."""

    fold: int
    number: int
    score: Matrix
    loss: float | None


def learns_window(options: ScanOptions) -> bool:
    """Return whether the classifier is trained on window against sidebands; else it learns background, from all events alike."""
    return classifier(options.use).trains_on == "both"


def training_jobs(options: ScanOptions) -> list[tuple[tuple[int, int], ...]]:
    """Return fold and number of every estimator of one window, those that are trained in one task together."""
    adapter = classifier(options.use)
    jobs = [(fold, number) for fold in range(options.folds) for number in range(options.members)]
    size = adapter.stack_size(options.parameters) if issubclass(adapter, Stackable) else 1
    return [tuple(jobs[start : start + size]) for start in range(0, len(jobs), size)]


def train_members(task: TrainingTask, shared: Shared) -> list[MemberScores]:
    """Train the estimators of a task and score the events of their folds.

    Parameters
    ----------
    task
        What to train.
    shared
        ``mass`` (n,) in GeV, features ``X`` (n, k), and ``fold`` (n,).

    Raises
    ------
    FivesigmaError
        If an estimator can't be trained; it names window and fold.
    """
    try:
        return _trained(task, shared)
    except FivesigmaError as error:
        where = "" if task.window is None else f"window at {task.window.mass:g} GeV, "
        folds = ", ".join(str(fold) for fold in sorted({fold for fold, _ in task.jobs}))
        raise type(error)(f"{where}fold {folds}: {error}") from error


def mean_scores(members: Sequence[MemberScores], fold: NDArray[np.int8]) -> tuple[Floats, float | None]:
    """Return the score of each event, the mean of the members of its fold, shape (n,), and their mean loss.

    Members are added in the order of their numbers, so that the sum doesn't depend on who came first.
    """
    score = np.zeros(len(fold))
    folds = sorted({member.fold for member in members})
    for one in folds:
        mine = sorted((member for member in members if member.fold == one), key=lambda member: member.number)
        score[fold == one] = sum(member.score.astype(np.float64) for member in mine) / len(mine)
    losses = [
        member.loss for member in sorted(members, key=lambda one: (one.fold, one.number)) if member.loss is not None
    ]
    return score, float(np.mean(losses)) if losses else None


def _trained(task: TrainingTask, shared: Shared) -> list[MemberScores]:
    options = task.options
    estimators = [make_classifier(options.use, dict(options.parameters)) for _ in task.jobs]
    prepared = [_job(task, fold, number, shared, estimators[0]) for fold, number in task.jobs]
    jobs = [job for job, _ in prepared]
    adapter = type(estimators[0])
    if issubclass(adapter, Stackable):
        adapter.fit_together(estimators, jobs)
    else:
        for estimator, job in zip(estimators, jobs, strict=True):
            estimator.fit(job.train, job.validation, seed=job.seed)
    members = []
    for estimator, (_, preparation), (fold, number) in zip(estimators, prepared, task.jobs, strict=True):
        history = estimator.history()
        require_finite(history)
        held_out = np.ascontiguousarray(shared["X"][shared["fold"] == fold])
        members.append(
            MemberScores(
                fold=fold,
                number=number,
                score=np.asarray(estimator.score(preparation(held_out)), dtype=np.float32),
                loss=min(history["validation"]) if history.get("validation") else None,
            )
        )
    return members


def _job(task: TrainingTask, fold: int, number: int, shared: Shared, untrained: Classifier) -> tuple[Job, Preparation]:
    """Return what one estimator learns from: of the other folds, one validates, another for each number in turn."""
    options, folds = task.options, shared["fold"]
    validating = (fold + 1 + number % (options.folds - 1)) % options.folds
    train = _part(task.window, (folds != fold) & (folds != validating), shared)
    validation = _part(task.window, folds == validating, shared)
    steps = untrained.prepares_with if options.prepare is None else options.prepare
    preparation = learn_preparation(steps, train.X, train.weight, impute=not untrained.takes_missing)
    seed = derive_seed(options.seed, "member", "" if task.window is None else task.window.mass, fold, number)
    train, validation = (Part(preparation(part.X), part.is_signal, part.weight) for part in (train, validation))
    return Job(train, validation, seed), preparation


def _part(window: MassWindow | None, mask: Bools, shared: Shared) -> Part:
    """Return events to learn from, window and sidebands with equal totals of weight, and so either sideband."""
    if window is None:
        X = np.ascontiguousarray(shared["X"][mask])
        return Part(X, np.zeros(len(X), dtype=np.bool_), np.ones(len(X)))
    places = np.flatnonzero(mask)
    mass = shared["mass"][places]
    groups = window.inside(mass), window.below(mass), window.above(mass)
    weight = np.zeros(len(mass))
    for group, share in zip(groups, (0.5, 0.25, 0.25), strict=True):
        if not (count := np.count_nonzero(group)):
            raise FivesigmaError(f"{window}: no events in a part to train on or to validate with")
        weight[group] = share / count
    used = weight > 0
    X = np.ascontiguousarray(shared["X"][places[used]])
    return Part(X, groups[0][used], weight[used] * np.count_nonzero(used))
