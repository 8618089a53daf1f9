"""Our optimisers against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fivesigma.learning.engine.optimisers import OPTIMISERS

STEPS, NETWORKS, PARAMETERS = 50, 3, 40
RATES = np.array([1e-3, 1e-2, 5e-2])


def theirs(name, parameter, rate, momentum, weight_decay):
    if name == "sgd":
        return torch.optim.SGD([parameter], lr=rate, momentum=momentum, weight_decay=weight_decay)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    return kind([parameter], lr=rate, betas=(momentum, 0.999), weight_decay=weight_decay)


def gradients(seed=3):
    return torch.randn(STEPS, NETWORKS, PARAMETERS, generator=torch.Generator().manual_seed(seed))


def ours(name, start, gradient, momentum, weight_decay, active=(NETWORKS,) * STEPS):
    """Return parameters after all steps, of which each network takes those that it is active in."""
    parameters = start.clone()
    optimiser = OPTIMISERS[name](parameters, momentum=momentum, weight_decay=weight_decay)
    taken = np.zeros(NETWORKS)
    for step, count in enumerate(active):
        plan = optimiser.plan(taken[np.newaxis] + 1, RATES[np.newaxis])
        factors = torch.from_numpy(plan.astype(np.float32)[..., np.newaxis])[0]
        optimiser.step(parameters[:count], gradient[step, :count].clone(), factors[:, :count])
        taken[:count] += 1
    return parameters


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_steps_are_those_of_pytorch(name, momentum, weight_decay):
    start, gradient = torch.randn(NETWORKS, PARAMETERS, generator=torch.Generator().manual_seed(2)), gradients()
    mine = ours(name, start, gradient, momentum, weight_decay)
    for network, rate in enumerate(RATES):
        parameter = start[network].clone().requires_grad_()
        optimiser = theirs(name, parameter, rate, momentum, weight_decay)
        for step in range(STEPS):
            parameter.grad = gradient[step, network].clone()
            optimiser.step()
        torch.testing.assert_close(mine[network], parameter.detach(), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_network_held_still_goes_on_as_if_nothing_had_been(name):
    """The last network pauses at every fifth step; its moments and its count of steps pause with it."""
    start, gradient = torch.randn(NETWORKS, PARAMETERS, generator=torch.Generator().manual_seed(2)), gradients()
    active = [NETWORKS - (step % 5 == 0) for step in range(STEPS)]
    paused = ours(name, start, gradient, 0.9, 0.01, active)
    own = [step for step in range(STEPS) if step % 5]
    without = ours(name, start, gradient[own], 0.9, 0.01, [NETWORKS] * len(own))
    torch.testing.assert_close(paused[-1], without[-1], atol=0, rtol=0)
    assert not torch.equal(paused[0], without[0])


@pytest.mark.parametrize("name", OPTIMISERS)
def test_those_chosen_keep_their_moments(name):
    start, gradient = torch.randn(NETWORKS, PARAMETERS, generator=torch.Generator().manual_seed(2)), gradients()
    parameters = start.clone()
    optimiser = OPTIMISERS[name](parameters, momentum=0.9, weight_decay=0.0)
    for step in range(10):
        factors = torch.from_numpy(optimiser.plan(np.full((1, 3), step + 1.0), RATES[np.newaxis]).astype(np.float32))
        optimiser.step(parameters, gradient[step].clone(), factors[0][..., None])
        if step == 4:
            chosen = torch.tensor([0, 2])
            few, their_optimiser = parameters[chosen], optimiser.only(chosen)
        if step > 4:
            their_optimiser.step(few, gradient[step, chosen].clone(), factors[0][:, chosen, None])
    assert torch.equal(few, parameters[chosen])
