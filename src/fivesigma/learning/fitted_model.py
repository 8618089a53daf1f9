"""What came of training: the estimators of each fold, and how they score."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix, UInts
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, facts
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.identity import derive_seed, fold_of
from fivesigma.core.numbers import digits
from fivesigma.core.scores import Scores
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.classifiers import Classifier, ModelSpec
from fivesigma.learning.ledger import Ledger
from fivesigma.learning.preparation import Preparation
from fivesigma.learning.scale import ScoreScale

__all__ = [
    "VALIDATION_PARTS",
    "Fit",
    "FittedModel",
    "Point",
    "TrainingScores",
    "at_point",
    "mean_score",
    "model_inputs",
    "naming",
    "validation_part",
]

VALIDATION_PARTS = 5
"""One in so many events of the training folds is kept for stopping and for the common scale."""
Point = tuple[float, ...]
"""Parameters of a point of a signal grid; none for a model that knows of no grid."""


def validation_part(ids: UInts, *, seed: int) -> Bools:
    """Return which events, shape (n,), are kept for stopping and for the common scale when others train: one in five."""
    return np.asarray(fold_of(ids, seed=derive_seed(seed, "validation"), folds=VALIDATION_PARTS) == 0)


def model_inputs(spec: ModelSpec, dataset: Dataset, point: Point = ()) -> Matrix:
    """Return what a model sees of events, before preparation, shape (n, k): its inputs, and the parameters of a point.

    A model that takes a ready-made score may name an observable, which is kept from all that train, and in its name parameters
    of the grid, as in ``bdt_{gap}``.

    Raises
    ------
    FivesigmaError
        If the dataset lacks an input.
    """
    names = [_at_point(name, spec.parametrised, point) for name in spec.inputs]
    if classifier(spec.use).trains_on == "nothing":
        return _ready_made(dataset, names)
    return at_point(dataset.matrix(names), point)


@contextlib.contextmanager
def naming(spec: ModelSpec, fold: int | None = None) -> Iterator[None]:
    """Name the model, its inputs, and the fold if it is of one, in an error of events that it cannot score."""
    try:
        yield
    except DataError as error:
        of = "" if fold is None else f", fold {fold}"
        raise DataError(f"model {spec.name!r}, which takes {', '.join(spec.inputs)}{of}: {error}") from error


def at_point(X: Matrix, point: Point) -> Matrix:
    """Return inputs (n, k) with the parameters of a point as further ones, the same for all events."""
    if not point:
        return X
    return np.concatenate([X, np.broadcast_to(np.array(point, dtype=np.float32), (len(X), len(point)))], axis=1)


def _at_point(name: str, parameters: Sequence[str], point: Point) -> str:
    """Return a name with the parameters in it replaced by those of a point."""
    for parameter, value in zip(parameters, point, strict=True):
        name = name.replace(f"{{{parameter}}}", digits(value))
    return name


def _ready_made(dataset: Dataset, names: Sequence[str]) -> Matrix:
    """Return the named inputs or observables, shape (n, k), as they are."""
    columns = dataset.columns()
    for name in names:
        if name not in columns:
            raise FivesigmaError(f"no input or observable {name!r}{suggestion(name, columns)}")
    values: Matrix = np.stack([columns[name] for name in names], axis=1)
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One fold's estimators, and what they were built as.

    Attributes
    ----------
    preparation
        What inputs go through before the estimators see them.
    members
        One estimator for each seed; their scores are averaged.
    tuned
        Parameters that were sought, as found in this fold; none if nothing was sought.
    scales
        The common scale of the averaged score at each point; at the empty one if the model knows of no grid.
    description, history
        What was built, and the losses, of the first member.
    seconds
        Training time of all members.
    """

    preparation: Preparation
    members: tuple[Classifier, ...]
    tuned: Mapping[str, Any]
    scales: Mapping[Point, ScoreScale]
    description: Mapping[str, Any]
    history: Mapping[str, list[float]]
    seconds: float

    def score(self, X: Matrix) -> Floats:
        """Return raw scores, shape (n,), of inputs (n, k) as the dataset has them."""
        return mean_score(self.members, self.preparation(X))


