"""The trees of XGBoost, from the JSON that it stores a model as."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fivesigma.learning.classifiers import Classifier
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.stored import stored
from fivesigma.learning.conversion.trees import Tree, Trees, below

__all__ = ["xgboost_trees"]


def xgboost_trees(estimator: Classifier) -> Trees:
    """Return those of a model that tells two classes apart; its score is the probability of signal.

    Raises
    ------
    NotConvertibleError
        If its objective is another one than ``binary:logistic``.
    """
    with stored(estimator) as path:
        learner = json.loads(path.read_bytes())["learner"]
    objective = learner["objective"]["name"]
    if objective != "binary:logistic":
        raise NotConvertibleError(f"its objective is {objective}, not binary:logistic")
    booster = learner["gradient_booster"]
    grown = booster.get("gbtree", booster)["model"]["trees"]
    # of trees that drop others (dart), each has a weight
    weights = booster.get("weight_drop") or [1.0] * len(grown)
    trees = tuple(_tree(tree, weight) for tree, weight in zip(grown, weights, strict=True))
    return Trees(trees=trees, base=_log_odds(learner), logistic=True, in_single=True)


def _log_odds(learner: Mapping[str, Any]) -> float:
    """Return what boosting starts from; XGBoost keeps it as a probability."""
    (start,) = np.ravel(json.loads(learner["learner_model_param"]["base_score"]))
    return math.log(start / (1 - start))


def _tree(tree: Mapping[str, Any], weight: float) -> Tree:
    # of a leaf, the condition is what it adds
    condition = np.array(tree["split_conditions"], dtype=np.float64).astype(np.float32)
    return Tree(
        feature=np.array(tree["split_indices"], dtype=np.int64),
        threshold=below(condition),
        left=np.array(tree["left_children"], dtype=np.int64),
        right=np.array(tree["right_children"], dtype=np.int64),
        missing_left=np.array(tree["default_left"], dtype=np.bool_),
        value=condition.astype(np.float64) * weight,
    )
