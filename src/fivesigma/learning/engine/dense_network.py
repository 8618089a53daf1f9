"""One trained network: its layers and their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from fivesigma.core.arrays import Matrix
from fivesigma.learning.engine.architecture import Architecture
from fivesigma.learning.engine.computation import Buffers, Computation
from fivesigma.learning.engine.devices import one_thread

__all__ = ["DenseNetwork"]

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class DenseNetwork:
    """A trained network: its widths and activation, and all weights and biases in one row, shape (p,)."""

    architecture: Architecture
    parameters: NDArray[np.float32]

    @property
    def layers(self) -> list[tuple[Matrix, Matrix]]:
        """The weights (outputs, inputs) and biases (outputs,) of each layer; the activation follows all but the last."""
        layers = self.architecture.layers(torch.from_numpy(self.parameters)[np.newaxis])
        return [(layer.weight[0].numpy(), layer.bias[0, 0].numpy()) for layer in layers]

    def __call__(self, X: Matrix) -> Matrix:
        """Return the outputs for prepared inputs (n, k), shape (n, outputs); computed on the processor, wherever it was trained."""
        given = torch.from_numpy(np.ascontiguousarray(X))
        outputs = np.empty((len(X), self.architecture.outputs), dtype=np.float32)
        with one_thread(), torch.inference_mode():
            parameters = torch.from_numpy(self.parameters)[np.newaxis]
            for start in range(0, len(given), _AT_ONCE):
                chunk = given[np.newaxis, start : start + _AT_ONCE]
                buffers = Buffers.of(self.architecture, 1, chunk.shape[1], given.device)
                out = torch.from_numpy(outputs[np.newaxis, start : start + _AT_ONCE])
                Computation(self.architecture, parameters, parameters, buffers).forward(chunk, out)
        return outputs

    def arrays(self) -> dict[str, Matrix]:
        """Return weights and biases by name: ``0.weight``, ``0.bias``, ``1.weight``, ..."""
        names = [f"{number}.{kind}" for number in range(len(self.layers)) for kind in ("weight", "bias")]
        return dict(zip(names, [np.ascontiguousarray(array) for layer in self.layers for array in layer], strict=True))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], activation: str) -> Self:
        """Return the network of these weights and biases.

        Raises
        ------
        ValueError
            If they do not fit together.
        """
        names = [f"{number}.{kind}" for number in range(len(arrays) // 2) for kind in ("weight", "bias")]
        if sorted(names) != sorted(arrays) or not names:
            raise ValueError(
                f"{', '.join(sorted(arrays)) or 'nothing'} where {', '.join(names) or '0.weight'} should be"
            )
        weights = [arrays[name] for name in names[::2]]
        widths = (*(weight.shape[-1] for weight in weights), len(weights[-1]))
        architecture = Architecture(widths=widths, activation=activation)
        numbers = np.concatenate([arrays[name].astype(np.float32).ravel() for name in names])
        network = cls(architecture, numbers)
        if len(numbers) != architecture.parameters or any(
            array.shape != arrays[name].shape for name, array in network.arrays().items()
        ):
            raise ValueError(f"weights and biases that do not make layers of {' → '.join(map(str, widths))}")
        return network
