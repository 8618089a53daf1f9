"""What adapters to scikit-learn share; it is all that most of its classifiers need."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError, first_line
from fivesigma.core.identity import derive_seed
from fivesigma.learning.classifiers import Part
from fivesigma.learning.estimator_structure import trees_of
from fivesigma.learning.skops_files import dump_skops, load_skops
from fivesigma.learning.tree_structure import describe_trees

__all__ = ["ScikitClassifier", "name_of_weights"]


class ScikitClassifier:
    """A classifier of scikit-learn."""

    suffix: ClassVar[str] = ".skops"
    prepares_with: ClassVar[tuple[str, ...]] = ("standard",)
    takes_negative_weights: ClassVar[bool] = False
    trains_on: ClassVar[Literal["both"]] = "both"
    library: ClassVar[type[BaseEstimator]]
    missing: ClassVar[str] = "each split sends them to the better side"
    """What is made of missing values, if anything is."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    ours: ClassVar[frozenset[str]] = frozenset(
        {"class_weight", "copy_X", "copy_X_train", "n_jobs", "oob_score", "random_state", "verbose", "warm_start"}
    )
    """Parameters that cross-fitting sets itself, or that change nothing, and that a user therefore may not set."""

    def __init__(self, **parameters: Any) -> None:
        # cloned, or one model's parameters of an inner estimator would be those of the next
        estimator = clone(self.library(**self.defaults)).set_params(**parameters)
        for part in (estimator, *estimator.get_params().values()):
            if isinstance(part, BaseEstimator):
                part._validate_params()  # noqa: SLF001 - scikit-learn checks only when it fits, a configuration wants it before
        self._hold(estimator)

    def _hold(self, estimator: Any) -> None:
        self.estimator = estimator
        # monotonic trees do not, whatever they say of themselves
        monotonic = getattr(estimator, "monotonic_cst", None) is not None
        self.takes_missing = bool(get_tags(estimator).input_tags.allow_nan) and not monotonic
        self._told: dict[str, Any] = {}

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        known = cls.library(**cls.defaults).get_params()
        return {
            name: value
            for name, value in known.items()
            # those that end are not for who begins
            if name.rpartition("__")[2] not in cls.ours and not (isinstance(value, str) and value == "deprecated")
        }

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train, from the seed and in one thread.

        Raises
        ------
        FivesigmaError
            If scikit-learn refuses its parameters or the events.
        """
        _settle(self.estimator, seed)
        if self.takes_missing and np.isnan(train.X).any():
            self._told["missing values"] = self.missing
        try:
            with _convergence_told(self._told):
                self._learn(train, validation, seed)
        except (ValueError, TypeError, OverflowError) as error:  # a value of a kind that it does not check before
            raise FivesigmaError(f"{type(self.estimator).__name__}: {first_line(error)}") from error

    def _learn(self, train: Part, _validation: Part, seed: int) -> None:
        weighted = name_of_weights(self.estimator)
        if weighted is not None:
            self.estimator.fit(_exact(train.X), train.is_signal.astype(np.int8), **{weighted: train.weight})
            return
        events = _drawn(train.weight, derive_seed(seed, "drawn"))
        self._told["training weights"] = "it takes none: events are drawn in proportion to them"
        self.estimator.fit(_exact(train.X[events]), train.is_signal[events].astype(np.int8))

    def score(self, X: Matrix) -> Floats:
        """Return what it decides by, shape (n,): a margin or likelihood ratio if it has one, else the probability of signal.

        The former tells apart events whose probabilities all round to 1.

        Raises
        ------
        DataError
            If scikit-learn refuses the events, or that is not a number.
        """
        try:
            score = np.asarray(self._decided(_exact(X)), dtype=np.float64)
        except (ValueError, TypeError, OverflowError) as error:  # what it does not check before it is asked
            raise DataError(f"{type(self.estimator).__name__} cannot score: {first_line(error)}") from error
        if lost := int(np.count_nonzero(~np.isfinite(score))):
            raise DataError(f"{type(self.estimator).__name__} has no score for {lost} of {len(score)} events")
        return score

    def _decided(self, Z: Floats) -> Any:
        if hasattr(self.estimator, "decision_function"):
            return self.estimator.decision_function(Z)
        if hasattr(self.estimator, "predict_joint_log_proba"):
            return np.diff(self.estimator.predict_joint_log_proba(Z), axis=1)[:, 0]
        return self.estimator.predict_proba(Z)[:, 1]

    def describe(self) -> Mapping[str, Any]:
        """Return what was built: layers, support vectors, trees, iterations, as far as there are any."""
        return {**self._told, **_built(self.estimator)}

    def history(self) -> Mapping[str, list[float]]:
        """Return the loss per iteration on training events, of a classifier that keeps it."""
        losses = getattr(self.estimator, "loss_curve_", ())
        return {"training": [float(loss) for loss in losses]} if losses else {}

    def save(self, path: Path) -> None:
        """Write the estimator as a skops file."""
        dump_skops(self.estimator, path)

    @classmethod
    def load(cls, path: Path, _parameters: Mapping[str, Any]) -> Self:
        """Read a skops file of nothing but known types."""
        estimator = load_skops(path)
        if not isinstance(estimator, cls.library):
            raise DataError(f"{path}: holds {type(estimator).__name__}, expected {cls.library.__name__}")
        self = cls.__new__(cls)
        self._hold(estimator)
        return self


def _settle(estimator: BaseEstimator, seed: int) -> None:
    """Set seed and threads, also of what is inside."""
    for full in (known := estimator.get_params()):
        inside, _, name = full.rpartition("__")
        if name == "random_state":
            estimator.set_params(**{full: seed})
        elif name == "n_jobs":
            # None is one thread to scikit-learn, which gives the parameter up here and there; to others it is all there are
            of = type(known[inside] if inside else estimator).__module__
            estimator.set_params(**{full: None if of.startswith("sklearn.") else 1})


def name_of_weights(estimator: BaseEstimator) -> str | None:
    """Return the name by which fitting takes training weights, of a pipeline those of its last step; None if it takes none."""
    if isinstance(estimator, Pipeline):
        last, step = estimator.steps[-1]
        inner = name_of_weights(step)
        return None if inner is None else f"{last}__{inner}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def _drawn(weight: Floats, seed: int) -> NDArray[np.intp]:
    """Return as many events as there are, each drawn as often as its weight over the mean says, to less than one.

    Systematic resampling of events in random order (Douc, Cappé and Moulines, arXiv:cs/0507025, section 2.4).
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(weight))
    reach = np.cumsum(weight[order])
    marks = (np.arange(len(weight)) + random.uniform()) * (reach[-1] / len(weight))
    return np.sort(order[np.minimum(np.searchsorted(reach, marks, side="right"), len(weight) - 1)])


@contextlib.contextmanager
def _convergence_told(told: dict[str, Any]) -> Iterator[None]:
    """Keep a warning that training has not converged for the page, where who reads it sees it; others stay warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        yield
    for warning in caught:
        if issubclass(warning.category, ConvergenceWarning):
            told["converged"] = f"no: {first_line(warning.message)}"  # type: ignore[arg-type] # a warning is an exception
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _exact(X: Matrix) -> Floats:
    """Return inputs in double precision: sums of squares and steps of a minimiser lose their digits in single."""
    return X.astype(np.float64)


def _built(estimator: Any) -> dict[str, Any]:
    built: dict[str, Any] = {}
    if hasattr(estimator, "coefs_"):
        built["layers"] = " → ".join(map(str, (len(estimator.coefs_[0]), *(c.shape[1] for c in estimator.coefs_))))
        built["parameters"] = sum(array.size for array in (*estimator.coefs_, *estimator.intercepts_))
    if hasattr(estimator, "n_support_"):
        built["support vectors"] = int(np.sum(estimator.n_support_))
    if trees := trees_of(estimator):
        built |= describe_trees(trees)
    if getattr(estimator, "n_iter_", None) is not None:
        built["iterations"] = int(np.max(estimator.n_iter_))
    return built
