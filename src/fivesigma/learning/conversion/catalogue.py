"""Which converter a classifier has."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from fivesigma.learning.adapters.scikit import ScikitClassifier
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.conversion.converter import Converter, NotConvertibleError
from fivesigma.learning.conversion.graph import Graph
from fivesigma.learning.conversion.trees import Trees, add_trees

__all__ = ["converter", "trees_of"]

_HERE = "fivesigma.learning.conversion"
_TREES: Mapping[str, str] = {
    "lightgbm": "lightgbm_trees:lightgbm_trees",
    "xgboost": "xgboost_trees:xgboost_trees",
}
"""Where the trees of a classifier are read, of which no more is to be known."""
_CONVERTERS: Mapping[str, str] = {
    "autoencoder": "layers:add_autoencoder",
    "column": "ready_made:add_column",
    "keras": "layers:add_keras",
    "network": "layers:add_network",
    "onnx": "ready_made:add_onnx",
}
_SCIKIT, _SCIKIT_TREES = "scikit:add_scikit", "scikit_trees:scikit_trees"
"""Of scikit-learn's classifiers, whatever name they go by."""


def converter(use: str) -> Converter:
    """Return the converter of a classifier.

    Raises
    ------
    NotConvertibleError
        If there is none.
    """
    if use in _TREES:
        return _add_its_trees(use)
    place = _CONVERTERS.get(use) or (_SCIKIT if _is_scikit(use) else None)
    if place is None:
        raise NotConvertibleError(f"{use} has no converter")
    found: Converter = _named(place)
    return found


def trees_of(use: str, estimator: Any) -> Trees | None:
    """Return the trees of a trained classifier, None if it is not made of them."""
    place = _TREES.get(use) or (_SCIKIT_TREES if _is_scikit(use) else None)
    trees: Trees | None = _named(place)(estimator) if place else None
    return trees


def _add_its_trees(use: str) -> Converter:
    def add(graph: Graph, estimator: Any, X: str) -> str:
        return add_trees(graph, _named(_TREES[use])(estimator), X)

    return add


def _is_scikit(use: str) -> bool:
    return issubclass(classifier(use), ScikitClassifier)


def _named(place: str) -> Any:
    module, name = place.split(":")
    return getattr(import_module(f"{_HERE}.{module}"), name)
