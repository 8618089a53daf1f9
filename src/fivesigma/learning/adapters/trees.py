"""Adapters to scikit-learn's ensembles of trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.learning.adapters.scikit import ScikitClassifier
from fivesigma.learning.classifiers import Part

__all__ = ["AdaBoost", "GradientBoosting", "HistGradientBoosting", "RandomForest"]


class _Trees(ScikitClassifier):
    """What ensembles of trees share: inputs as they are, and a probability of signal."""

    prepares_with: ClassVar[tuple[str, ...]] = ()

    def _learn(self, train: Part, _validation: Part, _seed: int) -> None:
        self.estimator.fit(train.X, train.is_signal.astype(np.int8), train.weight)

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,)."""
        probability: Floats = self.estimator.predict_proba(X)[:, 1]
        return probability


class RandomForest(_Trees):
    """A random forest."""

    library = RandomForestClassifier


class AdaBoost(_Trees):
    """Trees boosted by AdaBoost, stumps unless ``estimator__max_depth`` says otherwise."""

    library = AdaBoostClassifier
    defaults: ClassVar[Mapping[str, Any]] = {"estimator": DecisionTreeClassifier(max_depth=1)}
    ours = ScikitClassifier.ours | {"estimator"}


class GradientBoosting(_Trees):
    """Gradient-boosted trees on exact inputs; of all trees grown, those up to the lowest validation loss are kept."""

    library = GradientBoostingClassifier
    ours = ScikitClassifier.ours | {"init", "n_iter_no_change", "tol", "validation_fraction"}

    def _hold(self, estimator: GradientBoostingClassifier) -> None:
        super()._hold(estimator)
        self._losses: dict[str, list[float]] = {}

    def _learn(self, train: Part, validation: Part, seed: int) -> None:
        super()._learn(train, validation, seed)
        self._losses = {
            name: [_loss(probability[:, 1], part) for probability in self.estimator.staged_predict_proba(part.X)]
            for name, part in (("training", train), ("validation", validation))
        }
        kept = int(np.argmin(self._losses["validation"])) + 1
        self.estimator.estimators_ = self.estimator.estimators_[:kept]
        self.estimator.n_estimators_ = kept

    def history(self) -> Mapping[str, list[float]]:
        """Return the losses, per tree, on training and validation events."""
        return {name: list(losses) for name, losses in self._losses.items()}


class HistGradientBoosting(_Trees):
    """Gradient-boosted trees on binned inputs; boosting stops on the validation part."""

    library = HistGradientBoostingClassifier
    defaults: ClassVar[Mapping[str, Any]] = {"early_stopping": True, "max_iter": 300, "n_iter_no_change": 10}
    # scikit-learn cannot store how it would measure otherwise than by the loss
    ours = ScikitClassifier.ours | {"early_stopping", "scoring", "validation_fraction"}

    def _hold(self, estimator: HistGradientBoostingClassifier) -> None:
        super()._hold(estimator)
        self.takes_missing = True

    def _learn(self, train: Part, validation: Part, _seed: int) -> None:
        self.estimator.fit(
            _binnable(train.X),
            train.is_signal.astype(np.int8),
            train.weight,
            X_val=validation.X,
            y_val=validation.is_signal.astype(np.int8),
            sample_weight_val=validation.weight,
        )

    def history(self) -> Mapping[str, list[float]]:
        """Return the losses, per tree, on training and validation events."""
        # the first of scikit-learn's is that before any tree
        losses = {"training": self.estimator.train_score_[1:], "validation": self.estimator.validation_score_[1:]}
        return {name: [-float(loss) for loss in values] for name, values in losses.items()}


def _binnable(X: Matrix) -> Matrix:
    """Return inputs with those that no event has at zero: scikit-learn puts no bins where there are no values.

    Nothing is split at such an input, so that whatever it is in other events is of no matter.
    """
    nowhere = np.isnan(X).all(axis=0)
    return np.where(nowhere, np.float32(0), X) if nowhere.any() else X


def _loss(probability: Floats, part: Part) -> float:
    """Return the weighted mean of the binary cross-entropy."""
    of_truth = np.where(part.is_signal, probability, 1 - probability)
    return float(np.average(-np.log(np.maximum(of_truth, np.finfo(np.float64).tiny)), weights=part.weight))
