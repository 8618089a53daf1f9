"""Any of our classifiers where scikit-learn expects one of its own: in a pipeline, a grid search, a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import ModelSpec, Part
from fivesigma.learning.preparation import learn_preparation
from fivesigma.learning.spec_checks import check_spec

__all__ = ["FivesigmaClassifier"]

_HELD_OUT = 5


class FivesigmaClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn is not typed
    """One of our classifiers with scikit-learn's interface, for two classes, of which the second in order is signal.

    One event in five of either class is held out: training stops by them, and the score becomes a probability by logistic
    regression on theirs (J. Platt, Advances in Large Margin Classifiers, 1999). Inputs are prepared as the classifier has it, learnt
    from the others. Weights are taken as they are given; what is missing is NaN.

    Cross-fitting, which scores each event by an estimator that never saw it, is `fivesigma.cross_fit`.

    Parameters
    ----------
    use
        Name of a classifier, see `fivesigma.learning.catalogue`.
    prepare
        Names of the steps that inputs go through; the classifier's own if None.
    random_state
        The seed.
    **parameters
        Of the classifier.

    Attributes
    ----------
    classes_
        The two classes.
    n_features_in_
        The number of inputs.
    classifier_, preparation_
        The classifier as trained, and what inputs go through before.
    n_iter_
        Epochs or trees, of a classifier that tells its losses.
    slope_, offset_
        What makes the score the logarithm of the ratio of probabilities.
    """

    def __init__(
        self,
        use: str = "hist_gradient_boosting",
        *,
        prepare: Sequence[str] | None = None,
        random_state: int | np.random.RandomState | None = None,
        **parameters: Any,
    ) -> None:
        self.use = use
        self.prepare = prepare
        self.random_state = random_state
        for name, value in parameters.items():
            setattr(self, name, value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's signature
        """Return ours, and those of the classifier that are set."""
        return {
            name: value for name, value in vars(self).items() if not name.startswith("_") and not name.endswith("_")
        }

    def set_params(self, **parameters: Any) -> Self:
        """Set ours, or any of the classifier's; what they are is looked at when it is fitted."""
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train.

        Parameters
        ----------
        X, y
            Inputs (n, k) and classes (n,).
        sample_weight
            Weights (n,), none of them negative; 1 each if None.

        Raises
        ------
        ValueError
            If the events are not of two classes, or there are too few of one.
        FivesigmaError
            If there is no such classifier or parameter, or training fails.
        """
        inputs, classes = validate_data(self, X, y, dtype=np.float32, ensure_all_finite="allow-nan")
        weight = _check_sample_weight(sample_weight, inputs, dtype=np.float64, ensure_non_negative=True)
        is_signal = self._classes_of(classes) == 1
        self._check_spec()
        counts = weight > 0
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        train, held_out = _split(Part(inputs[counts], is_signal[counts], weight[counts] / weight.mean()), seed)
        self.classifier_ = make_classifier(self.use, self._parameters())
        steps = self.classifier_.prepares_with if self.prepare is None else self.prepare
        impute = not self.classifier_.takes_missing
        learnt_from = _used(train, self.classifier_.trains_on)
        self.preparation_ = learn_preparation(tuple(steps), learnt_from.X, learnt_from.weight, impute=impute)
        prepared = [Part(self.preparation_(part.X), part.is_signal, part.weight) for part in (train, held_out)]
        learns, stops = (_used(part, self.classifier_.trains_on) for part in prepared)
        self.classifier_.fit(learns, stops, seed=seed)
        if losses := self.classifier_.history().get("training"):
            self.n_iter_ = len(losses)
        self._calibrate(self.classifier_.score(prepared[1].X), held_out)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return the logarithm of the ratio of probabilities, shape (n,), above 0 where the second class is likelier."""
        check_is_fitted(self)
        inputs = validate_data(self, X, dtype=np.float32, ensure_all_finite="allow-nan", reset=False)
        decision: Floats = self.slope_ * self.classifier_.score(self.preparation_(inputs)) + self.offset_
        return decision

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probabilities of both classes, shape (n, 2)."""
        signal = expit(self.decision_function(X))
        return np.stack([1 - signal, signal], axis=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likelier class of each event, shape (n,)."""
        likelier = (self.decision_function(X) > 0).astype(np.intp)
        chosen: NDArray[Any] = self.classes_[likelier]
        return chosen

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _parameters(self) -> dict[str, Any]:
        ours = ("use", "prepare", "random_state")
        return {name: value for name, value in self.get_params().items() if name not in ours}

    def _check_spec(self) -> None:
        if classifier(self.use).trains_on == "nothing":
            raise FivesigmaError(f"{self.use} learns nothing; its scores come ready-made")
        check_spec(
            ModelSpec(
                name=self.use,
                use=self.use,
                inputs=tuple(f"x{i}" for i in range(self.n_features_in_)),
                parameters=self._parameters(),
                prepare=None if self.prepare is None else tuple(self.prepare),
            )
        )

    def _classes_of(self, y: NDArray[Any]) -> NDArray[np.intp]:
        """Return the place of each event's class, shape (n,)."""
        check_classification_targets(y)
        self.classes_, place = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(f"Only binary classification is supported. The type of the target is {type_of_target(y)}.")
        if len(self.classes_) < 2:
            raise ValueError(f"two classes are needed, and the events are of one class, {self.classes_[0]!r}")
        return place

    def _calibrate(self, score: Floats, held_out: Part) -> None:
        middle, spread = float(score.mean()), float(score.std()) or 1.0
        model = LogisticRegression()
        model.fit(((score - middle) / spread)[:, np.newaxis], held_out.is_signal, held_out.weight)
        # of a classifier that does worse than chance there is nothing to learn, and its order stays as it is
        self.slope_ = max(float(model.coef_[0, 0]), 0.0) / spread
        self.offset_ = float(model.intercept_[0]) - self.slope_ * middle


def _split(events: Part, seed: int) -> tuple[Part, Part]:
    """Return four in five events of either class, and the fifth."""
    random = np.random.default_rng(seed)
    held_out = np.zeros(len(events.X), dtype=np.bool_)
    for one in (events.is_signal, ~events.is_signal):
        members = np.flatnonzero(one)
        if len(members) < 2:
            raise ValueError(f"each class needs at least 2 events of weight above 0; n_samples={len(events.X)}")
        held_out[random.permutation(members)[: max(1, len(members) // _HELD_OUT)]] = True
    return _chosen(events, ~held_out), _chosen(events, held_out)


def _used(part: Part, trains_on: str) -> Part:
    return _chosen(part, ~part.is_signal) if trains_on == "background" else part


def _chosen(part: Part, which: Bools) -> Part:
    return Part(part.X[which], part.is_signal[which], part.weight[which])
