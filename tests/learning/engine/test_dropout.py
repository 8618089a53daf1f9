"""Units that are left out."""

from __future__ import annotations

import math

import pytest
import torch

from fivesigma.learning.engine.dropout import Dropout

CPU = torch.device("cpu")


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@pytest.mark.parametrize("fraction", [0.02, 0.5, 0.9])
def test_as_many_as_asked_are_left_out_and_the_mean_stays(fraction):
    dropout = Dropout((30, 20), fraction, networks=2, batch=100, device=CPU)
    masks = [mask.clone() for step in range(8) for mask in dropout.masks(step, generators(*[(1, 2)[step // 4]] * 2))]
    values = torch.cat([mask.ravel() for mask in masks])
    kept = values != 0
    assert torch.unique(values[kept]).numel() == 1
    assert float(values[kept][0]) == pytest.approx(1 / (1 - fraction), rel=1e-4)
    sigma = math.sqrt(fraction * (1 - fraction) / (len(values) / 2))  # both networks draw the same here
    assert abs(float(kept.double().mean()) - (1 - fraction)) < 5 * sigma
    # those of one step say nothing of the next, nor of the other layer's
    one, two = (masks[index][0].ravel()[:2000].double() for index in (0, 2))
    assert abs(float(torch.corrcoef(torch.stack([one, two]))[0, 1])) < 5 / math.sqrt(2000)


def test_a_network_draws_as_it_would_alone():
    together = Dropout((8, 3), 0.4, networks=3, batch=5, device=CPU)
    alone = Dropout((8, 3), 0.4, networks=1, batch=5, device=CPU)
    three, one = generators(1, 2, 3), generators(2)
    for step, active in enumerate([3, 3, 3, 2, 2, 2]):
        masks = together.masks(step, three[:active])
        for mine, own in zip(masks, alone.masks(step, one), strict=True):
            assert torch.equal(mine[1], own[0])


def test_nearly_all_may_be_left_out():
    (mask,) = Dropout((64,), 1 - 1e-9, networks=1, batch=10, device=CPU).masks(0, generators(1))
    assert torch.isfinite(mask).all()
