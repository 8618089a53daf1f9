"""scikit-learn estimators as skops files: only types of a fixed list are ever loaded, and equal estimators make equal files."""

from __future__ import annotations

import io
import json
import re
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
        schema = source.read("schema.json").decode()
        numbers: dict[str, str] = {}
        for address in re.findall(r'"__id__": (\d+)', schema) + re.findall(r'"(\d+)\.npy"', schema):
            numbers.setdefault(address, str(len(numbers)))
        schema = re.sub(r'("__id__": )(\d+)', lambda m: m[1] + numbers[m[2]], schema)
        schema = re.sub(r'"(\d+)(\.npy")', lambda m: f'"{numbers[m[1]]}{m[2]}', schema)
        target.writestr(zipfile.ZipInfo("schema.json", _EPOCH), json.dumps(json.loads(schema)), zipfile.ZIP_DEFLATED)
        arrays = (name for name in source.namelist() if name != "schema.json")
        for name in sorted(arrays, key=lambda name: int(numbers[Path(name).stem])):
            info = zipfile.ZipInfo(numbers[Path(name).stem] + Path(name).suffix, _EPOCH)
            target.writestr(info, source.read(name), zipfile.ZIP_DEFLATED)


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
