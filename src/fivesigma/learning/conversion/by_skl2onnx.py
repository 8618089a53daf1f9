"""Classifiers of scikit-learn by skl2onnx, as far as it knows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fivesigma.core.errors import MissingExtraError, first_line
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import OPSETS, Graph

try:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
except ImportError as error:
    raise MissingExtraError("skl2onnx", "onnx") from error

__all__ = ["add_by_skl2onnx"]

_REFUSALS = (
    MissingConverter,
    MissingShapeCalculator,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What skl2onnx raises for what it does not know, or knows of another version."""


def add_by_skl2onnx(graph: Graph, estimator: Any, Z: str) -> str:
    """Add a classifier; inputs and score are float64, of shapes (n, k) and (n, 1): a margin if it has one, else a probability.

    Raises
    ------
    NotConvertibleError
        If skl2onnx does not convert it.
    """
    margin = {"raw_scores": True} if hasattr(estimator, "decision_function") else {}
    try:
        model = convert_sklearn(
            estimator,
            initial_types=[("X", DoubleTensorType([None, estimator.n_features_in_]))],
            options={id(estimator): {"zipmap": False, **margin}},
            target_opset=dict(OPSETS),
        )
        output = graph.embed(model, Z, model.graph.output[1].name)
    except _REFUSALS as error:
        raise NotConvertibleError(f"skl2onnx has no {type(estimator).__name__}: {first_line(error)}") from error
    return graph.add("Gather", graph.cast(output, np.float64), graph.constant(np.array([-1])), axis=1)
