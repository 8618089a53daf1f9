"""Networks from their weights: each activation by its formula, Keras' files by what they hold."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy.special import erf, expit

from fivesigma.learning.adapters.keras_network import KerasNetwork
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import RAW, SCORE, Graph
from fivesigma.learning.conversion.layers import add_keras, add_layers
from fivesigma.learning.conversion.parity import parity, run_graph
from fivesigma.learning.cross_fit import cross_fit

FORMULAS = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "identity": lambda x: x,
    "keras_leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "logistic": expit,
    "relu": lambda x: np.maximum(x, 0),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "sigmoid": expit,
    "silu": lambda x: x * expit(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "tanh": np.tanh,
}


@pytest.fixture(scope="module")
def layers():
    """Weights and biases of a network 3 → 6 → 4 → 1."""
    generator = np.random.default_rng(2)
    shapes = [(6, 3), (4, 6), (1, 4)]
    return [
        (generator.normal(size=s).astype(np.float32), generator.normal(size=s[0]).astype(np.float32)) for s in shapes
    ]


@pytest.fixture(scope="module")
def events():
    """Inputs."""
    return np.random.default_rng(3).normal(size=(200, 3)).astype(np.float32)


def forward(layers, activation, X):
    for place, (weight, bias) in enumerate(layers):
        X = (FORMULAS[activation](X) if place else X.astype(np.float64)) @ weight.T.astype(np.float64) + bias
    return X[:, 0]


def run(add, X):
    graph = Graph()
    flat = graph.add("Reshape", graph.cast(add(graph), np.float32), graph.constant(np.array([-1])))
    return run_graph(graph.model(X.shape[1], {RAW: flat, SCORE: flat}, {}, "").SerializeToString(), X)[0]


@pytest.mark.parametrize("activation", FORMULAS)
def test_activations(layers, events, activation):
    given = run(lambda graph: add_layers(graph, layers, activation, "inputs"), events)
    np.testing.assert_allclose(given, forward(layers, activation, events), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("activation", ["leaky_relu", "selu"])
def test_a_file_of_keras(layers, events, activation, tmp_path):
    arrays = {f"{i}.kernel": np.ascontiguousarray(weight.T) for i, (weight, _) in enumerate(layers)}
    save_file(arrays | {f"{i}.bias": bias for i, (_, bias) in enumerate(layers)}, tmp_path / "a.safetensors")
    network = KerasNetwork.load(tmp_path / "a.safetensors", {"hidden": [6, 4], "activation": activation})
    expected = forward(layers, "keras_leaky_relu" if activation == "leaky_relu" else activation, events)
    np.testing.assert_allclose(
        run(lambda graph: add_keras(graph, network, "inputs"), events), expected, rtol=1e-5, atol=1e-5
    )


def test_an_activation_that_nobody_converts_is_named(layers):
    with pytest.raises(NotConvertibleError, match="its activation mish has no converter"):
        add_layers(Graph(), layers, "mish", "inputs")


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["elu", "gelu", "leaky_relu", "selu", "silu", "softplus", "tanh"])
def test_activations_as_keras_has_them(make_dataset, activation):
    from fivesigma.learning.conversion.fold_graph import fold_graph

    dataset = make_dataset(400)
    model = cross_fit("keras", dataset, folds=2, hidden=[6, 4], epochs=1, activation=activation)
    assert parity(fold_graph(model, 0).SerializeToString(), model, 0, {(): dataset.X}).holds
