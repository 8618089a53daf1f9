"""Losses and their derivatives against PyTorch's."""

from __future__ import annotations

import numpy as np
import torch

from fivesigma.learning.classifiers import Part
from fivesigma.learning.engine.losses import CrossEntropy, SquaredError

GENERATOR = torch.Generator().manual_seed(1)
WEIGHT = torch.rand(2, 9, 1, generator=GENERATOR) + 0.1


def derivative(loss, output, target):
    out = torch.empty_like(output)
    loss.gradient(output, target, WEIGHT, out)
    return out


def test_cross_entropy():
    logit = torch.linspace(-40, 40, 18).view(2, 9, 1).requires_grad_()
    target = torch.rand(2, 9, 1, generator=GENERATOR).round_()
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
    torch.testing.assert_close(CrossEntropy.value(logit, target), theirs)
    (theirs * WEIGHT).sum().backward()
    torch.testing.assert_close(derivative(CrossEntropy, logit.detach(), target), logit.grad)


def test_squared_error():
    output, target = (
        torch.randn(2, 9, 5, generator=GENERATOR).requires_grad_(),
        torch.randn(2, 9, 5, generator=GENERATOR),
    )
    theirs = torch.nn.functional.mse_loss(output, target, reduction="none").mean(-1, keepdim=True)
    torch.testing.assert_close(SquaredError.value(output.detach(), target), theirs.detach())
    (theirs * WEIGHT).sum().backward()
    torch.testing.assert_close(derivative(SquaredError, output.detach(), target), output.grad)


def test_targets():
    part = Part(np.zeros((3, 2), np.float32), np.array([True, False, True]), np.ones(3))
    np.testing.assert_array_equal(CrossEntropy.targets(part), [[1], [0], [1]])
    assert SquaredError.targets(part) is None
