"""How a dense network is built and trained, as a user says it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fivesigma.core.errors import suggestion
from fivesigma.learning.engine.activations import ACTIVATIONS
from fivesigma.learning.engine.optimisers import OPTIMISERS
from fivesigma.learning.engine.schedules import SCHEDULES

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a dense network is built and trained.

    Attributes
    ----------
    hidden
        Widths of the hidden layers.
    activation
        What follows each of them: relu, leaky_relu, elu, tanh, sigmoid, silu or gelu.
    epochs
        At most this many passes over the training events.
    batch_size
        Events per step.
    learning_rate
        The optimiser's; of the one-cycle schedule, its highest.
    optimiser
        adam, adamw or sgd.
    momentum
        Of sgd; of the others the decay of the mean gradient, β₁.
    weight_decay
        Of all parameters: added to the gradient, or taken from the parameters by adamw.
    schedule
        constant, exponential or one_cycle.
    decay
        What the exponential schedule multiplies the learning rate by after each epoch.
    dropout
        Fraction of a hidden layer's outputs left out in training.
    patience
        Epochs without improvement on the validation part before training stops; it never does so if None.

    Raises
    ------
    TypeError
        If there is no setting of a name.
    ValueError
        If a value is out of its range.
    """

    hidden: tuple[int, ...]
    activation: str
    epochs: int
    batch_size: int
    learning_rate: float
    optimiser: str
    momentum: float
    weight_decay: float
    schedule: str
    decay: float
    dropout: float
    patience: int | None

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the settings that a configuration gives, where a list stands for the widths."""
        hidden = parameters["hidden"]
        if not isinstance(hidden, Sequence) or not hidden or not all(map(_is_count, hidden)):
            raise ValueError(f"hidden is a list of widths, at least 1 each, as in [64, 64]; not {hidden!r}")
        return cls(**{**parameters, "hidden": tuple(map(int, hidden))})

    def __post_init__(self) -> None:
        for name, choices in (("activation", ACTIVATIONS), ("optimiser", OPTIMISERS), ("schedule", SCHEDULES)):
            if (value := getattr(self, name)) not in tuple(choices):
                raise ValueError(f"no {name} {value!r}{suggestion(str(value), choices)}")
        for name in ("epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if not _is_count(value) and not (name == "patience" and value is None):
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        for name, within, words in _RANGES:
            if not within(_number(getattr(self, name))):
                raise ValueError(f"{name} must be {words}, not {getattr(self, name)!r}")


_RANGES: tuple[tuple[str, Callable[[float], bool], str], ...] = (
    ("learning_rate", lambda value: 0 < value < math.inf, "a number above 0"),
    ("weight_decay", lambda value: 0 <= value < math.inf, "a number, 0 or above"),
    ("momentum", lambda value: 0 <= value < 1, "in [0, 1)"),
    ("dropout", lambda value: 0 <= value < 1, "in [0, 1)"),
    ("decay", lambda value: 0 < value <= 1, "in (0, 1]"),
)


def _number(value: object) -> float:
    """Return what is a number, as one, and else what is in no range."""
    return float(value) if isinstance(value, int | float | np.number) and not isinstance(value, bool) else math.nan


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= 1
