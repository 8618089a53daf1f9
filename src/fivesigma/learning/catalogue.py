"""The classifiers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.learning.classifiers import Classifier
from fivesigma.learning.plugins import load_plugin, plugin_names

__all__ = ["OBJECT", "available", "classifier", "make_classifier", "scores_log_odds"]

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


def scores_log_odds(use: str) -> bool:
    """Return whether the raw score of a classifier is the logarithm of the odds of signal, of which `scipy.special.expit` is the probability."""
    return getattr(classifier(use), "scores_log_odds", False)


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


def make_classifier(use: str, parameters: Mapping[str, Any]) -> Classifier:
    """Return an untrained classifier."""
    make: Callable[..., Classifier] = classifier(use)
    return make(**parameters)
