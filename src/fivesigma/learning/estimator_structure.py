"""What a fitted scikit-learn estimator is made of: its trees, and whether its compiled parts point where there is something.

They follow indices without asking where those lead, so who loads an estimator from a file has to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fivesigma.core.errors import DataError
from fivesigma.learning.tree_structure import Nodes, require_sound

__all__ = ["forget_use", "require_sound_estimator", "trees_of"]

_SEARCHES = ("BallTree", "KDTree")


def trees_of(estimator: Any) -> list[Nodes]:
    """Return the trees of an estimator, however deep inside they are."""
    return [tree for part, _ in _parts(estimator, None, set()) for tree in _trees(part)]


def require_sound_estimator(estimator: Any, path: Path) -> None:
    """Raise DataError if a tree anywhere in an estimator points outside itself or its inputs."""
    for part, features in _parts(estimator, None, set()):
        for tree in _trees(part):
            require_sound(tree, features, path)
        for (predictor,) in getattr(part, "_predictors", ()):
            _require_known_categories(predictor, part, path)
        if type(part).__name__ in _SEARCHES:
            _require_sound_search(part, path)


def forget_use(estimator: Any) -> None:
    """Set to zero what trees of neighbours count as they are asked, so that equal estimators are equal."""
    for part, _ in _parts(estimator, None, set()):
        if type(part).__name__ in _SEARCHES:
            *built, calls, trims, leaves, splits, metric, weight = part.__getstate__()
            if calls or trims or leaves or splits:
                part.__setstate__((*built, 0, 0, 0, 0, metric, weight))


def _parts(value: Any, bound: int | None, seen: set[int]) -> Iterator[tuple[Any, int]]:
    """Yield all objects of which an estimator is made, each with the number of inputs that it is given.

    An ensemble gives its ``estimators_`` what it is given itself, unchecked.
    """
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.dtype == np.object_):
        for item in np.ravel(value) if isinstance(value, np.ndarray) else value:
            yield from _parts(item, bound, seen)
    elif type(value).__module__.startswith("sklearn.") and id(value) not in seen:
        seen.add(id(value))
        own = int(getattr(value, "n_features_in_", 0))
        yield value, own if bound is None else min(own, bound)
        for name, held in getattr(value, "__dict__", {}).items():
            yield from _parts(held, own if name == "estimators_" else None, seen)


def _trees(part: Any) -> Iterator[Nodes]:
    if hasattr(part, "tree_"):
        left, right = part.tree_.children_left, part.tree_.children_right
        yield Nodes.of(part.tree_.feature, left, right, left != -1)
    for (predictor,) in getattr(part, "_predictors", ()):
        nodes = predictor.nodes
        yield Nodes.of(nodes["feature_idx"], nodes["left"], nodes["right"], nodes["is_leaf"] == 0)


def _require_known_categories(predictor: Any, booster: Any, path: Path) -> None:
    nodes = predictor.nodes[(predictor.nodes["is_leaf"] == 0) & (predictor.nodes["is_categorical"] != 0)]
    known = np.asarray(booster._bin_mapper.is_categorical_)  # noqa: SLF001 - scikit-learn shows its bins nowhere else
    if np.any(nodes["bitset_idx"] >= len(predictor.raw_left_cat_bitsets)) or not np.all(known[nodes["feature_idx"]]):
        raise DataError(f"{path}: damaged: a node of a tree asks for categories that are not there")


def _require_sound_search(tree: Any, path: Path) -> None:
    """Raise DataError if a tree of neighbours points at events that are not there, or goes on below its last level."""
    events, order, nodes, bounds = (np.asarray(array) for array in tree.get_arrays())
    whole = len(order) == len(events) and bounds.shape[1] == len(nodes) and np.all(nodes["is_leaf"][len(nodes) // 2 :])
    places = np.concatenate([order, nodes["idx_start"], nodes["idx_end"] - 1])
    if not whole or np.any((places < 0) | (places >= len(events))):
        raise DataError(f"{path}: damaged: a tree of neighbours points at events that it does not hold")
