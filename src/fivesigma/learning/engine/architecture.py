"""A dense network's layers: their widths, where each lies among the parameters, and how they begin."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch

__all__ = ["Architecture", "Layer"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of each of m networks: weights (m, outputs, inputs) and biases (m, 1, outputs), views of all parameters."""

    weight: torch.Tensor
    bias: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The widths of a network from its inputs to its outputs, and the activation between them (`ACTIVATIONS`)."""

    widths: tuple[int, ...]
    activation: str

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return self.widths[0]

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.widths[-1]

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum((before + 1) * after for before, after in pairwise(self.widths))

    def layers(self, parameters: torch.Tensor) -> list[Layer]:
        """Return the layers among parameters of shape (m, `parameters`); nothing is copied."""
        return [
            Layer(
                parameters[:, start : start + before * after].view(-1, after, before),
                parameters[:, start + before * after : start + (before + 1) * after].view(-1, 1, after),
            )
            for start, before, after in self._places()
        ]

    def initial(self, generator: torch.Generator) -> torch.Tensor:
        """Return parameters as ``torch.nn.Linear`` draws them, layer after layer, shape (`parameters`,)."""
        drawn = torch.empty(1, self.parameters)
        for layer, before in zip(self.layers(drawn), self.widths, strict=False):
            torch.nn.init.kaiming_uniform_(layer.weight[0], a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(before)
            torch.nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        return drawn[0]

    def _places(self) -> Iterator[tuple[int, int, int]]:
        """Yield where a layer begins among the parameters, its inputs and its outputs."""
        start = 0
        for before, after in pairwise(self.widths):
            yield start, before, after
            start += (before + 1) * after
