"""Adapter to XGBoost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy.special import expit

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError, MissingExtraError
from fivesigma.learning.adapters.boosting import looks, met_missing
from fivesigma.learning.adapters.xgboost_files import trees_of
from fivesigma.learning.adapters.xgboost_parameters import (
    drops,
    matrix,
    native,
    parameters_offered,
    reason,
    require_constraints,
    require_parameters,
)
from fivesigma.learning.classifiers import Part
from fivesigma.learning.tree_structure import describe_trees, require_sound

try:
    import xgboost
except ImportError as error:
    raise MissingExtraError("XGBoost", "boosting") from error

__all__ = ["XGBoost"]


class XGBoost:
    """Gradient-boosted trees of XGBoost; boosting stops on the validation part, and the trees up to its lowest loss are kept.

    Parameters are those of ``XGBClassifier``; those that are None are XGBoost's own.

    Raises
    ------
    ValueError
        If XGBoost refuses a value.
    """

    suffix: ClassVar[str] = ".xgboost.json"
    prepares_with: ClassVar[tuple[str, ...]] = ()
    takes_missing: ClassVar[bool] = True
    takes_negative_weights: ClassVar[bool] = False
    trains_on: ClassVar[Literal["both"]] = "both"

    def __init__(self, **parameters: Any) -> None:
        self._parameters = {**parameters_offered(), **parameters}
        self._losses: dict[str, list[float]] = {}
        self._told: dict[str, str] = {}
        require_parameters(self._parameters)

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return parameters_offered()

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train until the validation loss has stopped falling; trees that drop others (dart) are all grown and kept.

        Raises
        ------
        FivesigmaError
            If XGBoost refuses the events, or constraints that do not fit the inputs.
        """
        require_constraints(self._parameters, train.X.shape[1])
        self._told = met_missing(train)
        parameters = native(self._parameters, seed)
        try:
            events = matrix(train, parameters)
            training = _TrainingLoss(events)
            losses: dict[str, dict[str, list[float]]] = {}
            self._booster = xgboost.train(
                parameters,
                events,
                self._parameters["n_estimators"],
                evals=[(matrix(validation, parameters, events), "validation")],
                early_stopping_rounds=None if drops(parameters) else self._parameters["early_stopping_rounds"],
                evals_result=losses,
                verbose_eval=False,
                callbacks=[training],
            )
        except ValueError as error:
            raise FivesigmaError(f"XGBoost: {reason(error)}") from error
        self._losses = {"training": training.losses, "validation": losses["validation"]["logloss"]}
        if not drops(parameters):
            self._booster = self._booster[: int(np.argmin(self._losses["validation"])) + 1]

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,), in double precision so that distinct events stay distinct near 1."""
        margin = self._booster.predict(xgboost.DMatrix(X, nthread=1), output_margin=True)
        probability: Floats = expit(margin.astype(np.float64))
        return probability

    def describe(self) -> Mapping[str, Any]:
        """Return trees, depth and leaves as kept."""
        return {**self._told, **describe_trees(trees_of(json.loads(self._booster.save_raw("json"))))}

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses, per tree, on training and validation events; the former are those of every tenth tree."""
        return {name: list(losses) for name, losses in self._losses.items()}

    def save(self, path: Path) -> None:
        """Write the trees as XGBoost's own JSON."""
        self._booster.save_model(path)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            If it is damaged.
        """
        self = cls(**parameters)
        try:
            model = json.loads(path.read_text(encoding="utf-8"))
            features = int(model["learner"]["learner_model_param"]["num_feature"])
            for tree in trees_of(model):
                require_sound(tree, features, path)
            self._booster = xgboost.Booster({"nthread": 1}, model_file=path)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise DataError(f"{path}: not a readable model: {reason(error)}") from error
        return self


class _TrainingLoss(xgboost.callback.TrainingCallback):
    """Looks at the training loss after the trees that `looks` names; what it saw holds until it looks again."""

    def __init__(self, events: xgboost.DMatrix) -> None:
        super().__init__()
        self.events = events
        self.losses: list[float] = []

    def after_iteration(self, model: xgboost.Booster, _tree: int, _losses: object) -> bool:
        """Look, and go on."""
        look = looks(len(self.losses))
        self.losses.append(float(model.eval(self.events).rpartition(":")[2]) if look else self.losses[-1])
        return False
