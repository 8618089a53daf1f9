"""The models by name, and the protocol they follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.errors import FivesigmaError, suggestion

__all__ = ["Classifier", "ModelSpec", "Part", "available", "check_parameters", "classifier", "make_classifier"]

_ADAPTERS = {
    "hist_gradient_boosting": "fivesigma.learning.trees:HistGradientBoosting",
    "network": "fivesigma.learning.network:Network",
    "random_forest": "fivesigma.learning.trees:RandomForest",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Events to train on or to validate with: inputs (n, k), which are signal (n,), training weights (n,)."""

    X: Matrix
    is_signal: Bools
    weight: Floats


class Classifier(Protocol):
    """What an adapter does. Parameters are those of the library, given as keywords to the constructor.

    ``suffix`` ends the name of the file that ``save`` writes and ``load`` reads.
    """

    suffix: str

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        ...

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train; the validation part is for stopping and for choosing a checkpoint."""
        ...

    def score(self, X: Matrix) -> Floats:
        """Return one score per event, shape (n,), larger for signal."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Return the model as it was really built: layers, parameters, trees, epochs."""
        ...

    def history(self) -> Mapping[str, list[float]]:
        """Return losses per epoch or iteration, by name; empty where there are none."""
        ...

    def save(self, path: Path) -> None:
        """Write the trained estimator in a format that loading executes nothing from."""
        ...

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Classifier:
        """Read what `save` wrote."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model to train: what figures call it, which classifier it uses, on which inputs, with which parameters."""

    name: str
    use: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, Any]


def available() -> tuple[str, ...]:
    """Return the names a model may be called by."""
    return tuple(sorted(_ADAPTERS))


def classifier(use: str) -> type[Classifier]:
    """Return the adapter of a name.

    Raises
    ------
    FivesigmaError
        If there is none of that name.
    MissingExtraError
        If its library is not installed.
    """
    if use not in _ADAPTERS:
        raise FivesigmaError(f"no classifier {use!r}{suggestion(use, _ADAPTERS)}")
    module, name = _ADAPTERS[use].split(":")
    adapter: type[Classifier] = getattr(import_module(module), name)
    return adapter


def check_parameters(use: str, parameters: Mapping[str, Any]) -> None:
    """Raise FivesigmaError if the classifier has no such parameter, or refuses a value."""
    adapter = classifier(use)
    known = adapter.parameters()
    for name in parameters:
        if name not in known:
            raise FivesigmaError(f"{use} has no parameter {name!r}{suggestion(name, known)}")
    make: Callable[..., Classifier] = adapter
    try:
        make(**parameters)
    except (TypeError, ValueError) as error:
        raise FivesigmaError(f"{use}: {error}") from error


def make_classifier(spec: ModelSpec) -> Classifier:
    """Return an untrained classifier."""
    make: Callable[..., Classifier] = classifier(spec.use)
    return make(**spec.parameters)
