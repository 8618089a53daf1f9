"""Adapter to XGBoost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy.special import expit

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError, MissingExtraError, first_line
from fivesigma.learning.adapters.xgboost_files import trees_of
from fivesigma.learning.classifiers import Part
from fivesigma.learning.tree_structure import describe_trees, require_sound

try:
    from xgboost import Booster, DMatrix, XGBClassifier
except ImportError as error:
    raise MissingExtraError("XGBoost", "boosting") from error

__all__ = ["XGBoost"]

_OFFERED = (
    "booster",
    "colsample_bylevel",
    "colsample_bynode",
    "colsample_bytree",
    "early_stopping_rounds",
    "gamma",
    "grow_policy",
    "interaction_constraints",
    "learning_rate",
    "max_bin",
    "max_delta_step",
    "max_depth",
    "max_leaves",
    "min_child_weight",
    "monotone_constraints",
    "n_estimators",
    "num_parallel_tree",
    "reg_alpha",
    "reg_lambda",
    "subsample",
    "tree_method",
)
"""Parameters that a user may set; the others are for other tasks, or are cross-fitting's."""
_DEFAULTS = {"n_estimators": 300, "early_stopping_rounds": 10}
_OF_INPUTS = {"interaction_constraints": list, "monotone_constraints": tuple}


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
        self._parameters = {**_DEFAULTS, **parameters}
        self._losses: dict[str, list[float]] = {}
        self._told: dict[str, str] = {}
        _check(self._parameters)

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        known = XGBClassifier().get_params()
        return {name: known[name] for name in _OFFERED} | _DEFAULTS

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train until the validation loss has stopped falling; trees that drop others (dart) are all grown and kept.

        Raises
        ------
        FivesigmaError
            If XGBoost refuses the events, or constraints that do not fit the inputs.
        """
        model = _untrained(self._parameters, seed)
        if _drops(self._parameters):
            model.set_params(early_stopping_rounds=None)
        if np.isnan(train.X).any():
            self._told["missing values"] = "each split sends them to the better side"
        parts = [(part.X, part.is_signal.astype(np.int8), part.weight) for part in (train, validation)]
        X, y, weight = parts[0]
        try:
            model.fit(
                X,
                y,
                sample_weight=weight,
                eval_set=[(X, y) for X, y, _ in parts],
                sample_weight_eval_set=[weight for _, _, weight in parts],
                verbose=False,
            )
        except ValueError as error:
            raise FivesigmaError(f"XGBoost: {_reason(error)}") from error
        self._losses = {
            name: [float(loss) for loss in losses["logloss"]]
            for name, losses in zip(("training", "validation"), model.evals_result().values(), strict=True)
        }
        self._booster = model.get_booster()
        if not _drops(self._parameters):
            self._booster = self._booster[: int(np.argmin(self._losses["validation"])) + 1]

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,), in double precision so that distinct events stay distinct near 1."""
        margin = self._booster.predict(DMatrix(X, nthread=1), output_margin=True)
        probability: Floats = expit(margin.astype(np.float64))
        return probability

    def describe(self) -> Mapping[str, Any]:
        """Return trees, depth and leaves as kept."""
        return {**self._told, **describe_trees(trees_of(json.loads(self._booster.save_raw("json"))))}

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses, per tree, on training and validation events."""
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
            self._booster = Booster({"nthread": 1}, model_file=path)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise DataError(f"{path}: not a readable model: {_reason(error)}") from error
        return self


def _drops(parameters: Mapping[str, Any]) -> bool:
    """Return whether a tree that comes later changes those before it."""
    return bool(parameters.get("booster") == "dart")


def _untrained(parameters: Mapping[str, Any], seed: int) -> XGBClassifier:
    # as text XGBoost reads them by the places of inputs; as lists, by their names
    texts = {name: str(kind(parameters[name])) for name, kind in _OF_INPUTS.items() if parameters.get(name)}
    given = {**parameters, **texts}
    return XGBClassifier(**given, random_state=seed, n_jobs=1, verbosity=0, eval_metric="logloss")


def _check(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if a parameter cannot be, which XGBoost only finds when it trains."""
    for name in ("n_estimators", "early_stopping_rounds"):
        value = parameters[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    if parameters.get("booster") == "gblinear":
        raise ValueError("booster is gbtree or dart; a linear model is called logistic")
    # constraints are as long as there are inputs, which are not known here
    tried = {name: value for name, value in parameters.items() if name not in (*_DEFAULTS, *_OF_INPUTS)}
    if reason := _refused(tried):
        alone = ((name, value, _refused({name: value})) for name, value in tried.items())
        raise ValueError(
            next((f"{name} cannot be {value!r}: {why}" for name, value, why in alone if why is not None), reason)
        )


def _refused(parameters: Mapping[str, Any]) -> str | None:
    """Return why XGBoost does not grow a tree of these parameters; None if it does."""
    model = _untrained({**parameters, "n_estimators": 1}, 0)
    try:
        model.fit(np.arange(8.0)[:, np.newaxis], np.arange(8) % 2)
    except ValueError as error:
        return _reason(error)
    return None


def _reason(error: BaseException) -> str:
    """Return what XGBoost says is wrong, without when and where in its sources it says so."""
    return re.sub(r"^\[[\d:]+\] \S+:\d+: (Check failed: )?", "", first_line(error))
