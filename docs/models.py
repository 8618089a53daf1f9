"""The tables of classifiers: what each makes of weights and of what is missing, how it stops, how it is stored and exported."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from fivesigma.learning.adapters.scikit import name_of_weights
from fivesigma.learning.adapters.scikit_names import REFUSED, class_names
from fivesigma.learning.catalogue import available, classifier, make_classifier
from fivesigma.learning.classifiers import Part
from fivesigma.learning.conversion.catalogue import converter
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import Graph
from fivesigma.learning.preparation import learn_preparation

__all__ = ["model_tables"]

_SCIKIT = "scikit-learn"
_LIBRARIES = {
    "adaboost": _SCIKIT,
    "autoencoder": "PyTorch (`torch`)",
    "column": "",
    "gradient_boosting": _SCIKIT,
    "hist_gradient_boosting": _SCIKIT,
    "keras": "Keras (`keras`)",
    "lightgbm": "LightGBM (`boosting`)",
    "logistic": _SCIKIT,
    "network": "PyTorch (`torch`)",
    "onnx": "onnxruntime (`onnx`)",
    "random_forest": _SCIKIT,
    "xgboost": "XGBoost (`boosting`)",
}
_STOPS = {
    "adaboost": "after `n_estimators` trees",
    "autoencoder": "on the validation part; keeps the best epoch",
    "column": "",
    "gradient_boosting": "after `n_estimators` trees; keeps those up to the lowest validation loss",
    "hist_gradient_boosting": "on the validation part",
    "keras": "on the validation part; keeps the best epoch",
    "lightgbm": "on the validation part; keeps the trees up to its lowest loss",
    "logistic": "when it has converged",
    "network": "on the validation part; keeps the best epoch",
    "onnx": "",
    "random_forest": "after `n_estimators` trees",
    "xgboost": "on the validation part; keeps the trees up to its lowest loss",
}
_FEW = {"MLPClassifier": {"max_iter": 3}, "GaussianProcessClassifier": {"max_iter_predict": 3}}


def model_tables() -> str:
    """Return the table of our names, that of scikit-learn's classes, and the classes that are refused."""
    ours = [
        "| name | library (extra) | learns from | prepared by | missing values | negative weights | stops | file | ONNX |"
    ]
    ours += ["| --- | --- | --- | --- | --- | --- | --- | --- | --- |", *map(_row, available())]
    by_class = ["| class | prepared by | missing values | training weights | ONNX |", "| --- | --- | --- | --- | --- |"]
    by_class += list(_class_rows())
    refused = [f"- `{name}`: {reason.format(name=name)}" for name, reason in REFUSED.items()]
    parts = [
        "## By names of ours",
        "\n".join(ours),
        "## By the names of scikit-learn's classes",
        "\n".join(by_class),
        "These are not offered:",
        "\n".join(refused),
    ]
    return "\n\n".join(parts) + "\n"


def _row(use: str) -> str:
    adapter = classifier(use)
    ready_made = adapter.trains_on == "nothing"
    cells = [
        f"`{use}`",
        _LIBRARIES[use],
        {"both": "both classes", "background": "background", "nothing": "nothing: it is ready-made"}[adapter.trains_on],
        ", ".join(adapter.prepares_with),
        "" if ready_made else _missing(use),
        "kept, if asked" if adapter.takes_negative_weights and not ready_made else "",
        _STOPS[use],
        f"`{adapter.suffix}`",
        "yes" if converter(use) else "",
    ]
    return f"| {' | '.join(cells)} |"


def _missing(use: str) -> str:
    """Return what becomes of a NaN in an input, which of some classes depends on their parameters."""
    takes = getattr(classifier(use), "takes_missing", None)
    if takes is None:
        takes = _untrained(use).takes_missing
    return "taken" if takes else "median, indicator"


def _class_rows() -> Iterator[str]:
    for name in class_names():
        if name in REFUSED:
            continue
        adapter = classifier(name)
        ours = next((use for use in available() if classifier(use) is adapter), None)
        if ours is not None:
            yield f"| `{name}` | is `{ours}` | | | |"
            continue
        taken = name_of_weights(_untrained(name).estimator) is not None
        cells = [
            f"`{name}`",
            ", ".join(adapter.prepares_with),
            _missing(name),
            "taken" if taken else "events are drawn by them",
            _onnx(name),
        ]
        yield f"| {' | '.join(cells)} |"


def _untrained(use: str) -> Any:
    return make_classifier(use, _FEW.get(use, {}))


def _onnx(use: str) -> str:
    """Return whether a classifier converts, which of some is only known when it is tried."""
    train, validation = _events()
    model = _untrained(use)
    prepare = learn_preparation(model.prepares_with, train.X, train.weight, impute=not model.takes_missing)
    parts = [Part(prepare(part.X), part.is_signal, part.weight) for part in (train, validation)]
    model.fit(*parts, seed=1)
    try:
        converter(use)(Graph(), model, "X")
    except NotConvertibleError:
        return "no"
    return "yes"


@cache
def _events() -> tuple[Part, Part]:
    random = np.random.default_rng(1)
    is_signal = np.arange(120) % 2 == 0
    X = (random.normal(size=(120, 3)) + is_signal[:, np.newaxis]).astype(np.float32)
    return tuple(Part(X[half], is_signal[half], np.ones(60)) for half in (slice(60), slice(60, None)))
