"""Dense networks, from their weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import Graph
from fivesigma.learning.conversion.stored import stored

__all__ = ["add_autoencoder", "add_keras", "add_layers", "add_network"]

Layers: TypeAlias = Sequence[tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]]
"""Weights (outputs, inputs) and biases (outputs,) of each layer."""
_Activation: TypeAlias = Callable[[Graph, str], str]


def add_network(graph: Graph, estimator: Any, X: str) -> str:
    """Add a network of ours; its score is the logit."""
    logit = add_layers(graph, estimator.network.layers, estimator.settings.activation, X)
    return graph.cast(logit, np.float64)


def add_autoencoder(graph: Graph, estimator: Any, X: str) -> str:
    """Add an autoencoder; its score is the mean squared difference of inputs and outputs."""
    outputs = add_layers(graph, estimator.network.layers, estimator.settings.activation, X)
    difference = graph.add("Sub", graph.cast(outputs, np.float64), graph.cast(X, np.float64))
    return graph.add("ReduceMean", graph.add("Mul", difference, difference), axes=[1], keepdims=1)


def add_keras(graph: Graph, estimator: Any, X: str) -> str:
    """Add a network of Keras; its score is the logit."""
    with stored(estimator) as path:
        arrays = load_file(path)
    layers = [
        (arrays[f"{place}.kernel"].T, arrays[f"{place}.bias"])
        for place in sorted(int(name.removesuffix(".bias")) for name in arrays if name.endswith(".bias"))
    ]
    activation = "keras_leaky_relu" if estimator.activation == "leaky_relu" else estimator.activation
    return graph.cast(add_layers(graph, layers, activation, X), np.float64)


def add_layers(graph: Graph, layers: Layers, activation: str, X: str) -> str:
    """Add dense layers, an activation after all but the last; return a tensor (n, outputs) of the type of ``X``.

    Raises
    ------
    NotConvertibleError
        If there is no such activation here.
    """
    if activation not in _ACTIVATIONS:
        raise NotConvertibleError(f"its activation {activation} has no converter")
    for place, (weight, bias) in enumerate(layers):
        if place:
            X = _ACTIVATIONS[activation](graph, X)
        X = graph.add("Gemm", X, graph.constant(weight), graph.constant(bias), transB=1)
    return X


def _operator(name: str) -> _Activation:
    return lambda graph, x: graph.add(name, x)


def _leaky(slope: float) -> _Activation:
    return lambda graph, x: graph.add("LeakyRelu", x, alpha=slope)


def _silu(graph: Graph, x: str) -> str:
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def _gelu(graph: Graph, x: str) -> str:
    one, half, root = (graph.constant(np.float32(value)) for value in (1, 0.5, math.sqrt(0.5)))
    normal = graph.add("Add", one, graph.add("Erf", graph.add("Mul", x, root)))
    return graph.add("Mul", graph.add("Mul", x, half), normal)


_ACTIVATIONS: Mapping[str, _Activation] = {
    "elu": _operator("Elu"),
    "gelu": _gelu,
    "identity": _operator("Identity"),
    "keras_leaky_relu": _leaky(0.2),
    "leaky_relu": _leaky(0.01),
    "logistic": _operator("Sigmoid"),
    "relu": _operator("Relu"),
    "selu": _operator("Selu"),
    "sigmoid": _operator("Sigmoid"),
    "silu": _silu,
    "softplus": _operator("Softplus"),
    "tanh": _operator("Tanh"),
}
"""What follows hidden layers, by the names that PyTorch, Keras and scikit-learn have for it."""
