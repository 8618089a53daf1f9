"""Cross-fitting: every event is scored by an estimator that never saw it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Workers, iterate_map
from fivesigma.learning.catalogue import OBJECT, classifier, make_classifier
from fivesigma.learning.classifiers import ModelSpec, NegativeWeights, Tuning
from fivesigma.learning.fitted_model import Fit, FittedModel, Point, model_inputs, naming
from fivesigma.learning.fold_parts import Columns
from fivesigma.learning.fold_task import FoldTask, Member, fit_members, naming_folds, task_jobs
from fivesigma.learning.ledger import Ledger
from fivesigma.learning.preparation import learn_preparation
from fivesigma.learning.scale import ScoreScale
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.training import Balance
from fivesigma.learning.training_events import (
    TrainingEvents,
    grid_parameters,
    grid_points,
    training_events,
)

__all__ = ["cross_fit", "cross_fit_all"]


def cross_fit(
    use: str | object,
    dataset: Dataset,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    equal: Sequence[Sequence[str]] = (),
    training: Dataset | None = None,
    balance: Balance = "equal",
    prepare: Sequence[str] | None = None,
    seeds: int = 1,
    negative_weights: NegativeWeights = "absolute",
    parametrised: Sequence[str] = (),
    tune: Tuning | None = None,
    folds: int = 5,
    seed: int = 42,
    name: str | None = None,
    workers: Workers | None = None,
    **parameters: Any,
) -> FittedModel:
    """Train one model on k folds.

    Parameters
    ----------
    use
        Name of a classifier, see `fivesigma.learning.catalogue.available`, or an untrained classifier that follows scikit-learn's
        conventions, of which each fold trains a clone.
    dataset
        The events; data among them are never trained on.
    signal, background
        Names of the samples of either class; those of that kind if None.
    inputs
        Names of the inputs; all if None.
    equal
        Groups of samples, such as the points of a signal grid, that have equal say within their class; a sample has as much say
        as its expected events otherwise.
    training
        The events to train on where they are not those of ``dataset``: of the same samples, after looser cuts, say.
    balance
        How the classes are balanced in training, see `fivesigma.learning.training.Balance`.
    prepare
        Names of the steps that inputs go through, see `fivesigma.learning.preparation.STEPS`; the classifier's own if None.
    seeds
        How many estimators are trained in each fold, from different seeds; their scores are averaged.
    negative_weights
        What training makes of events of negative weight.
    parametrised
        Names of the parameters of a signal grid that are inputs too.
    tune
        Parameters to seek inside each fold.
    folds
        How many parts the events are split into, by their identifiers and the seed.
    seed
        The seed; the same seed gives the same numbers whatever the number of workers, but where time ends tuning.
    name
        What to call the model; the classifier's name, or its class's, if None.
    workers
        Where to compute; in this process if None.
    parameters
        Parameters of the classifier.

    Raises
    ------
    FivesigmaError
        If there is no such classifier, sample, input or parameter, or an estimator cannot be trained.
    DataError
        If a fold lacks a class to train on or to validate with.
    """
    if not isinstance(use, str):
        name, use, parameters = name or type(use).__name__, OBJECT, {OBJECT: use, **parameters}
    spec = ModelSpec(
        name=name or use,
        use=use,
        inputs=tuple(dataset.inputs if inputs is None else inputs),
        parameters=parameters,
        prepare=None if prepare is None else tuple(prepare),
        seeds=seeds,
        negative_weights=negative_weights,
        parametrised=tuple(parametrised),
        tune=tune,
    )
    (model,) = cross_fit_all(
        [spec],
        dataset,
        signal=signal,
        background=background,
        equal=equal,
        training=training,
        balance=balance,
        folds=folds,
        seed=seed,
        workers=workers,
    )
    return model


def cross_fit_all(
    specs: Sequence[ModelSpec],
    dataset: Dataset,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    equal: Sequence[Sequence[str]] = (),
    training: Dataset | None = None,
    balance: Balance = "equal",
    folds: int = 5,
    seed: int = 42,
    workers: Workers | None = None,
    progress: Callable[[int, int], None] | None = None,
    record: Path | None = None,
) -> Iterator[FittedModel]:
    """Train several models at once and yield each as its last fold is done.

    Arguments and errors as for `cross_fit`; ``progress`` is called with (done, all) estimators. In the folder ``record``,
    made if needed, tuning keeps what it tried, and goes on with what it finds there.
    """
    _check(specs)
    signal = tuple(signal or dataset.names("signal"))
    background = tuple(background or dataset.names("background"))
    measured = training_events(dataset, signal, background, folds=folds, seed=seed)
    trained = measured
    if training is not None:
        trained = training_events(training, signal, background, folds=folds, seed=seed)
    whole = _Whole(specs, trained, measured, signal, background, equal, balance, folds, seed, record)
    learning = [spec for spec in specs if classifier(spec.use).trains_on != "nothing"]
    for spec in specs:
        if spec not in learning:
            yield whole.ready_made(spec)
    tasks = whole.tasks(learning)
    trained_members: dict[str, list[Member]] = {spec.name: [] for spec in learning}
    estimators, done = sum(len(task.jobs) for task in tasks), 0
    for index, members in iterate_map(fit_members, tasks, shared=whole.shared(learning), workers=workers):
        spec = tasks[index].spec
        trained_members[spec.name] += members
        done += len(members)
        if progress is not None:
            progress(done, estimators)
        if len(trained_members[spec.name]) == folds * spec.seeds:
            yield whole.model(spec, trained_members.pop(spec.name))


def _check(specs: Sequence[ModelSpec]) -> None:
    names = [spec.name for spec in specs]
    for spec in specs:
        if names.count(spec.name) > 1:
            raise FivesigmaError(f"two models are called {spec.name!r}")
        check_spec(spec)


@dataclass(frozen=True, slots=True)
class _Whole:
    """All that one cross-fitting is about."""

    specs: Sequence[ModelSpec]
    trained: TrainingEvents
    measured: TrainingEvents
    signal: tuple[str, ...]
    background: tuple[str, ...]
    equal: Sequence[Sequence[str]]
    balance: Balance
    folds: int
    seed: int
    record: Path | None

    @property
    def prefix(self) -> str:
        """What the names of the shared arrays of the events begin with that scores are put on the common scale by."""
        return "" if self.measured is self.trained else "measured."

    @property
    def grid(self) -> tuple[str, ...]:
        """The parameters of a signal grid that any model has among its inputs."""
        return tuple(dict.fromkeys(name for spec in self.specs for name in spec.parametrised))

    @property
    def ledger(self) -> Ledger:
        """Which events which fold's estimators may use, in either selection."""
        return self.trained.ledger if not self.prefix else self.trained.ledger.joined(self.measured.ledger)

    def shared(self, learning: Sequence[ModelSpec]) -> dict[str, NDArray[Any]]:
        """Return the arrays that all tasks read."""
        arrays: dict[str, NDArray[Any]] = {"X": self.trained.classes.X, **self.trained.shared()}
        if self.grid:
            arrays["parameters"] = grid_parameters(self.grid, self.trained)
        if self.prefix and learning:
            arrays[f"{self.prefix}X"] = self.measured.classes.X
            arrays[f"{self.prefix}fold"], arrays[f"{self.prefix}validates"] = (
                self.measured.fold,
                self.measured.validates,
            )
        return arrays

    def tasks(self, learning: Sequence[ModelSpec]) -> list[FoldTask]:
        """Return what there is to do."""
        return [
            FoldTask(
                spec=spec,
                columns=self._columns(spec),
                points=grid_points(spec, self.trained.classes, self.signal),
                jobs=jobs,
                seed=self.seed,
                measured=self.prefix,
                record=None if self.record is None else str(self.record),
            )
            for spec in learning
            for jobs in task_jobs(spec, self.folds)
        ]

    def _columns(self, spec: ModelSpec) -> Columns:
        classes = self.trained.classes
        names = [info.name for info in classes.samples]
        return Columns(
            inputs=classes.positions(spec.inputs),
            parameters=tuple(map(self.grid.index, spec.parametrised)),
            equal=tuple(tuple(names.index(name) for name in group) for group in self.equal),
            balance=self.balance,
        )

    def model(self, spec: ModelSpec, members: Sequence[Member]) -> FittedModel:
        """Return a model of its trained estimators."""
        by_fold = [sorted((m for m in members if m.fold == j), key=lambda m: m.number) for j in range(self.folds)]
        fits = []
        for j, fold in enumerate(by_fold):
            with naming_folds(spec.name, [j]):
                fits.append(self._fit(j, fold))
        return self._fitted(spec, fits)

    def ready_made(self, spec: ModelSpec) -> FittedModel:
        """Return a model that learns nothing here: its estimator is the same in each fold, and only its scale is measured."""
        estimator = make_classifier(spec.use, spec.parameters)
        nothing = learn_preparation((), np.empty((0, len(spec.inputs)), np.float32), np.empty(0), impute=False)
        points = grid_points(spec, self.trained.classes, self.signal)
        events = self.measured.classes
        with naming(spec):
            scores = {point: estimator.score(nothing(model_inputs(spec, events, point))) for point in points}
        members = []
        for fold in range(self.folds):
            here = self._validates(fold)
            members.append(
                Member(
                    fold=fold,
                    number=0,
                    estimator=estimator,
                    tuned={},
                    preparation=nothing,
                    scores={point: score[here] for point, score in scores.items()},
                    description=estimator.describe(),
                    history={},
                    seconds=0.0,
                )
            )
        return self.model(spec, members)

    def _validates(self, fold: int) -> Any:
        return (self.measured.fold != fold) & self.measured.validates

    def _fit(self, fold: int, members: Sequence[Member]) -> Fit:
        here = self._validates(fold)
        is_background, weight = ~self.measured.is_signal[here], self.measured.classes.weight[here]
        scales: dict[Point, ScoreScale] = {}
        for point in members[0].scores:
            mean = np.mean([member.scores[point] for member in members], axis=0)
            scales[point] = ScoreScale.fit(mean, is_background, weight)
        several = {"seeds": len(members)} if len(members) > 1 else {}
        return Fit(
            preparation=members[0].preparation,
            members=tuple(member.estimator for member in members),
            tuned=members[0].tuned,
            scales=scales,
            description={**members[0].description, **several},
            history=members[0].history,
            seconds=sum(member.seconds for member in members),
        )

    def _fitted(self, spec: ModelSpec, fits: Sequence[Fit]) -> FittedModel:
        return FittedModel(
            spec=spec,
            fits=tuple(fits),
            seed=self.seed,
            ledger=self.ledger,
            signal=self.signal,
            background=self.background,
        )
