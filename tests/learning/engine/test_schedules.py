"""Learning rates against PyTorch's schedulers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.learning.engine.schedules import SCHEDULES


def rates_of_pytorch(scheduler, steps):
    rates = []
    for _ in range(steps):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def optimiser():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)


@pytest.mark.parametrize(("epochs", "steps"), [(10, 5), (3, 40), (1, 4), (50, 1)])
def test_one_cycle(epochs, steps):
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimiser(), max_lr=1.0, epochs=epochs, steps_per_epoch=steps, cycle_momentum=False
    )
    every = np.arange(epochs * steps)
    ours = SCHEDULES["one_cycle"](every, np.array(steps), epochs=epochs, decay=1.0)
    np.testing.assert_allclose(ours, rates_of_pytorch(theirs, len(every)), rtol=1e-6, atol=1e-12)


def test_exponential():
    theirs = rates_of_pytorch(torch.optim.lr_scheduler.ExponentialLR(optimiser(), gamma=0.9), 10)
    ours = SCHEDULES["exponential"](np.arange(50), np.array(5), epochs=10, decay=0.9)
    np.testing.assert_allclose(ours, np.repeat(theirs, 5), rtol=1e-6)


def test_constant():
    assert (SCHEDULES["constant"](np.arange(6), np.array(2), epochs=3, decay=0.5) == 1).all()


@pytest.mark.parametrize("name", SCHEDULES)
@given(epochs=st.integers(1, 30), steps=st.lists(st.integers(1, 30), min_size=1, max_size=4))
def test_each_network_has_the_rates_that_it_would_have_alone(name, epochs, steps):
    own = np.array(steps)
    every = np.arange(epochs * own.max())[:, np.newaxis]
    together = SCHEDULES[name](every, own, epochs=epochs, decay=0.9)
    assert ((together > 0) & (together <= 1)).all()
    for network, count in enumerate(steps):
        alone = SCHEDULES[name](np.arange(epochs * count), np.array(count), epochs=epochs, decay=0.9)
        np.testing.assert_array_equal(together[: epochs * count, network], alone)
