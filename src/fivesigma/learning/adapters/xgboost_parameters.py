"""What parameters of XGBoost may be, which it says nothing of before it trains, and how its own interface has them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from numbers import Integral
from typing import Any, TypeGuard

import numpy as np

from fivesigma.core.errors import FivesigmaError, MissingExtraError, first_line
from fivesigma.learning.classifiers import Part

try:
    import xgboost
except ImportError as error:
    raise MissingExtraError("XGBoost", "boosting") from error

__all__ = ["drops", "matrix", "native", "parameters_offered", "reason", "require_constraints", "require_parameters"]

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
DEFAULTS = {"n_estimators": 300, "early_stopping_rounds": 10}
_LISTS = (list, tuple)
_OF_INPUTS = {"interaction_constraints": list, "monotone_constraints": tuple}


def parameters_offered() -> dict[str, Any]:
    """Return the parameters that may be set, with their defaults; None is XGBoost's own."""
    known = xgboost.XGBClassifier().get_params()
    return {name: known[name] for name in _OFFERED} | DEFAULTS


def drops(parameters: Mapping[str, Any]) -> bool:
    """Return whether a tree that comes later changes those before it."""
    return bool(parameters.get("booster") == "dart")


def native(parameters: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return parameters as XGBoost's own interface has them."""
    # as text they speak of inputs by their places; as lists, by their names
    texts = {name: str(kind(parameters[name])) for name, kind in _OF_INPUTS.items() if parameters.get(name)}
    given = {name: value for name, value in parameters.items() if name not in DEFAULTS}
    return {
        **xgboost.XGBClassifier(**{**given, **texts}).get_xgb_params(),
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "random_state": seed,
        "n_jobs": 1,
        "verbosity": 0,
    }


def matrix(part: Part, parameters: Mapping[str, Any], like: xgboost.DMatrix | None = None) -> xgboost.DMatrix:
    """Return events as XGBoost trains on them: in bins already, unless the method asks for all their values."""
    columns = {"data": part.X, "label": part.is_signal.astype(np.float32), "weight": part.weight, "nthread": 1}
    if parameters.get("tree_method") in (None, "auto", "hist"):
        return xgboost.QuantileDMatrix(**columns, ref=like, max_bin=parameters.get("max_bin"))
    return xgboost.DMatrix(**columns)


def require_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if a parameter cannot be, which XGBoost only finds when it trains."""
    for name in ("n_estimators", "early_stopping_rounds"):
        value = parameters[name]
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    if parameters.get("booster") == "gblinear":
        raise ValueError("booster is gbtree or dart; a linear model is called logistic")
    _require_form(parameters)
    # constraints are as long as there are inputs, which are not known here
    left_out = (*DEFAULTS, *_OF_INPUTS)
    tried = {name: value for name, value in parameters.items() if name not in left_out and value is not None}
    if together := _refused(tried):
        alone = ((name, value, _refused({name: value})) for name, value in tried.items())
        raise ValueError(
            next((f"{name} cannot be {value!r}: {why}" for name, value, why in alone if why is not None), together)
        )


def _require_form(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if a constraint is not written as XGBoost takes it by the places of inputs."""
    ways = parameters.get("monotone_constraints")
    if ways is not None and not (isinstance(ways, _LISTS) and all(_is_whole(way) and abs(way) <= 1 for way in ways)):
        raise ValueError(f"monotone_constraints is a list with -1, 0 or 1 for each input in turn, not {ways!r:.80}")
    groups = parameters.get("interaction_constraints")
    if groups is not None and not (
        isinstance(groups, _LISTS)
        and all(
            isinstance(group, _LISTS) and all(_is_whole(place) and place >= 0 for place in group) for group in groups
        )
    ):
        raise ValueError(
            f"interaction_constraints is a list of lists of inputs by their places, counted from 0, not {groups!r:.80}"
        )


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def require_constraints(parameters: Mapping[str, Any], inputs: int) -> None:
    """Raise FivesigmaError if constraints are of other inputs than there are, some of which XGBoost passes over in silence."""
    ways = parameters.get("monotone_constraints") or ()
    if len(ways) not in (0, inputs):
        raise FivesigmaError(f"monotone_constraints names {len(ways)} inputs, and there are {inputs}")
    for place in {place for group in parameters.get("interaction_constraints") or () for place in group}:
        if place >= inputs:
            raise FivesigmaError(f"interaction_constraints names input {place}; there are {inputs}, counted from 0")


def _refused(parameters: Mapping[str, Any]) -> str | None:
    return _refused_text(json.dumps(parameters, default=str))


@cache
def _refused_text(parameters: str) -> str | None:
    """Return why XGBoost does not grow a tree of these parameters, which are JSON; None if it does."""
    few = Part(np.arange(8, dtype=np.float32)[:, np.newaxis], np.arange(8) % 2 == 0, np.ones(8))
    try:
        tried = native(json.loads(parameters), 0)
        xgboost.train(tried, matrix(few, tried), 1)
    except ValueError as error:
        return reason(error)
    return None


def reason(error: BaseException) -> str:
    """Return what XGBoost says is wrong, without when and where in its sources it says so."""
    return re.sub(r"^\[[\d:]+\] \S+:\d+: (Check failed: )?", "", first_line(error))
