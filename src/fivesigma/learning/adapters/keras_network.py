"""A fully connected network in Keras, on whichever of TensorFlow, PyTorch and JAX is there.

Keras itself is imported when a network is first built: TensorFlow takes seconds, and a configuration is checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError, MissingExtraError, suggestion
from fivesigma.core.identity import derive_seed
from fivesigma.learning.adapters.keras_backends import installed_backend
from fivesigma.learning.classifiers import Part

__all__ = ["KerasNetwork"]

if installed_backend() is None:
    raise MissingExtraError("Keras", "keras")

_ACTIVATIONS = ("relu", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "tanh", "sigmoid")
_OPTIMISERS = ("sgd", "adam", "adamw")


class KerasNetwork:
    """A multilayer perceptron with weighted binary cross-entropy.

    The weights kept are those with the lowest weighted loss on the validation part; training stops when that has not fallen for
    ``patience`` epochs.

    Parameters
    ----------
    hidden
        Widths of the hidden layers.
    activation
        Of the hidden layers, by Keras' name: relu, elu, selu, gelu, silu, leaky_relu, softplus, tanh or sigmoid.
    epochs
        At most this many passes over the training events.
    batch_size
        Events per step.
    learning_rate
        The optimiser's.
    optimiser
        sgd, adam or adamw, otherwise as Keras has them.
    dropout
        Fraction of a hidden layer's outputs dropped in training.
    patience
        Epochs without improvement before stopping.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    suffix: ClassVar[str] = ".safetensors"
    prepares_with: ClassVar[tuple[str, ...]] = ("standard",)
    takes_missing: ClassVar[bool] = False
    takes_negative_weights: ClassVar[bool] = True
    trains_on: ClassVar[Literal["both"]] = "both"
    scores_log_odds: ClassVar[bool] = True

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: str = "relu",
        epochs: int = 40,
        batch_size: int = 1024,
        learning_rate: float = 4e-3,
        optimiser: str = "adam",
        dropout: float = 0.0,
        patience: int = 6,
    ) -> None:
        if not isinstance(hidden, list | tuple) or not hidden or not all(map(_is_count, hidden)):
            raise ValueError(f"hidden is a list of widths, at least 1 each, as in [64, 64]; not {hidden!r}")
        for name, value in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
            if not _is_count(value):
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        if not _is_number(dropout) or not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, not {dropout!r}")
        if not _is_number(learning_rate) or not 0 < learning_rate < np.inf:
            raise ValueError(f"learning_rate must be above 0, not {learning_rate!r}")
        for kind, chosen, known in (("activation", activation, _ACTIVATIONS), ("optimiser", optimiser, _OPTIMISERS)):
            if chosen not in known:
                raise ValueError(f"no {kind} {chosen!r}{suggestion(str(chosen), known)}")
        self.hidden, self.activation, self.dropout = tuple(hidden), activation, dropout
        self.epochs, self.batch_size, self.patience = epochs, batch_size, patience
        self.optimiser, self.learning_rate = optimiser, learning_rate
        self._weights: list[NDArray[Any]] = []
        self._model: Any = None
        self._losses: dict[str, list[float]] = {"training": [], "validation": []}
        self._best_epoch = 0

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return cls.__init__.__kwdefaults__ or {}

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train; arguments as the protocol says.

        Raises
        ------
        FivesigmaError
            If the loss is no longer a number.
        """
        random = np.random.default_rng(derive_seed(seed, "order"))
        with _keras().held():
            self._model = self._built(train.X.shape[1], seed)
            one_epoch = _keras().trainer(
                self._model,
                train,
                optimiser=self.optimiser,
                learning_rate=self.learning_rate,
                batch_size=self.batch_size,
            )
            self._descend(lambda: one_epoch(random.permutation(len(train.X))), validation)
            self._model.set_weights(self._weights)

    def _descend(self, one_epoch: Callable[[], float], validation: Part) -> None:
        best = np.inf
        for epoch in range(1, self.epochs + 1):
            self._losses["training"].append(one_epoch())
            loss = _weighted_loss(self.score(validation.X), validation)
            self._losses["validation"].append(loss)
            if not np.isfinite(loss):
                raise FivesigmaError(f"the network's loss is {loss} after epoch {epoch}; try a smaller learning_rate")
            if loss < best:
                best, self._best_epoch, self._weights = loss, epoch, self._model.get_weights()
            elif epoch - self._best_epoch >= self.patience:
                break

    def score(self, X: Matrix) -> Floats:
        """Return the logit, shape (n,), in double precision so that distinct events stay distinct."""
        with _keras().held():
            if self._model is None:
                self._model = self._built(len(self._weights[0]), 0)
                self._model.set_weights(self._weights)
            logit: Floats = _keras().logit(self._model, X)
        return logit

    def describe(self) -> Mapping[str, Any]:
        """Return the layers as built, the number of trainable parameters, the epochs, and what it runs on."""
        kernels = self._weights[::2]
        return {
            "layers": " → ".join(map(str, (len(kernels[0]), *(kernel.shape[1] for kernel in kernels)))),
            "parameters": sum(array.size for array in self._weights),
            "library": _keras().library(),
            "epochs": len(self._losses["training"]),
            "best epoch": self._best_epoch,
        }

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses per epoch on training and validation events."""
        return {name: list(values) for name, values in self._losses.items()}

    def save(self, path: Path) -> None:
        """Write the weights as safetensors: a kernel and a bias for each layer."""
        save_file({name: np.ascontiguousarray(array) for name, array in self._named(self._weights).items()}, path)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote; the layers are rebuilt from the parameters.

        Raises
        ------
        DataError
            If the weights are not those of such layers.
        """
        self, stored = cls(**parameters), load_file(path)
        first = stored.get("0.kernel", np.empty((0, 0)))
        expected = self._shapes(len(first))
        if {name: array.shape for name, array in stored.items()} != expected:
            raise DataError(f"{path}: damaged: its weights are not those of hidden layers {list(self.hidden)}")
        self._weights = [stored[name] for name in expected]
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return all but the model that Keras has built, which can be built again and not be sent to other processes."""
        return {**self.__dict__, "_model": None}

    def _built(self, inputs: int, seed: int) -> Any:
        return _keras().build(inputs, self.hidden, activation=self.activation, dropout=self.dropout, seed=seed)

    def _named(self, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return dict(zip(self._shapes(len(arrays[0])), arrays, strict=True))

    def _shapes(self, inputs: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the weights, by name, in Keras' order."""
        widths = (inputs, *self.hidden, 1)
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (before, after) in enumerate(pairwise(widths)):
            shapes |= {f"{layer}.kernel": (before, after), f"{layer}.bias": (after,)}
        return shapes


def _keras() -> Any:
    """Return what is made of Keras, imported at the first call."""
    return import_module("fivesigma.learning.adapters.keras_engine")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _weighted_loss(logit: Floats, part: Part) -> float:
    """Return the weighted mean of the binary cross-entropy."""
    with np.errstate(invalid="ignore"):  # of a network that diverged, which is told of
        loss = np.logaddexp(0.0, np.where(part.is_signal, -logit, logit))
    return float(part.weight @ loss / part.weight.sum())