def mean_score(members: Sequence[Classifier], X: Matrix) -> Floats:
    """Return the mean of the members' scores, shape (n,), of prepared inputs."""
    return np.asarray(np.mean([member.score(X) for member in members], axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingScores:
    """Scores of events by estimators whose training had them, each event by k-1 of them: for judging overtraining and nothing else.

    What a model leaves out of its training (signal for an autoencoder, negative weights that are dropped) is among them.

    Attributes
    ----------
    value
        Scores on the common scale, shape (n,).
    is_signal, weight
        Class and physics weight of each, shape (n,).
    fold
        Fold of the estimator, shape (n,).
    """

    value: Floats
    is_signal: Bools
    weight: Floats
    fold: NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """A model, cross-fitted: ``fits[j]`` never saw an event of fold j.

    Attributes
    ----------
    spec
        The model's name, classifier, inputs and parameters.
    fits
        One per fold.
    seed
        The seed that folds and training go by.
    ledger
        Which events which estimator used.
    signal, background
        Names of the samples of either class.
    """

    spec: ModelSpec
    fits: tuple[Fit, ...]
    seed: int
    ledger: Ledger
    signal: tuple[str, ...]
    background: tuple[str, ...]

    @property
    def name(self) -> str:
        """The model's name."""
        return self.spec.name

    @property
    def folds(self) -> int:
        """The number of folds."""
        return len(self.fits)

    @property
    def seconds(self) -> float:
        """Training time of all folds, summed."""
        return sum(fit.seconds for fit in self.fits)

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of the signal grid that it has scores for; the empty one if it knows of no grid."""
        return tuple(self.fits[0].scales)

    def score(self, dataset: Dataset, point: Point | None = None) -> Scores:
        """Return the scores of events, new or old, each by the estimator of its own fold.

        Parameters
        ----------
        dataset
            The events.
        point
            Of a parametrised model, the point of the signal grid to score at; its only one if None.

        Raises
        ------
        LeakError
            If an event would be scored by an estimator that saw it under the same identifier: the folds are other ones, say.
        FivesigmaError
            If the dataset lacks an input, or the model knows of no such point.
        """
        point = self._known(point)
        fold = fold_of(dataset.id, seed=self.seed, folds=self.folds)
        self.ledger.require_unseen(dataset, fold, self.name)
        X = model_inputs(self.spec, dataset, point)
        raw, value = np.empty(len(X)), np.empty(len(X))
        for j, fit in enumerate(self.fits):
            mine = fold == j
            if mine.any():
                with naming(self.spec, j):
                    raw[mine] = fit.score(X[mine])
                value[mine] = fit.scales[point](raw[mine])
        return Scores(model=self.name, raw=raw, value=value, fold=fold, folds=self.folds)

    def member_scores(self, dataset: Dataset, point: Point | None = None) -> tuple[Scores, ...]:
        """Return the scores of events by the estimators of each seed alone, one after the other; none if there is but one seed.

        Each seed has scales of its own, measured as those of the mean are: by the events of ``dataset`` that validate, which should be
        those that the model was fitted to. Errors as for `score`.

        Raises
        ------
        DataError
            If no background validates.
        """
        count = len(self.fits[0].members)
        if count < 2:
            return ()
        point = self._known(point)
        fold = fold_of(dataset.id, seed=self.seed, folds=self.folds)
        self.ledger.require_unseen(dataset, fold, self.name)
        X, is_background = model_inputs(self.spec, dataset, point), dataset.of(*self.background)
        validates = (is_background | dataset.of(*self.signal)) & validation_part(dataset.id, seed=self.seed)
        raw, value = np.empty((count, len(X))), np.empty((count, len(X)))
        for j, fit in enumerate(self.fits):
            mine, measures = fold == j, validates & (fold != j)
            scored, measured = fit.preparation(X[mine]), fit.preparation(X[measures])
            for number, member in enumerate(fit.members):
                with naming(self.spec, j):
                    scale = ScoreScale.fit(member.score(measured), is_background[measures], dataset.weight[measures])
                    raw[number, mine] = member.score(scored)
                value[number, mine] = scale(raw[number, mine])
        return tuple(
            Scores(model=self.name, raw=raw[number], value=value[number], fold=fold, folds=self.folds)
            for number in range(count)
        )

    def training_scores(self, dataset: Dataset, point: Point | None = None) -> TrainingScores:
        """Return the scores of the events that each estimator trained on, by that estimator; errors as for `score`."""
        point = self._known(point)
        classes = dataset.where(dataset.of(*self.signal, *self.background))
        fold = fold_of(classes.id, seed=self.seed, folds=self.folds)
        is_signal, X = classes.of(*self.signal), model_inputs(self.spec, classes, point)
        trains = ~validation_part(classes.id, seed=self.seed)
        parts, values = [trains & (fold != j) for j in range(self.folds)], []
        for j, (theirs, fit) in enumerate(zip(parts, self.fits, strict=True)):
            with naming(self.spec, j):
                values.append(fit.scales[point](fit.score(X[theirs])))
        return TrainingScores(
            value=np.concatenate(values),
            is_signal=np.concatenate([is_signal[theirs] for theirs in parts]),
            weight=np.concatenate([classes.weight[theirs] for theirs in parts]),
            fold=np.concatenate([np.full(int(theirs.sum()), j, dtype=np.int8) for j, theirs in enumerate(parts)]),
        )

    def _known(self, point: Point | None) -> Point:
        if point is None and len(self.points) == 1:
            return self.points[0]
        if point not in self.points:
            known = ", ".join(str(known) for known in self.points)
            raise FivesigmaError(
                f"model {self.name!r} is parametrised in {self.spec.parametrised}: a point is one of {known}"
            )
        return point

    def _repr_html_(self) -> str:
        built = {key: str(value) for key, value in self.fits[0].description.items()}
        values: dict[str, Entry] = {"classifier": self.spec.use, "inputs": len(self.spec.inputs), "folds": self.folds}
        return facts(self.name, {**values, **built, "seconds": self.seconds}).html
