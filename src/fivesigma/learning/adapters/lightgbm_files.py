"""The trees in a model file of LightGBM, which is text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fivesigma.learning.tree_structure import Nodes

__all__ = ["inputs_of", "trees_of"]

_COLUMNS = ("split_feature", "left_child", "right_child", "decision_type")


def inputs_of(text: str) -> int:
    """Return how many inputs a model takes; KeyError or ValueError if its text does not say."""
    return int(_fields(text)["max_feature_idx"]) + 1


def trees_of(text: str) -> list[Nodes]:
    """Return the trees of a model as LightGBM's text has it.

    Raises
    ------
    ValueError
        If columns of them do not belong together, or a split is of another kind than ours.
    """
    trees, _, _ = text.partition("\nend of trees")
    return [_nodes(_fields(tree)) for tree in trees.split("\nTree=")[1:]]


def _nodes(tree: Mapping[str, str]) -> Nodes:
    leaves = int(tree["num_leaves"])
    columns = {name: np.fromstring(tree[name], dtype=np.int64, sep=" ") for name in _COLUMNS}
    if any(len(column) != leaves - 1 for column in columns.values()) or len(tree["leaf_value"].split()) != leaves:
        raise ValueError("the nodes of a tree are not of one number")
    if any(tree[name] != "0" for name in ("num_cat", "is_linear")) or np.any(columns["decision_type"] & 1):
        raise ValueError("a tree splits by categories or has lines for leaves")
    # leaves count on their own, from -1 down; here they stand behind the nodes that split
    left, right = (
        np.where(side < 0, leaves - 2 - side, side) for side in (columns["left_child"], columns["right_child"])
    )
    splits = np.arange(2 * leaves - 1) < leaves - 1
    feature, left, right = (np.pad(column, (0, leaves)) for column in (columns["split_feature"], left, right))
    return Nodes.of(feature, left, right, splits)


def _fields(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
