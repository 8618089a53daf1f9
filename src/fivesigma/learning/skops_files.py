"""scikit-learn estimators as skops files: only types of a fixed list are ever loaded, and equal estimators make equal files."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError

__all__ = ["TRUSTED_TYPES", "dump_skops", "load_skops"]

TRUSTED_TYPES = (
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""What a gradient-boosted or random forest holds beyond the types that skops itself trusts."""


class _Nodes(NamedTuple):
    feature: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]
    total: int


_EPOCH = (1980, 1, 1, 0, 0, 0)


def dump_skops(estimator: Any, path: Path) -> None:
    """Write an estimator; memory addresses and times, which skops leaves in, are numbered and zeroed."""
    from skops.io import dumps

    with (
        zipfile.ZipFile(io.BytesIO(dumps(estimator))) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        numbers = _Numbers()
        schema = numbers.replaced(json.loads(source.read("schema.json")))
        target.writestr(zipfile.ZipInfo("schema.json", _EPOCH), json.dumps(schema), zipfile.ZIP_DEFLATED)
        for name, numbered in numbers.files.items():
            target.writestr(zipfile.ZipInfo(numbered, _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)


class _Numbers:
    """Numbers in place of memory addresses, in the order in which a schema names them.

    A plain value gets a number of its own each time: whether two equal floats are one object depends on whether the
    estimator came from another process, and no one can tell them apart when they are read.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self._of: dict[int, int] = {}
        self._count = itertools.count()

    def replaced(self, node: Any) -> Any:
        """Return a part of a schema with its addresses replaced."""
        if isinstance(node, list):
            return [self.replaced(item) for item in node]
        if not isinstance(node, dict):
            return node
        made = {key: self.replaced(value) for key, value in node.items() if key not in ("__id__", "file")}
        if "__id__" in node:
            plain = node.get("__loader__") in ("JsonNode", "TypeNode")
            made["__id__"] = next(self._count) if plain else self._number(node["__id__"])
        if "file" in node:
            made["file"] = self.files.setdefault(node["file"], f"{len(self.files)}{Path(node['file']).suffix}")
        return made

    def _number(self, address: int) -> int:
        if address not in self._of:
            self._of[address] = next(self._count)
        return self._of[address]


def load_skops(path: Path) -> Any:
    """Read an estimator.

    Raises
    ------
    DataError
        If the file is damaged, or holds a type that is not on the list.
    """
    from skops.io import load
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        estimator = load(path, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise DataError(f"{path}: refused, for it holds types that no model of ours does: {error}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path}: not a readable model: {error}") from error
    for nodes in _all_nodes(estimator):
        _require_sound(nodes, int(estimator.n_features_in_), path)
    return estimator


def _all_nodes(estimator: Any) -> Iterator[_Nodes]:
    """Yield each tree's nodes as (feature, left, right) of its inner nodes, and how many nodes it has."""
    for tree in (tree.tree_ for tree in getattr(estimator, "estimators_", ())):
        inner = tree.children_left != -1
        yield _Nodes(tree.feature[inner], tree.children_left[inner], tree.children_right[inner], tree.node_count)
    for (predictor,) in getattr(estimator, "_predictors", ()):
        nodes = predictor.nodes[predictor.nodes["is_leaf"] == 0]
        yield _Nodes(nodes["feature_idx"], nodes["left"], nodes["right"], len(predictor.nodes))


def _require_sound(nodes: _Nodes, features: int, path: Path) -> None:
    """Raise DataError if a node points outside its tree or its inputs: scikit-learn would read there without asking."""
    children = np.concatenate([nodes.left, nodes.right]).astype(np.int64)
    feature = nodes.feature.astype(np.int64)
    if np.any((children < 0) | (children >= nodes.total)) or np.any((feature < 0) | (feature >= features)):
        raise DataError(f"{path}: damaged: a node of a tree points outside the tree or its {features} inputs")
