"""The trees of scikit-learn's classifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from fivesigma.core.arrays import Floats
from fivesigma.learning.adapters.scikit import ScikitClassifier
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.trees import LEAF, Tree, Trees

__all__ = ["scikit_trees"]


def scikit_trees(adapter: ScikitClassifier) -> Trees | None:
    """Return the trees of a classifier, None if it is not made of them; their score is what the adapter's is.

    Raises
    ------
    NotConvertibleError
        If they split by categories, or are not all it is made of.
    """
    read = _READERS.get(type(adapter.estimator))
    return None if read is None else read(adapter.estimator, _asks_for_probability(adapter))


def _asks_for_probability(adapter: ScikitClassifier) -> bool:
    """Return whether an adapter scores by the probability of signal, where its classifier has a margin too."""
    return type(adapter).score is not ScikitClassifier.score


def _histogram_trees(estimator: Any, probability: bool) -> Trees:
    trees = []
    for (predictor,) in estimator._predictors:  # noqa: SLF001 - scikit-learn shows its trees nowhere else
        nodes = predictor.nodes
        is_leaf = nodes["is_leaf"].astype(np.bool_)
        if nodes["is_categorical"][~is_leaf].any():
            raise NotConvertibleError("it splits by categories")
        left, right = (np.where(is_leaf, LEAF, nodes[side].astype(np.int64)) for side in ("left", "right"))
        trees.append(
            Tree(
                feature=nodes["feature_idx"].astype(np.int64),
                threshold=nodes["num_threshold"].astype(np.float64),
                left=left,
                right=right,
                missing_left=nodes["missing_go_to_left"].astype(np.bool_),
                value=nodes["value"].astype(np.float64),
            )
        )
    base = float(estimator._baseline_prediction.ravel()[0])  # noqa: SLF001 - as above
    return Trees(trees=tuple(trees), base=base, logistic=probability)


def _gradient_trees(estimator: Any, probability: bool) -> Trees:
    rate = estimator.learning_rate
    trees = tuple(_tree(each.tree_, lambda value: rate * value[:, 0, 0]) for each in estimator.estimators_[:, 0])
    nothing = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
    base = estimator._raw_predict_init(nothing)  # noqa: SLF001 - what boosting starts from is shown nowhere else
    return Trees(trees=trees, base=float(base[0, 0]), logistic=probability)


def _adaboost_trees(estimator: Any, probability: bool) -> Trees:
    """Return trees of which each votes with its weight; the margin is twice the mean vote, and the log of the odds."""
    _require_trees(estimator.estimators_)

    def votes(weight: float) -> Callable[[Floats], Floats]:
        return lambda value: np.where(value[:, 0, 1] > value[:, 0, 0], weight, -weight)

    weights = estimator.estimator_weights_
    trees = [_tree(each.tree_, votes(w)) for each, w in zip(estimator.estimators_, weights, strict=False)]
    return Trees(trees=tuple(trees), factor=2 / float(weights.sum()), logistic=probability)


def _forest_trees(estimator: Any, _probability: bool) -> Trees:
    trees = tuple(_tree(each.tree_, _fraction_of_signal) for each in estimator.estimators_)
    return Trees(trees=trees, factor=1 / len(trees))


def _bagged_trees(estimator: Any, _probability: bool) -> Trees:
    _require_trees(estimator.estimators_)
    drawn = zip(estimator.estimators_, estimator.estimators_features_, strict=True)
    trees = tuple(_tree(each.tree_, _fraction_of_signal, np.asarray(inputs)) for each, inputs in drawn)
    return Trees(trees=trees, factor=1 / len(trees))


def _single_tree(estimator: Any, _probability: bool) -> Trees:
    return Trees(trees=(_tree(estimator.tree_, _fraction_of_signal),))


def _fraction_of_signal(value: Floats) -> Floats:
    return np.asarray(value[:, 0, 1])


def _require_trees(estimators: Any) -> None:
    if other := next((each for each in estimators if type(each) not in _SINGLE), None):
        raise NotConvertibleError(f"it is made of {type(other).__name__}, not of trees")


def _tree(tree: Any, of_leaf: Callable[[Floats], Floats], inputs: Any = None) -> Tree:
    """Return a tree with what its leaves add, from the values (m, 1, classes) that they hold.

    ``inputs`` are those that its own number, of a tree that was given some of them only.
    """
    feature = np.maximum(tree.feature, 0).astype(np.int64)
    return Tree(
        feature=feature if inputs is None else inputs[feature],
        threshold=tree.threshold,
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        missing_left=tree.missing_go_to_left.astype(np.bool_),
        value=of_leaf(tree.value),
    )


_SINGLE = (DecisionTreeClassifier, ExtraTreeClassifier)
_READERS: Mapping[type, Callable[[Any, bool], Trees]] = {
    AdaBoostClassifier: _adaboost_trees,
    BaggingClassifier: _bagged_trees,
    DecisionTreeClassifier: _single_tree,
    ExtraTreeClassifier: _single_tree,
    ExtraTreesClassifier: _forest_trees,
    GradientBoostingClassifier: _gradient_trees,
    HistGradientBoostingClassifier: _histogram_trees,
    RandomForestClassifier: _forest_trees,
}
