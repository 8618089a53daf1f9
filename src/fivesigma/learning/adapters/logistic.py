"""Adapter to scikit-learn's logistic regression."""

from __future__ import annotations

from typing import Any, ClassVar

from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.learning.adapters.scikit import ScikitClassifier

__all__ = ["Logistic"]


class Logistic(ScikitClassifier):
    """Logistic regression.

    It trains with negative weights as a network does: its loss is a sum over events, and with no more parameters than inputs there
    is nowhere to hide where the sum of weights is negative.
    """

    takes_negative_weights: ClassVar[bool] = True
    library = LogisticRegression

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        # what solver goes with what penalty, scikit-learn only says when it trains: on two events it costs nothing
        clone(self.estimator).set_params(tol=1e9).fit([[0.0], [1.0]], [0, 1])

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,)."""
        probability: Floats = expit(super().score(X))
        return probability
