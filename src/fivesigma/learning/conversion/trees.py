"""Ensembles of decision trees, whichever library grew them, exactly as they decide.

Inputs are float32. Where a library keeps its thresholds in double precision, ``x <= t`` is the same as ``x <= t'`` with t' the
largest float32 not above t, so that an event at a threshold falls to the same side in a graph that knows float32 only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Ints, Matrix, require_length
from fivesigma.learning.conversion.graph import ML, Graph

__all__ = ["LEAF", "Tree", "Trees", "add_trees", "at_thresholds", "below", "rounded_down"]

LEAF = -1
"""What the children of a leaf are."""
_TOGETHER = 64
"""Trees whose leaves are summed in single precision, as the operator does it; these sums are summed in double precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One tree of m nodes, the first of which is its root.

    Attributes
    ----------
    feature, threshold
        An event goes left if its input number ``feature`` is at most ``threshold``, each of shape (m,).
    left, right
        Numbers of the nodes below, shape (m,); `LEAF` at a leaf.
    missing_left
        Where an event goes that lacks the input, shape (m,).
    value
        What a leaf adds to the score, shape (m,).
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: Bools
    value: Floats

    def __post_init__(self) -> None:
        arrays = {name: getattr(self, name) for name in ("threshold", "left", "right", "missing_left", "value")}
        require_length(len(self.feature), **arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """An ensemble: the score is ``base`` and what the leaves add, times ``factor``; if ``logistic``, that is the log of its odds.

    ``in_single`` says whether its library sums leaves in single precision, one after the other.
    """

    trees: tuple[Tree, ...]
    base: float = 0.0
    factor: float = 1.0
    logistic: bool = False
    in_single: bool = False


_NOTHING = np.zeros(1)
_STUMP = Tree(
    feature=np.zeros(1, dtype=np.int64),
    threshold=_NOTHING,
    left=np.full(1, LEAF),
    right=np.full(1, LEAF),
    missing_left=np.zeros(1, dtype=np.bool_),
    value=_NOTHING,
)
"""The tree of an ensemble that has none."""


def rounded_down(threshold: Floats) -> Matrix:
    """Return the largest float32 that is not above each threshold, the same shape."""
    with np.errstate(over="ignore"):
        nearest = threshold.astype(np.float32)
    return np.where(nearest > threshold, _next(nearest, -np.inf), nearest)


def below(threshold: Matrix) -> Floats:
    """Return thresholds t' with ``x <= t'`` the same as ``x < t`` for every float32, as XGBoost compares."""
    return _next(threshold, -np.inf).astype(np.float64)


def _next(values: Matrix, towards: float) -> Matrix:
    """Return the neighbour of each float32; that of the last one is infinite."""
    with np.errstate(over="ignore"):
        neighbours: Matrix = np.nextafter(values, np.float32(towards))
    return neighbours


def add_trees(graph: Graph, ensemble: Trees, X: str) -> str:
    """Add an ensemble and return the name of its score, float64 of shape (n, 1).

    Parameters
    ----------
    X
        Name of the inputs, float32 of shape (n, k); NaN is missing.
    """
    trees = ensemble.trees or (_STUMP,)
    total = graph.constant(np.float64(ensemble.base))
    together = len(trees) if ensemble.in_single else _TOGETHER
    for start in range(0, len(trees), together):
        arrays = _attributes(trees[start : start + together])
        some = graph.add_arrays("TreeEnsembleRegressor", X, ML, arrays, n_targets=1)
        total = graph.add("Add", total, graph.cast(some, np.float64))
    total = graph.add("Mul", total, graph.constant(np.float64(ensemble.factor)))
    return graph.add("Sigmoid", total) if ensemble.logistic else total


def _attributes(trees: Sequence[Tree]) -> dict[str, NDArray[Any] | list[bytes]]:
    """Return an ensemble as `TreeEnsembleRegressor` has it: all nodes in one list, each with the number of its tree."""
    sizes = [len(tree.feature) for tree in trees]
    tree = np.repeat(np.arange(len(trees)), sizes)
    node = np.concatenate([np.arange(size) for size in sizes])
    left, right = (np.concatenate([getattr(each, side) for each in trees]) for side in ("left", "right"))
    is_leaf = left == LEAF
    value = np.concatenate([each.value for each in trees])
    return {
        "nodes_treeids": tree,
        "nodes_nodeids": node,
        "nodes_featureids": np.where(is_leaf, 0, np.concatenate([each.feature for each in trees])),
        "nodes_values": np.where(is_leaf, 0, rounded_down(np.concatenate([each.threshold for each in trees]))),
        "nodes_modes": [b"LEAF" if leaf else b"BRANCH_LEQ" for leaf in is_leaf.tolist()],
        "nodes_truenodeids": np.where(is_leaf, 0, left),
        "nodes_falsenodeids": np.where(is_leaf, 0, right),
        "nodes_missing_value_tracks_true": np.concatenate([each.missing_left for each in trees]).astype(np.int64),
        "target_treeids": tree[is_leaf],
        "target_nodeids": node[is_leaf],
        "target_ids": np.zeros(np.count_nonzero(is_leaf), dtype=np.int64),
        "target_weights": value[is_leaf].astype(np.float32),
    }


def at_thresholds(ensemble: Trees, X: Matrix, *, seed: int, most: int) -> Matrix:
    """Return events (at most ``most``, k) that lie on thresholds, and next to them on either side: where rounding decides.

    Parameters
    ----------
    X
        Prepared inputs (n, k) of some events: each probe is one of them with one input put at a threshold.
    """
    splits = [
        np.stack([tree.feature, rounded_down(tree.threshold)], axis=1)[tree.left != LEAF] for tree in ensemble.trees
    ]
    found = np.unique(np.concatenate([*splits, np.empty((0, 2))]), axis=0)
    if not len(found) or not len(X):
        return X[:0]
    random = np.random.default_rng(seed)
    chosen = found[random.permutation(len(found))[: most // 3]]
    at = chosen[:, 1].astype(np.float32)
    sides = (at, _next(at, np.inf), _next(at, -np.inf))
    probes = X[random.integers(len(X), size=3 * len(chosen))].copy()
    probes[np.arange(len(probes)), np.tile(chosen[:, 0].astype(np.int64), 3)] = np.concatenate(sides)
    return probes[~np.isinf(probes).any(axis=1)]
