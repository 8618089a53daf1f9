"""Adapter to a classifier that is handed in from Python, made by whoever follows scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sklearn.base import BaseEstimator, clone, is_classifier

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.adapters.scikit import ScikitClassifier

__all__ = ["EstimatorObject"]

_BY_NAME = ("lightgbm", "xgboost")


class EstimatorObject(ScikitClassifier):
    """A classifier of any make that follows scikit-learn's conventions; each fold trains a clone.

    Parameters
    ----------
    estimator
        The classifier; it is left as it is. Its seed and threads, and those of what is inside, are cross-fitting's.

    Raises
    ------
    ValueError
        If it is not a classifier with scores.
    """

    prepares_with: ClassVar[tuple[str, ...]] = ()
    library = BaseEstimator
    missing: ClassVar[str] = "left to it"

    def __init__(self, *, estimator: Any = None) -> None:
        if not isinstance(estimator, BaseEstimator) or not is_classifier(estimator):
            raise ValueError(f"a classifier that follows scikit-learn's conventions is needed, not {estimator!r:.100}")
        if not any(hasattr(estimator, method) for method in ("decision_function", "predict_proba")):
            raise ValueError(f"{type(estimator).__name__} has neither decision_function nor predict_proba to score by")
        self._hold(clone(estimator))

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return its only parameter, which has no default."""
        return {"estimator": None}

    def save(self, path: Path) -> None:
        """Write the classifier as a skops file.

        Raises
        ------
        FivesigmaError
            If it is made of other types than scikit-learn's own, so that it could not be loaded; it names them.
        """
        try:
            super().save(path)
        except FivesigmaError as error:
            library = type(self.estimator).__module__.partition(".")[0]
            if library not in _BY_NAME:
                raise
            raise FivesigmaError(f"{error}; asked for by the name {library!r} it can be") from error
