"""The steps of preparation, in a graph: in double precision, as they are computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import Graph
from fivesigma.learning.conversion.interpolation import add_interpolation
from fivesigma.learning.preparation import Preparation
from fivesigma.learning.steps.missing import Impute
from fivesigma.learning.steps.mixing import Normalise, PrincipalComponents
from fivesigma.learning.steps.quantiles import Quantile
from fivesigma.learning.steps.scaling import MaxAbs, MinMax, Standard
from fivesigma.learning.steps.step import Step

__all__ = ["add_preparation"]


def add_preparation(graph: Graph, preparation: Preparation, inputs: str) -> str:
    """Add all steps and return the name of inputs (n, k') as the model sees them, float32.

    Raises
    ------
    NotConvertibleError
        If there is no converter of a step.
    """
    if not preparation.steps:
        return inputs
    Z = graph.cast(inputs, np.float64)
    for step in preparation.steps:
        convert = _CONVERTERS.get(type(step))
        if convert is None:
            raise NotConvertibleError(f"the step {type(step).__name__} of its preparation has no converter")
        Z = convert(graph, step, Z)
    prepared = graph.cast(Z, np.float32)
    if not len(preparation.indicated):
        return prepared
    asked = graph.add("Gather", inputs, graph.constant(preparation.indicated.astype(np.int64)), axis=1)
    missing = graph.cast(graph.add("IsNaN", asked), np.float32)
    return graph.add("Concat", prepared, missing, axis=1)


def _impute(graph: Graph, step: Impute, Z: str) -> str:
    return graph.add("Where", graph.add("IsNaN", Z), graph.constant(step.middle), Z)


def _standard(graph: Graph, step: Standard, Z: str) -> str:
    return graph.add("Div", graph.add("Sub", Z, graph.constant(step.mean)), graph.constant(step.deviation))


def _min_max(graph: Graph, step: MinMax, Z: str) -> str:
    return graph.add("Div", graph.add("Sub", Z, graph.constant(step.lowest)), graph.constant(step.width))


def _max_abs(graph: Graph, step: MaxAbs, Z: str) -> str:
    return graph.add("Div", Z, graph.constant(step.largest))


def _normalise(graph: Graph, _step: Normalise, Z: str) -> str:
    squares = graph.add("ReduceSum", graph.add("Mul", Z, Z), graph.constant(np.array([1])), keepdims=1)
    length = graph.add("Sqrt", squares)
    is_long = graph.add("Greater", length, graph.constant(np.float64(0)))
    return graph.add("Div", Z, graph.add("Where", is_long, length, graph.constant(np.float64(1))))


def _principal_components(graph: Graph, step: PrincipalComponents, Z: str) -> str:
    return graph.add("MatMul", graph.add("Sub", Z, graph.constant(step.mean)), graph.constant(step.axes))


def _quantile(graph: Graph, step: Quantile, Z: str) -> str:
    return add_interpolation(graph, Z, step.raw, step.normal)


_CONVERTERS: Mapping[type[Step], Callable[[Graph, Any, str], str]] = {
    Impute: _impute,
    MaxAbs: _max_abs,
    MinMax: _min_max,
    Normalise: _normalise,
    PrincipalComponents: _principal_components,
    Quantile: _quantile,
    Standard: _standard,
}
