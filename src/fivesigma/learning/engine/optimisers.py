"""Optimisers of many networks at once, in place on all their parameters: as PyTorch's, but each network at its own step and rate.

An optimiser keeps its moments beside the parameters, shape (m, p). Networks that step are the first of a stack: it is told how
many. What differs between networks and steps is computed for a whole epoch before it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np
import torch

from fivesigma.core.arrays import Floats

__all__ = ["OPTIMISERS", "Adam", "Optimiser", "StochasticGradient"]

_SECOND_MOMENT, _EPSILON = 0.999, 1e-8


class Optimiser(Protocol):
    """What the loop needs of an optimiser."""

    def plan(self, step: Floats, rate: Floats) -> Floats:
        """Return the factors of each step, shape (steps, factors, m): ``step`` counts from 1; both arguments are (steps, m)."""
        ...

    def step(self, parameters: torch.Tensor, gradient: torch.Tensor, factors: torch.Tensor) -> None:
        """Step with the first networks of the stack: parameters and gradients (m, p), factors (factors, m, 1)."""
        ...

    def only(self, chosen: torch.Tensor) -> Self:
        """Return the optimiser of some networks of the stack."""
        ...


@dataclass(frozen=True, slots=True)
class StochasticGradient:
    """Stochastic gradient descent: v ← μ v + g, θ ← θ - η v, with the decay λ θ added to g (``torch.optim.SGD``)."""

    velocity: torch.Tensor
    momentum: float
    weight_decay: float

    @classmethod
    def start(cls, parameters: torch.Tensor, *, momentum: float, weight_decay: float) -> Self:
        """Return the optimiser before its first step."""
        return cls(torch.zeros_like(parameters), momentum, weight_decay)

    def plan(self, step: Floats, rate: Floats) -> Floats:  # noqa: ARG002 - its steps are all alike
        """Return the rates."""
        return rate[:, np.newaxis]

    def step(self, parameters: torch.Tensor, gradient: torch.Tensor, factors: torch.Tensor) -> None:
        """Step."""
        if self.weight_decay:
            gradient.add_(parameters, alpha=self.weight_decay)
        velocity = self.velocity[: len(parameters)]
        velocity.mul_(self.momentum).add_(gradient)
        parameters.addcmul_(velocity, factors[0], value=-1)

    def only(self, chosen: torch.Tensor) -> Self:
        """Return the optimiser of some networks."""
        return type(self)(self.velocity[chosen], self.momentum, self.weight_decay)


@dataclass(frozen=True, slots=True)
class Adam:
    """Adam (Kingma and Ba, arXiv:1412.6980), or AdamW where the decay is decoupled (Loshchilov and Hutter, arXiv:1711.05101).

    With t the count of steps, the bias corrections of both moments are put into the rate and into ε, which gives
    θ ← θ - η' m / (√v + ε') with η' = η √(1 - β₂ᵗ) / (1 - β₁ᵗ) and ε' = ε √(1 - β₂ᵗ).
    """

    first: torch.Tensor
    second: torch.Tensor
    scratch: torch.Tensor
    momentum: float
    weight_decay: float
    decoupled: bool

    @classmethod
    def start(cls, parameters: torch.Tensor, *, momentum: float, weight_decay: float, decoupled: bool = False) -> Self:
        """Return the optimiser before its first step; the momentum is β₁."""
        zero = torch.zeros_like
        return cls(zero(parameters), zero(parameters), zero(parameters), momentum, weight_decay, decoupled)

    def plan(self, step: Floats, rate: Floats) -> Floats:
        """Return η', ε' and what the parameters are multiplied by before."""
        second = np.sqrt(1 - _SECOND_MOMENT**step)
        return np.stack(
            [rate * second / (1 - self.momentum**step), _EPSILON * second, 1 - rate * self.weight_decay], axis=1
        )

    def step(self, parameters: torch.Tensor, gradient: torch.Tensor, factors: torch.Tensor) -> None:
        """Step."""
        rate, epsilon, kept = factors
        if self.weight_decay and self.decoupled:
            parameters.mul_(kept)
        elif self.weight_decay:
            gradient.add_(parameters, alpha=self.weight_decay)
        count = len(parameters)
        first, second, scratch = self.first[:count], self.second[:count], self.scratch[:count]
        first.lerp_(gradient, 1 - self.momentum)
        second.mul_(_SECOND_MOMENT).addcmul_(gradient, gradient, value=1 - _SECOND_MOMENT)
        torch.sqrt(second, out=scratch)
        scratch.add_(epsilon)
        torch.div(first, scratch, out=scratch)
        parameters.addcmul_(scratch, rate, value=-1)

    def only(self, chosen: torch.Tensor) -> Self:
        """Return the optimiser of some networks."""
        first, second, scratch = (moment[chosen] for moment in (self.first, self.second, self.scratch))
        return type(self)(first, second, scratch, self.momentum, self.weight_decay, self.decoupled)


def _decoupled(parameters: torch.Tensor, *, momentum: float, weight_decay: float) -> Adam:
    return Adam.start(parameters, momentum=momentum, weight_decay=weight_decay, decoupled=True)


OPTIMISERS: Final[Mapping[str, Callable[..., Optimiser]]] = {
    "sgd": StochasticGradient.start,
    "adam": Adam.start,
    "adamw": _decoupled,
}
"""By name: what makes one of parameters (m, p), a momentum and a weight decay."""
