"""The trees of LightGBM, from its dump of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.learning.classifiers import Classifier
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.stored import stored
from fivesigma.learning.conversion.trees import LEAF, Tree, Trees

__all__ = ["lightgbm_trees"]

_OBJECTIVE = "binary sigmoid:1"
_ZERO = np.float32(1e-35)
"""What is not further from zero than this is zero to LightGBM."""


def lightgbm_trees(estimator: Classifier) -> Trees:
    """Return those of a model that tells two classes apart; its score is the probability of signal.

    Raises
    ------
    NotConvertibleError
        If its objective is another one than ``binary``, or its trees are not plain ones.
    """
    with stored(estimator) as path:
        dump = lightgbm.Booster(model_file=path).dump_model()
    if dump["objective"] != _OBJECTIVE:
        raise NotConvertibleError(f"its objective is {dump['objective']!r}, not {_OBJECTIVE!r}")
    trees = tuple(_tree(tree["tree_structure"]) for tree in dump["tree_info"])
    # of a forest (rf) the mean counts
    return Trees(trees=trees, factor=1 / len(trees) if dump["average_output"] else 1.0, logistic=True)


def _tree(root: Mapping[str, Any]) -> Tree:
    """Return a tree of nodes in a list from one of nodes within nodes."""
    nodes, left, right = [root], [LEAF], [LEAF]
    for place, node in enumerate(nodes):  # grows meanwhile
        for child, side in (("left_child", left), ("right_child", right)):
            if child in node:
                side[place] = len(nodes)
                nodes.append(node[child])
                left.append(LEAF)
                right.append(LEAF)
    return Tree(
        feature=np.array([node.get("split_feature", 0) for node in nodes], dtype=np.int64),
        threshold=_beside_zero(np.array([node.get("threshold", 0.0) for node in nodes], dtype=np.float64)),
        left=np.array(left, dtype=np.int64),
        right=np.array(right, dtype=np.int64),
        missing_left=np.array([_sends_missing_left(node) for node in nodes], dtype=np.bool_),
        value=np.array([node.get("leaf_value", 0.0) for node in nodes], dtype=np.float64),
    )


def _beside_zero(threshold: Floats) -> Floats:
    """Return thresholds that have all numbers that count as zero on the side where zero is."""
    is_zero = np.abs(threshold) <= _ZERO
    return np.where(is_zero, np.where(threshold < 0, np.nextafter(-_ZERO, np.float32(-1)), _ZERO), threshold)


def _sends_missing_left(node: Mapping[str, Any]) -> bool:
    """Return where an event goes that lacks the input: where it was sent in training, or as a zero if none lacked it."""
    if "split_feature" not in node:
        return False
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise NotConvertibleError(f"it splits by {node['decision_type']!r} with missing as {node['missing_type']!r}")
    if "leaf_coeff" in node:
        raise NotConvertibleError("its leaves hold linear models")
    return bool(node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0)
