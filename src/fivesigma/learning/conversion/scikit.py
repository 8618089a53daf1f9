"""Classifiers of scikit-learn: trees and formulas exactly, the rest by skl2onnx."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from fivesigma.learning.adapters.logistic import Logistic
from fivesigma.learning.adapters.scikit import ScikitClassifier
from fivesigma.learning.conversion.converter import Converter
from fivesigma.learning.conversion.graph import Graph
from fivesigma.learning.conversion.scikit_formulas import FORMULAS
from fivesigma.learning.conversion.scikit_trees import scikit_trees
from fivesigma.learning.conversion.trees import add_trees

__all__ = ["add_scikit"]

_OTHERS = "fivesigma.learning.conversion.by_skl2onnx"
"""Imported where it is needed: skl2onnx looks up all that scikit-learn has."""


def add_scikit(graph: Graph, adapter: ScikitClassifier, X: str) -> str:
    """Add a classifier; its score is what the adapter's is: a probability, or a margin."""
    if (trees := scikit_trees(adapter)) is not None:
        return add_trees(graph, trees, X)
    convert: Converter = FORMULAS.get(type(adapter.estimator)) or import_module(_OTHERS).add_by_skl2onnx
    score = convert(graph, adapter.estimator, graph.cast(X, np.float64))
    return graph.add("Sigmoid", score) if isinstance(adapter, Logistic) else score
