"""What follows each hidden layer, and its derivative, in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

__all__ = ["ACTIVATIONS", "Activation"]

_aten: Any = torch.ops.aten
_LEAK = 0.01


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function.

    Attributes
    ----------
    forward
        Called with what a layer gave and where to write; both are the same tensor if the derivative is of the result.
    backward
        Called with the gradient, which it multiplies by the derivative in place, and with what that is a function of.
    of_result
        Whether the derivative is a function of the result, not of what the layer gave.
    """

    forward: Callable[[torch.Tensor, torch.Tensor], object]
    backward: Callable[[torch.Tensor, torch.Tensor], object]
    of_result: bool


ACTIVATIONS: Final[Mapping[str, Activation]] = {
    "relu": Activation(
        lambda z, _: torch.relu_(z), lambda g, h: _aten.threshold_backward.grad_input(g, h, 0, grad_input=g), True
    ),
    "leaky_relu": Activation(
        lambda z, h: _aten.leaky_relu.out(z, _LEAK, out=h),
        lambda g, h: _aten.leaky_relu_backward.grad_input(g, h, _LEAK, True, grad_input=g),
        True,
    ),
    "elu": Activation(
        lambda z, h: _aten.elu.out(z, out=h),
        lambda g, h: _aten.elu_backward.grad_input(g, 1.0, 1.0, 1.0, True, h, grad_input=g),
        True,
    ),
    "tanh": Activation(
        lambda z, h: torch.tanh(z, out=h), lambda g, h: _aten.tanh_backward.grad_input(g, h, grad_input=g), True
    ),
    "sigmoid": Activation(
        lambda z, h: torch.sigmoid(z, out=h), lambda g, h: _aten.sigmoid_backward.grad_input(g, h, grad_input=g), True
    ),
    "silu": Activation(
        lambda z, h: _aten.silu.out(z, out=h), lambda g, z: _aten.silu_backward.grad_input(g, z, grad_input=g), False
    ),
    "gelu": Activation(
        lambda z, h: _aten.gelu.out(z, out=h), lambda g, z: _aten.gelu_backward.grad_input(g, z, grad_input=g), False
    ),
}
"""By name, with the constants that PyTorch's modules of these names have."""
