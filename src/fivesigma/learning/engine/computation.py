"""Forward and backward of one batch for each of many networks, written in place.

The products of matrices are most of the work, and one call of a batched product does them for all networks. Around them stands
the least that can: no graph is recorded, nothing is allocated, and a batch stays in cache from its gathering to its gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import torch

from fivesigma.learning.engine.activations import ACTIVATIONS
from fivesigma.learning.engine.architecture import Architecture

__all__ = ["Buffers", "Computation"]


@dataclass(frozen=True, slots=True)
class Buffers:
    """What a batch needs on its way: for each layer but the inputs, of shape (m, rows, width).

    Attributes
    ----------
    before, after
        What a layer gives before its activation and after; the same tensor where the derivative needs the result alone.
    dropped
        What is left of it after dropout; the same tensor as ``after`` without.
    delta
        The derivative of the loss.
    scratch
        The gradient of the weights, which products of matrices write in one piece.
    """

    before: list[torch.Tensor]
    after: list[torch.Tensor]
    dropped: list[torch.Tensor]
    delta: list[torch.Tensor]
    scratch: list[torch.Tensor]

    @classmethod
    def of(
        cls, architecture: Architecture, networks: int, rows: int, device: torch.device, *, drops: bool = False
    ) -> Self:
        """Return buffers for batches of so many rows."""

        def empty(*shape: int) -> torch.Tensor:
            return torch.empty(networks, *shape, device=device)

        inner = architecture.widths[1:-1]
        before = [empty(rows, width) for width in inner]
        of_result = ACTIVATIONS[architecture.activation].of_result
        after = before if of_result else [torch.empty_like(one) for one in before]
        return cls(
            before,
            after,
            [torch.empty_like(one) for one in after] if drops else after,
            [empty(rows, width) for width in architecture.widths[1:]],
            [empty(after, before) for before, after in pairwise(architecture.widths)],
        )

    def first(self, networks: int) -> Self:
        """Return what the first networks have of it; nothing is copied."""
        kinds = (self.before, self.after, self.dropped, self.delta, self.scratch)
        return type(self)(*([one[:networks] for one in kind] for kind in kinds))


class Computation:
    """The layers of m networks, at parameters (m, p) that may change from call to call, for batches (m, rows, inputs).

    Parameters
    ----------
    architecture
        Of all of them.
    parameters, gradient
        Where they are read from, and where their gradient is written to.
    buffers
        Of m networks and the rows of a batch.
    """

    def __init__(
        self, architecture: Architecture, parameters: torch.Tensor, gradient: torch.Tensor, buffers: Buffers
    ) -> None:
        self._activation = ACTIVATIONS[architecture.activation]
        self._buffers = buffers
        layers, gradients = architecture.layers(parameters), architecture.layers(gradient)
        self._weights = [layer.weight for layer in layers]
        self._transposed = [layer.weight.transpose(1, 2) for layer in layers]
        self._biases = [layer.bias for layer in layers]
        self._weight_gradients = [layer.weight for layer in gradients]
        self._bias_gradients = [layer.bias for layer in gradients]
        self._turned = [delta.transpose(1, 2) for delta in buffers.delta]
        self._hidden = len(layers) - 1

    @property
    def delta(self) -> torch.Tensor:
        """Where `backward` finds the derivative of the loss by the outputs, shape (m, rows, outputs)."""
        return self._buffers.delta[-1]

    def forward(self, x: torch.Tensor, out: torch.Tensor, masks: Sequence[torch.Tensor] = ()) -> None:
        """Write the outputs (m, rows, outputs) of a batch; ``masks`` multiply what each hidden layer gives, if there are any."""
        buffers = self._buffers
        for i in range(self._hidden):
            self._affine(i, x, buffers.before[i])
            self._activation.forward(buffers.before[i], buffers.after[i])
            x = buffers.after[i]
            if masks:
                x = torch.mul(x, masks[i], out=buffers.dropped[i])
        self._affine(self._hidden, x, out)

    def backward(self, x: torch.Tensor, masks: Sequence[torch.Tensor] = ()) -> None:
        """Write the gradient of the batch that `forward` was last called with, from `delta`."""
        buffers = self._buffers
        for i in range(self._hidden, -1, -1):
            delta = buffers.delta[i]
            # into one piece first, then to its place: a product written straight into a strided view is slower
            torch.bmm(self._turned[i], buffers.dropped[i - 1] if i else x, out=buffers.scratch[i])
            self._weight_gradients[i].copy_(buffers.scratch[i])
            torch.sum(delta, 1, keepdim=True, out=self._bias_gradients[i])
            if i:
                below = buffers.delta[i - 1]
                self._to_inputs(i, delta, below)
                if masks:
                    below.mul_(masks[i - 1])
                activation = self._activation
                activation.backward(below, buffers.after[i - 1] if activation.of_result else buffers.before[i - 1])

    def _affine(self, i: int, x: torch.Tensor, out: torch.Tensor) -> None:
        if out.shape[2] == 1:  # a row times a matrix is several times as fast as a matrix times a column
            torch.baddbmm(self._biases[i], self._weights[i], x.transpose(1, 2), out=out.view(len(out), 1, -1))
        else:
            torch.baddbmm(self._biases[i], x, self._transposed[i], out=out)

    def _to_inputs(self, i: int, delta: torch.Tensor, out: torch.Tensor) -> None:
        if delta.shape[2] == 1:  # a product of a column and a row is no work for a product of matrices
            torch.mul(delta, self._weights[i], out=out)
        else:
            torch.bmm(delta, self._weights[i], out=out)
