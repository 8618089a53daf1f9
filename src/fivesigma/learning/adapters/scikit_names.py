"""Every classifier of scikit-learn by the name of its class: this module's attributes are their adapters.

They are made when they are asked for, for to know which there are scikit-learn has to be imported to its last corner.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sklearn.base import ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils.discovery import all_estimators

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.learning.adapters.logistic import Logistic
from fivesigma.learning.adapters.scikit import ScikitClassifier
from fivesigma.learning.adapters.trees import AdaBoost, GradientBoosting, HistGradientBoosting, RandomForest

__all__ = ["REFUSED", "adapter_of", "class_names"]

_FROM_PYTHON = (
    "it is made of other classifiers, which can be given from Python alone, as in cross_fit({name}(...), ...)"
)
_SEVERAL = "it is for several labels or more than two classes, and a search has signal and background"
_UNLABELLED = "it is for events without a class, and cross-fitting gives it none"
REFUSED = {
    "CategoricalNB": "it takes categories, and inputs are numbers",
    "ClassifierChain": _SEVERAL,
    "DummyClassifier": "its score does not depend on the event",
    "FixedThresholdClassifier": "it moves the threshold of another classifier, and a score has none",
    "LabelPropagation": _UNLABELLED,
    "LabelSpreading": _UNLABELLED,
    "MultiOutputClassifier": _SEVERAL,
    "OneVsOneClassifier": _SEVERAL,
    "OneVsRestClassifier": _SEVERAL,
    "OutputCodeClassifier": _SEVERAL,
    "PassiveAggressiveClassifier": "scikit-learn gives it up; it is SGDClassifier with loss: hinge, penalty: null, learning_rate: pa1, eta0: 1.0",
    "RadiusNeighborsClassifier": "it has no score for an event without neighbours; KNeighborsClassifier has",
    "SelfTrainingClassifier": _UNLABELLED,
    "StackingClassifier": _FROM_PYTHON,
    "TunedThresholdClassifierCV": "it moves the threshold of another classifier, and a score has none",
    "VotingClassifier": _FROM_PYTHON,
}
"""Classifiers that are of no use here, and why."""
_WITH_ADAPTERS = {
    adapter.library.__name__: adapter
    for adapter in (AdaBoost, GradientBoosting, HistGradientBoosting, Logistic, RandomForest)
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    # what will be the defaults: until they are, scikit-learn warns who leaves them alone
    "LogisticRegressionCV": {"l1_ratios": (0.0,), "scoring": "neg_log_loss", "use_legacy_attributes": False},
}
# each event left out by itself has one class, of which no score of classes can be made
_OURS = {"RidgeClassifierCV": {"scoring"}}


def class_names() -> tuple[str, ...]:
    """Return the names of scikit-learn's classifiers, those that are refused included."""
    return tuple(_classes())


@cache
def adapter_of(name: str) -> type[ScikitClassifier]:
    """Return the adapter to a class of scikit-learn.

    Raises
    ------
    FivesigmaError
        If there is no such class, or it is of no use here; it says why.
    """
    if name in REFUSED:
        raise FivesigmaError(f"{name} is not offered: {REFUSED[name].format(name=name)}")
    known = _classes()
    if name not in known:
        raise FivesigmaError(f"no classifier {name!r} in scikit-learn{suggestion(name, known)}")
    if name in _WITH_ADAPTERS:
        return _WITH_ADAPTERS[name]
    library = known[name]
    traits = {
        "__doc__": f"scikit-learn's {name}.",
        "__module__": __name__,
        "defaults": _DEFAULTS.get(name, {}),
        "library": library,
        "ours": ScikitClassifier.ours | _OURS.get(name, set()),
        "prepares_with": _steps(library, name),
    }
    return type(name, (ScikitClassifier,), traits)


def __getattr__(name: str) -> type[ScikitClassifier]:
    """Return the adapter of a class by its name, which is how one that a worker trained comes back."""
    if name[:1].isupper() and name in _classes() and name not in REFUSED:
        return adapter_of(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _classes() -> dict[str, type[ClassifierMixin]]:
    return dict(all_estimators("classifier"))


def _steps(library: type[ClassifierMixin], name: str) -> tuple[str, ...]:
    """Return what inputs go through: nothing for trees, else a scale that they share."""
    if library.__module__.startswith(("sklearn.tree.", "sklearn.ensemble.")):
        return ()
    return ("min_max",) if get_tags(library(**_DEFAULTS.get(name, {}))).input_tags.positive_only else ("standard",)
