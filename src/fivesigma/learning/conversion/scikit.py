"""Classifiers of scikit-learn: trees and formulas exactly, the rest by skl2onnx."""

from __future__ import annotations

from typing import Any

import numpy as np

from fivesigma.core.errors import MissingExtraError, first_line
from fivesigma.learning.adapters.logistic import Logistic
from fivesigma.learning.adapters.scikit import ScikitClassifier
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import OPSETS, Graph
from fivesigma.learning.conversion.scikit_formulas import FORMULAS
from fivesigma.learning.conversion.scikit_trees import scikit_trees
from fivesigma.learning.conversion.trees import add_trees

try:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
except ImportError as error:
    raise MissingExtraError("skl2onnx", "onnx") from error

__all__ = ["add_scikit"]

_REFUSALS = (
    MissingConverter,
    MissingShapeCalculator,
    NotImplementedError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
)
"""What skl2onnx raises for what it does not know, or knows of another version."""


def add_scikit(graph: Graph, adapter: ScikitClassifier, X: str) -> str:
    """Add a classifier; its score is what the adapter's is: a probability, or a margin."""
    if (trees := scikit_trees(adapter)) is not None:
        return add_trees(graph, trees, X)
    Z = graph.cast(X, np.float64)
    if formula := FORMULAS.get(type(adapter.estimator)):
        score = formula(graph, adapter.estimator, Z)
        return graph.add("Sigmoid", score) if isinstance(adapter, Logistic) else score
    return _by_skl2onnx(graph, adapter.estimator, Z)


def _by_skl2onnx(graph: Graph, estimator: Any, Z: str) -> str:
    raw = hasattr(estimator, "decision_function")
    options = {"zipmap": False, **({"raw_scores": True} if raw else {})}
    try:
        model = convert_sklearn(
            estimator,
            initial_types=[("X", DoubleTensorType([None, estimator.n_features_in_]))],
            options={id(estimator): options},
            target_opset=dict(OPSETS),
        )
        output = graph.embed(model, Z, model.graph.output[1].name)
    except _REFUSALS as error:
        raise NotConvertibleError(f"skl2onnx has no {type(estimator).__name__}: {first_line(error)}") from error
    return graph.add("Gather", graph.cast(output, np.float64), graph.constant(np.array([-1])), axis=1)
