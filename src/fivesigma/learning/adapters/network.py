"""A fully connected network, trained in PyTorch with everything resident in memory and no data loader."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import FivesigmaError, MissingExtraError
from fivesigma.learning.classifiers import Part

try:
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as error:
    raise MissingExtraError("PyTorch", "torch") from error

__all__ = ["Network"]

_SCORED_AT_ONCE = 65536


class Network:
    """A multilayer perceptron with ReLU, weighted binary cross-entropy and Adam.

    The checkpoint kept is the one with the lowest weighted loss on the validation part; training stops when that has not fallen for
    ``patience`` epochs.

    Parameters
    ----------
    hidden
        Widths of the hidden layers.
    epochs
        At most this many passes over the training events.
    batch_size
        Events per step.
    learning_rate
        Adam's.
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

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (64, 64),
        epochs: int = 40,
        batch_size: int = 1024,
        learning_rate: float = 4e-3,
        dropout: float = 0.0,
        patience: int = 6,
    ) -> None:
        self.hidden = tuple(hidden)
        if not self.hidden or any(not _is_count(width) for width in self.hidden):
            raise ValueError(f"hidden is a list of widths, at least 1 each, as in [64, 64]; not {list(hidden)}")
        for name, value in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
            if not _is_count(value):
                raise ValueError(f"{name} must be a whole number of at least 1, not {value}")
        if not 0 <= dropout < 1 or not learning_rate > 0:
            raise ValueError(f"dropout must be in [0, 1) and learning_rate above 0, not {dropout} and {learning_rate}")
        self.epochs, self.batch_size, self.patience = epochs, batch_size, patience
        self.learning_rate, self.dropout = learning_rate, dropout
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
        with _one_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._build(train.X.shape[1])
            self._descend(_Tensors(train), _Tensors(validation))

    def score(self, X: Matrix) -> Floats:
        """Return the logit, shape (n,), in double precision so that distinct events stay distinct."""
        self._layers.eval()
        with _one_thread(), torch.no_grad():
            chunks = torch.split(torch.from_numpy(np.ascontiguousarray(X)), _SCORED_AT_ONCE)
            scores = [self._logit(chunk).double().numpy() for chunk in chunks]
        return np.concatenate(scores)

    def describe(self) -> Mapping[str, Any]:
        """Return the layers as built, the number of trainable parameters and the epochs."""
        linear = [layer for layer in self._layers if isinstance(layer, torch.nn.Linear)]
        return {
            "layers": " → ".join(map(str, (linear[0].in_features, *(layer.out_features for layer in linear)))),
            "parameters": sum(p.numel() for p in self._layers.parameters()),
            "epochs": len(self._losses["training"]),
            "best epoch": self._best_epoch,
        }

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses per epoch on training and validation events."""
        return {name: list(values) for name, values in self._losses.items()}

    def save(self, path: Path) -> None:
        """Write the weights as safetensors."""
        save_file(self._layers.state_dict(), path)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote."""
        self = cls(**parameters)
        tensors = load_file(path)
        self._build(tensors["0.weight"].shape[1])
        self._layers.load_state_dict(tensors)
        return self

    def _build(self, inputs: int) -> None:
        layers: list[torch.nn.Module] = []
        for before, after in pairwise((inputs, *self.hidden)):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
            if self.dropout:
                layers.append(torch.nn.Dropout(self.dropout))
        self._layers = torch.nn.Sequential(*layers, torch.nn.Linear(self.hidden[-1], 1))

    def _logit(self, X: torch.Tensor) -> torch.Tensor:
        logit: torch.Tensor = self._layers(X).squeeze(1)
        return logit

    def _descend(self, train: _Tensors, validation: _Tensors) -> None:
        optimiser = torch.optim.Adam(self._layers.parameters(), lr=self.learning_rate)
        best, kept = np.inf, dict(self._layers.state_dict())
        for epoch in range(1, self.epochs + 1):
            self._losses["training"].append(self._epoch(train, optimiser))
            loss = self._validate(validation)
            self._losses["validation"].append(loss)
            if not np.isfinite(loss):
                raise FivesigmaError(f"the network's loss is {loss} after epoch {epoch}; try a smaller learning_rate")
            if loss < best:
                best, self._best_epoch = loss, epoch
                kept = {name: value.clone() for name, value in self._layers.state_dict().items()}
            elif epoch - self._best_epoch >= self.patience:
                break
        self._layers.load_state_dict(kept)

    def _epoch(self, train: _Tensors, optimiser: torch.optim.Optimizer) -> float:
        """Take one pass over the shuffled training events and return its weighted mean loss."""
        self._layers.train()
        total = 0.0
        for batch in torch.split(torch.randperm(len(train.target)), self.batch_size):
            optimiser.zero_grad()
            loss = train.loss(self._logit(train.X[batch]), batch)
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call] # not annotated in PyTorch
            optimiser.step()
            total += float(loss.detach())
        return total / float(train.weight.sum())

    def _validate(self, validation: _Tensors) -> float:
        self._layers.eval()
        with torch.no_grad():
            total = validation.loss(self._logit(validation.X), torch.arange(len(validation.target)))
        return float(total / validation.weight.sum())


class _Tensors:
    """A part's events as tensors."""

    def __init__(self, part: Part) -> None:
        self.X = torch.from_numpy(np.ascontiguousarray(part.X))
        self.target = torch.from_numpy(part.is_signal.astype(np.float32))
        self.weight = torch.from_numpy(part.weight.astype(np.float32))

    def loss(self, logit: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of the binary cross-entropy of the chosen events."""
        loss = torch.nn.functional.binary_cross_entropy_with_logits
        return loss(logit, self.target[chosen], weight=self.weight[chosen], reduction="sum")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Hold PyTorch to one thread, so that sums are made in one order whatever else runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
