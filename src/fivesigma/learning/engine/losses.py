"""What a network is trained to make small, per event, and its gradient."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
import torch

from fivesigma.core.arrays import Matrix
from fivesigma.learning.classifiers import Part

__all__ = ["CrossEntropy", "Loss", "SquaredError"]


class Loss(Protocol):
    """A loss of outputs (..., k) and targets (..., k); of a target it makes the network's inputs if it has none of its own."""

    needs_both_classes: ClassVar[bool]

    @staticmethod
    def targets(part: Part) -> Matrix | None:
        """Return what outputs are compared with, shape (n, k); None if those are the inputs."""
        ...

    @staticmethod
    def value(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss of each event, shape (..., 1)."""
        ...

    @staticmethod
    def gradient(output: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, out: torch.Tensor) -> None:
        """Write the derivative of the weighted loss by the outputs; weights are of shape (..., 1)."""
        ...


class CrossEntropy:
    """The binary cross-entropy of a logit: log(1 + exp(z)) - y z."""

    needs_both_classes: ClassVar[bool] = True

    @staticmethod
    def targets(part: Part) -> Matrix | None:
        """Return 1 for signal and 0 for background."""
        return part.is_signal.astype(np.float32)[:, np.newaxis]

    @staticmethod
    def value(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss of each event."""
        return torch.nn.functional.softplus(output) - target * output

    @staticmethod
    def gradient(output: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, out: torch.Tensor) -> None:
        """Write the derivative by the logit."""
        torch.sigmoid(output, out=out)
        out.sub_(target).mul_(weight)


class SquaredError:
    """The squared difference of outputs and inputs, mean over these."""

    needs_both_classes: ClassVar[bool] = False

    @staticmethod
    def targets(_part: Part) -> Matrix | None:
        """Return none: outputs are compared with the inputs."""
        return None

    @staticmethod
    def value(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss of each event."""
        return (output - target).square_().mean(-1, keepdim=True)

    @staticmethod
    def gradient(output: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, out: torch.Tensor) -> None:
        """Write the derivative by the outputs."""
        torch.sub(output, target, out=out)
        out.mul_(weight * (2 / output.shape[-1]))
