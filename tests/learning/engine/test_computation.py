"""Outputs and gradients against PyTorch's modules and its automatic differentiation."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from fivesigma.learning.engine.activations import ACTIVATIONS
from fivesigma.learning.engine.architecture import Architecture
from fivesigma.learning.engine.computation import Buffers, Computation

MODULES = {
    "relu": torch.nn.ReLU,
    "leaky_relu": torch.nn.LeakyReLU,
    "elu": torch.nn.ELU,
    "tanh": torch.nn.Tanh,
    "sigmoid": torch.nn.Sigmoid,
    "silu": torch.nn.SiLU,
    "gelu": torch.nn.GELU,
}
NETWORKS, ROWS = 3, 7


def module(widths, activation, seed):
    torch.manual_seed(seed)
    layers = []
    for before, after in pairwise(widths):
        layers += [torch.nn.Linear(before, after), MODULES[activation]()]
    return torch.nn.Sequential(*layers[:-1])


def flat(parameters):
    return torch.cat([parameter.ravel() for parameter in parameters])


def test_initial_parameters_are_those_of_pytorch():
    with torch.random.fork_rng():
        theirs = flat(module((5, 16, 4, 1), "relu", seed=11).parameters()).detach()
    ours = Architecture(widths=(5, 16, 4, 1), activation="relu").initial(torch.Generator().manual_seed(11))
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("widths", [(4, 6, 5, 1), (4, 6, 1, 6, 4), (1, 3, 2)])
@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_and_gradients(activation, dropped, widths):
    architecture = Architecture(widths=widths, activation=activation)
    with torch.random.fork_rng():
        modules = [module(widths, activation, seed) for seed in range(NETWORKS)]
        x, delta = torch.randn(NETWORKS, ROWS, widths[0]), torch.randn(NETWORKS, ROWS, widths[-1])
        masks = [torch.rand(NETWORKS, ROWS, width).round_() * 2 for width in widths[1:-1]] if dropped else []
    parameters = torch.stack([flat(one.parameters()) for one in modules]).detach()
    gradient, out = torch.full_like(parameters, torch.nan), torch.empty_like(delta)
    buffers = Buffers.of(architecture, NETWORKS, ROWS, x.device, drops=dropped)
    computation = Computation(architecture, parameters, gradient, buffers)
    computation.forward(x, out, masks)
    computation.delta.copy_(delta)
    computation.backward(x, masks)
    for network, one in enumerate(modules):
        value = x[network]
        for number, layer in enumerate(one):
            value = layer(value)
            if dropped and number % 2:
                value = value * masks[number // 2][network]
        value.backward(delta[network])
        torch.testing.assert_close(out[network], value.detach(), atol=1e-6, rtol=1e-5)
        theirs = flat(parameter.grad for parameter in one.parameters())
        torch.testing.assert_close(gradient[network], theirs, atol=1e-5, rtol=1e-5)


def test_the_first_networks_leave_the_others_alone():
    architecture = Architecture(widths=(4, 6, 1), activation="relu")
    parameters = torch.stack([architecture.initial(torch.Generator().manual_seed(seed)) for seed in range(NETWORKS)])
    gradient = torch.full_like(parameters, torch.nan)
    buffers = Buffers.of(architecture, NETWORKS, ROWS, parameters.device).first(2)
    computation = Computation(architecture, parameters[:2], gradient[:2], buffers)
    computation.forward(torch.ones(2, ROWS, 4), torch.empty(2, ROWS, 1))
    computation.delta.fill_(1.0)
    computation.backward(torch.ones(2, ROWS, 4))
    assert torch.isfinite(gradient[:2]).all()
    assert torch.isnan(gradient[2]).all()
