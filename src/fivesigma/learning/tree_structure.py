"""Decision trees as arrays of nodes, whatever library grew them: how deep they are, and whether they can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError

__all__ = ["Nodes", "describe_trees", "require_sound"]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of one tree that split, m of n.

    Attributes
    ----------
    place
        Where each stands among all nodes, shape (m,).
    feature, left, right
        The input that each looks at, and where its children stand, shape (m,).
    total
        n.
    """

    place: NDArray[np.int64]
    feature: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    total: int

    @classmethod
    def of(cls, feature: Any, left: Any, right: Any, splits: Any) -> Nodes:
        """Return the nodes of a tree of arrays of all its nodes, shape (n,), of which some split."""
        place = np.flatnonzero(np.asarray(splits, dtype=np.bool_))
        feature, left, right = (np.asarray(column, dtype=np.int64)[place] for column in (feature, left, right))
        return cls(place, feature, left, right, len(splits))

    def depth(self) -> int:
        """Return how many splits lie on the longest way from the root."""
        depth = np.zeros(self.total, dtype=np.int64)
        for place, left, right in zip(self.place, self.left, self.right, strict=True):
            depth[[left, right]] = depth[place] + 1
        return int(depth.max(initial=0))


def describe_trees(trees: Sequence[Nodes]) -> dict[str, int]:
    """Return what a page says of trees."""
    return {
        "trees": len(trees),
        "deepest tree": max((tree.depth() for tree in trees), default=0),
        "leaves": sum(len(tree.place) + 1 for tree in trees),
    }


def require_sound(tree: Nodes, features: int, path: Path) -> None:
    """Raise DataError if a node points outside its tree or its inputs, or back: libraries would follow it without asking.

    Every library grows a tree from its root, so that children stand behind their parents.
    """
    last, first = np.maximum(tree.left, tree.right), np.minimum(tree.left, tree.right)
    if np.any((first <= tree.place) | (last >= tree.total)) or np.any((tree.feature < 0) | (tree.feature >= features)):
        raise DataError(f"{path}: damaged: a node of a tree points outside the tree or its {features} inputs")
