"""What came of training: one estimator per fold, and how it scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, UInts
from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import derive_seed, fold_of
from fivesigma.core.scores import Scores
from fivesigma.learning.classifiers import Classifier, ModelSpec
from fivesigma.learning.ledger import Ledger
from fivesigma.learning.scale import ScoreScale

__all__ = ["Fit", "FittedModel", "TrainingScores", "validation_part"]

_VALIDATION_PARTS = 5


def validation_part(ids: UInts, *, seed: int) -> Bools:
    """Return which events, shape (n,), are kept for stopping and for the common scale when others train: one in five."""
    return np.asarray(fold_of(ids, seed=derive_seed(seed, "validation"), folds=_VALIDATION_PARTS) == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One fold's estimator, its scale, what it was built as, its losses, and how long it took (s)."""

    estimator: Classifier
    scale: ScoreScale
    description: Mapping[str, Any]
    history: Mapping[str, list[float]]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingScores:
    """Scores of events by estimators that trained on them, each event by k-1 of them: for judging overtraining and nothing else.

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

    def score(self, dataset: Dataset) -> Scores:
        """Return the scores of events, new or old, each by the estimator of its own fold.

        Raises
        ------
        LeakError
            If an event would be scored by an estimator that saw it under the same identifier: the folds are other ones, say.
        FivesigmaError
            If the dataset lacks an input.
        """
        fold = fold_of(dataset.id, seed=self.seed, folds=self.folds)
        self.ledger.require_unseen(dataset, fold, self.name)
        X = dataset.matrix(self.spec.inputs)
        raw, value = np.empty(len(X)), np.empty(len(X))
        for j, fit in enumerate(self.fits):
            mine = fold == j
            if mine.any():
                raw[mine] = fit.estimator.score(X[mine])
                value[mine] = fit.scale(raw[mine])
        return Scores(model=self.name, raw=raw, value=value, fold=fold, folds=self.folds)

    def training_scores(self, dataset: Dataset) -> TrainingScores:
        """Return the scores of the events that each estimator trained on, by that estimator."""
        classes = dataset.where(dataset.of(*self.signal, *self.background))
        fold = fold_of(classes.id, seed=self.seed, folds=self.folds)
        is_signal, X = classes.of(*self.signal), classes.matrix(self.spec.inputs)
        trains = ~validation_part(classes.id, seed=self.seed)
        parts = [(trains & (fold != j), j, fit) for j, fit in enumerate(self.fits)]
        return TrainingScores(
            value=np.concatenate([fit.scale(fit.estimator.score(X[theirs])) for theirs, _, fit in parts]),
            is_signal=np.concatenate([is_signal[theirs] for theirs, _, _ in parts]),
            weight=np.concatenate([classes.weight[theirs] for theirs, _, _ in parts]),
            fold=np.concatenate([np.full(int(theirs.sum()), j, dtype=np.int8) for theirs, j, _ in parts]),
        )
