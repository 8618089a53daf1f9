"""Adapters to scikit-learn's tree ensembles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError
from fivesigma.learning.classifiers import Part
from fivesigma.learning.skops_files import dump_skops, load_skops

__all__ = ["HistGradientBoosting", "RandomForest"]

_OURS = {
    "random_state",
    "n_jobs",
    "verbose",
    "warm_start",
    "class_weight",
    "early_stopping",
    "validation_fraction",
    "oob_score",
}
"""Parameters that cross-fitting sets itself, and that a user therefore may not."""


class _Trees:
    """What the two ensembles share."""

    suffix: ClassVar[str] = ".skops"
    prepares_with: ClassVar[tuple[str, ...]] = ()
    takes_missing: ClassVar[bool] = True
    takes_negative_weights: ClassVar[bool] = False
    trains_on: ClassVar[Literal["both"]] = "both"
    library: ClassVar[type[ClassifierMixin]]
    defaults: ClassVar[Mapping[str, Any]]

    def __init__(self, **parameters: Any) -> None:
        self.estimator = self.library(**{**self.defaults, **parameters})
        self._met_missing = False
        self.estimator._validate_params()  # noqa: SLF001 - scikit-learn checks only when it fits, a configuration wants it before

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return {name: value for name, value in (cls.library().get_params() | cls.defaults).items() if name not in _OURS}

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,)."""
        probability: Floats = self.estimator.predict_proba(X)[:, 1]
        return probability

    def history(self) -> Mapping[str, list[float]]:
        """Return no losses."""
        return {}

    def _of_missing(self) -> Mapping[str, str]:
        """Return what the trees do with missing values, if they met some in training."""
        return {"missing values": "each split sends them to the better side"} if self._met_missing else {}

    def save(self, path: Path) -> None:
        """Write the estimator as a skops file."""
        dump_skops(self.estimator, path)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read a skops file of nothing but known types."""
        self = cls(**parameters)
        estimator = load_skops(path)
        if not isinstance(estimator, cls.library):
            raise DataError(f"{path}: holds {type(estimator).__name__}, expected {cls.library.__name__}")
        self.estimator = estimator
        return self


class RandomForest(_Trees):
    """A random forest."""

    library = RandomForestClassifier
    defaults: ClassVar[Mapping[str, Any]] = {"n_jobs": 1}

    def fit(self, train: Part, _validation: Part, *, seed: int) -> None:
        """Train; a forest needs no stopping."""
        self._met_missing = bool(np.isnan(train.X).any())
        self.estimator.set_params(random_state=seed)
        self.estimator.fit(train.X, train.is_signal.astype(np.int8), train.weight)

    def describe(self) -> Mapping[str, Any]:
        """Return trees, depth and leaves as built."""
        trees = [tree.tree_ for tree in self.estimator.estimators_]
        return {
            **self._of_missing(),
            "trees": len(trees),
            "deepest tree": int(max(tree.max_depth for tree in trees)),
            "leaves": int(sum(tree.n_leaves for tree in trees)),
        }


class HistGradientBoosting(_Trees):
    """Gradient-boosted trees on binned inputs; boosting stops on the validation part."""

    library = HistGradientBoostingClassifier
    defaults: ClassVar[Mapping[str, Any]] = {"early_stopping": True, "max_iter": 300, "n_iter_no_change": 10}

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train until the validation loss has stopped falling."""
        self._met_missing = bool(np.isnan(train.X).any())
        self.estimator.set_params(random_state=seed)
        self.estimator.fit(
            _binnable(train.X),
            train.is_signal.astype(np.int8),
            train.weight,
            X_val=validation.X,
            y_val=validation.is_signal.astype(np.int8),
            sample_weight_val=validation.weight,
        )

    def describe(self) -> Mapping[str, Any]:
        """Return trees and leaves as built."""
        trees = [tree for (tree,) in self.estimator._predictors]  # noqa: SLF001 - scikit-learn shows its trees nowhere else
        return {
            **self._of_missing(),
            "trees": len(trees),
            "deepest tree": max(int(tree.get_max_depth()) for tree in trees),
            "leaves": sum(int(tree.get_n_leaf_nodes()) for tree in trees),
        }

    def history(self) -> Mapping[str, list[float]]:
        """Return the losses, per tree, on training and validation events."""
        losses = {"training": self.estimator.train_score_, "validation": self.estimator.validation_score_}
        return {name: [-float(loss) for loss in values] for name, values in losses.items()}


def _binnable(X: Matrix) -> Matrix:
    """Return inputs with those that no event has at zero: scikit-learn puts no bins where there are no values.

    Nothing is split at such an input, so that whatever it is in other events is of no matter.
    """
    nowhere = np.isnan(X).all(axis=0)
    return np.where(nowhere, np.float32(0), X) if nowhere.any() else X
