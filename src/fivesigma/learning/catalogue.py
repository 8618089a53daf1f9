"""The classifiers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.learning.classifiers import Classifier, ModelSpec
from fivesigma.learning.preparation import STEPS

__all__ = ["available", "check_spec", "classifier", "make_classifier"]

_ADAPTERS = {
    "hist_gradient_boosting": "fivesigma.learning.adapters.trees:HistGradientBoosting",
    "keras": "fivesigma.learning.adapters.keras_network:KerasNetwork",
    "network": "fivesigma.learning.adapters.network:Network",
    "random_forest": "fivesigma.learning.adapters.trees:RandomForest",
}


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


def check_spec(spec: ModelSpec) -> None:
    """Raise FivesigmaError if the classifier has no such parameter or refuses a value, or a step of preparation is unknown."""
    adapter = classifier(spec.use)
    known = adapter.parameters()
    for name in spec.parameters:
        if name not in known:
            raise FivesigmaError(f"{spec.use} has no parameter {name!r}{suggestion(name, known)}")
    for step in spec.prepare or ():
        if step not in STEPS:
            raise FivesigmaError(f"no preparation {step!r}{suggestion(step, STEPS)}")
    if spec.negative_weights == "keep" and not adapter.takes_negative_weights:
        raise FivesigmaError(f"{spec.use} cannot train with negative weights; negative_weights is absolute or drop")
    if spec.seeds < 1:
        raise FivesigmaError(f"seeds must be at least 1, not {spec.seeds}")
    try:
        make_classifier(spec.use, spec.parameters)
    except (TypeError, ValueError) as error:
        raise FivesigmaError(f"{spec.use}: {error}") from error


def make_classifier(use: str, parameters: Mapping[str, Any]) -> Classifier:
    """Return an untrained classifier."""
    make: Callable[..., Classifier] = classifier(use)
    return make(**parameters)
