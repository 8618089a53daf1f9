"""The classifiers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.learning.classifiers import Classifier, ModelSpec
from fivesigma.learning.plugins import load_plugin, plugin_names
from fivesigma.learning.preparation import STEPS
from fivesigma.learning.ready_made import ReadyMade, check_ready_made

__all__ = ["OBJECT", "available", "check_spec", "classifier", "make_classifier"]

OBJECT = "estimator"
"""The name by which cross-fitting calls a classifier that is handed in from Python."""
_ADAPTERS = {
    "adaboost": "fivesigma.learning.adapters.trees:AdaBoost",
    "autoencoder": "fivesigma.learning.adapters.autoencoder:Autoencoder",
    "column": "fivesigma.learning.adapters.column:Column",
    "gradient_boosting": "fivesigma.learning.adapters.trees:GradientBoosting",
    "hist_gradient_boosting": "fivesigma.learning.adapters.trees:HistGradientBoosting",
    "keras": "fivesigma.learning.adapters.keras_network:KerasNetwork",
    "lightgbm": "fivesigma.learning.adapters.lightgbm_trees:LightGBM",
    "logistic": "fivesigma.learning.adapters.logistic:Logistic",
    "network": "fivesigma.learning.adapters.network:Network",
    "onnx": "fivesigma.learning.adapters.onnx_model:OnnxModel",
    "random_forest": "fivesigma.learning.adapters.trees:RandomForest",
    "xgboost": "fivesigma.learning.adapters.xgboost_trees:XGBoost",
}
_OBJECTS = {OBJECT: "fivesigma.learning.adapters.scikit_object:EstimatorObject"}
_SCIKIT = "fivesigma.learning.adapters.scikit_names"


def available() -> tuple[str, ...]:
    """Return the names a model may be called by, besides those of scikit-learn's classes."""
    return tuple(sorted({*_ADAPTERS, *plugin_names()}))


def classifier(use: str) -> type[Classifier]:
    """Return the adapter of a name: of ours, of one that an installed distribution offers, or of a class of scikit-learn.

    Raises
    ------
    FivesigmaError
        If there is none of that name, or it is of no use here.
    MissingExtraError
        If its library is not installed.
    """
    if use in _ADAPTERS or use == OBJECT:
        module, name = (_ADAPTERS | _OBJECTS)[use].split(":")
        adapter: type[Classifier] = getattr(import_module(module), name)
        return adapter
    if use in plugin_names():
        return load_plugin(use)
    if use[:1].isupper():
        by_class: Callable[[str], type[Classifier]] = import_module(_SCIKIT).adapter_of
        return by_class(use)
    raise FivesigmaError(f"no classifier {use!r}{suggestion(use, available())}")


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
        untrained = make_classifier(spec.use, spec.parameters)
    except (TypeError, ValueError) as error:
        raise FivesigmaError(f"{spec.use}: {error}") from error
    if isinstance(untrained, ReadyMade):
        check_ready_made(spec, untrained)
    if spec.tune is not None:  # Optuna is imported when something is tuned
        import_module("fivesigma.learning.tuning").check_tuning(spec)


def make_classifier(use: str, parameters: Mapping[str, Any]) -> Classifier:
    """Return an untrained classifier."""
    make: Callable[..., Classifier] = classifier(use)
    return make(**parameters)
