"""The trees in a model file of XGBoost, which is JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fivesigma.learning.tree_structure import Nodes

__all__ = ["trees_of"]


def trees_of(model: Mapping[str, Any]) -> list[Nodes]:
    """Return the trees of a model as XGBoost's JSON has it.

    Raises
    ------
    ValueError
        If arrays of them do not belong together, or a split is of another kind than ours.
    """
    booster = model["learner"]["gradient_booster"]
    forest = booster.get("gbtree", booster)["model"]
    trees, dropped = forest["trees"], booster.get("weight_drop", forest["trees"])
    rounds = forest["iteration_indptr"]
    if sorted(rounds) != rounds or rounds[:1] != [0] or rounds[-1] != len(trees) or len(dropped) != len(trees):
        raise ValueError("its rounds of boosting are not those of its trees")
    if any(forest["tree_info"]) or len(forest["tree_info"]) != len(trees):
        raise ValueError("its trees are of more than two classes")
    return [_nodes(tree) for tree in trees]


def _nodes(tree: Mapping[str, Any]) -> Nodes:
    columns = [tree[name] for name in ("split_indices", "left_children", "right_children", "split_conditions")]
    total = int(tree["tree_param"]["num_nodes"])
    if any(len(column) != total for column in (*columns, tree["default_left"])) or any(tree["split_type"]):
        raise ValueError("the nodes of a tree are not of one number, or split by categories")
    feature, left, right, _ = columns
    return Nodes.of(feature, left, right, np.not_equal(left, -1))
