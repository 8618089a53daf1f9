"""Adapter to LightGBM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError, MissingExtraError, first_line, suggestion
from fivesigma.learning.adapters.lightgbm_files import inputs_of, trees_of
from fivesigma.learning.classifiers import Part
from fivesigma.learning.tree_structure import describe_trees, require_sound

try:
    import lightgbm
except ImportError as error:
    raise MissingExtraError("LightGBM", "boosting") from error

__all__ = ["LightGBM"]


class _Number(NamedTuple):
    """What a parameter may be; it is also its default."""

    default: float
    above: float = -np.inf
    least: float = -np.inf
    most: float = np.inf

    def admits(self, value: object) -> bool:
        """Return whether a value may be set: of a whole number only another."""
        kinds = int if isinstance(self.default, int) else (int, float)
        return (
            isinstance(value, kinds)
            and not isinstance(value, bool)
            and self.above < value <= self.most
            and value >= self.least
        )

    def __str__(self) -> str:
        words = ["a whole number" if isinstance(self.default, int) else "a number"]
        words += [f"above {self.above:g}"] if self.above > -np.inf else []
        words += [f"from {self.least:g} on"] if self.least > -np.inf else []
        words += [f"up to {self.most:g}"] if self.most < np.inf else []
        return " ".join(words)


_NUMBERS = {
    "colsample_bytree": _Number(1.0, above=0, most=1),
    "early_stopping_rounds": _Number(10, least=1),
    "learning_rate": _Number(0.1, above=0),
    "max_bin": _Number(255, least=2),
    "max_depth": _Number(-1),
    "min_child_samples": _Number(20, least=0),
    "min_child_weight": _Number(1e-3, least=0),
    "min_split_gain": _Number(0.0, least=0),
    "n_estimators": _Number(300, least=1),
    "num_leaves": _Number(31, least=2, most=131072),
    "reg_alpha": _Number(0.0, least=0),
    "reg_lambda": _Number(0.0, least=0),
    "subsample": _Number(1.0, above=0, most=1),
    "subsample_for_bin": _Number(200000, least=1),
    "subsample_freq": _Number(0, least=0),
}
"""The limits are LightGBM's own, which it says nothing of before it trains."""
_BOOSTING = ("gbdt", "dart", "rf")


class LightGBM:
    """Gradient-boosted trees of LightGBM; boosting stops on the validation part, and the trees up to its lowest loss are kept.

    Parameters are those of ``LGBMClassifier``, and ``max_bin``.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    suffix: ClassVar[str] = ".lightgbm.txt"
    prepares_with: ClassVar[tuple[str, ...]] = ()
    takes_missing: ClassVar[bool] = True
    takes_negative_weights: ClassVar[bool] = False
    trains_on: ClassVar[Literal["both"]] = "both"

    def __init__(self, **parameters: Any) -> None:
        self._parameters = {**self.parameters(), **parameters}
        self._losses: dict[str, list[float]] = {}
        self._told: dict[str, str] = {}
        _check(self._parameters)

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return {"boosting_type": _BOOSTING[0], **{name: number.default for name, number in _NUMBERS.items()}}

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train until the validation loss has stopped falling; trees that drop others (dart) are all grown.

        Raises
        ------
        FivesigmaError
            If LightGBM refuses the events.
        """
        if np.isnan(train.X).any():
            self._told["missing values"] = "each split sends them to the better side"
        rounds = {name: self._parameters[name] for name in ("n_estimators", "early_stopping_rounds")}
        parameters = {name: value for name, value in self._parameters.items() if name not in rounds} | {
            "objective": "binary",
            "metric": "binary_logloss",
            "seed": seed,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        losses: dict[str, dict[str, list[float]]] = {}
        watch = [lightgbm.record_evaluation(losses)]
        if self._parameters["boosting_type"] != "dart":  # a tree that comes later changes those before it
            watch.append(lightgbm.early_stopping(rounds["early_stopping_rounds"], verbose=False))
        try:
            events = _dataset(train, parameters)
            model = lightgbm.train(
                parameters,
                events,
                rounds["n_estimators"],
                valid_sets=[events, _dataset(validation, parameters, events)],
                valid_names=["training", "validation"],
                callbacks=watch,
            )
        except lightgbm.basic.LightGBMError as error:
            raise FivesigmaError(f"LightGBM: {_reason(error)}") from error
        self._losses = {name: list(of_part["binary_logloss"]) for name, of_part in losses.items()}
        # a copy of the trees alone lets go of the events
        self._booster = lightgbm.Booster(model_str=model.model_to_string(num_iteration=model.best_iteration))

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,)."""
        return np.asarray(self._booster.predict(X, num_threads=1), dtype=np.float64)

    def describe(self) -> Mapping[str, Any]:
        """Return trees, depth and leaves as kept."""
        return {**self._told, **describe_trees(trees_of(self._booster.model_to_string()))}

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses, per tree, on training and validation events."""
        return {name: list(losses) for name, losses in self._losses.items()}

    def save(self, path: Path) -> None:
        """Write the trees as LightGBM's own text."""
        path.write_text(self._booster.model_to_string(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            If it is damaged.
        """
        self = cls(**parameters)
        try:
            text = path.read_text(encoding="utf-8")
            features = inputs_of(text)
            for tree in trees_of(text):
                require_sound(tree, features, path)
            self._booster = lightgbm.Booster(model_str=text)
        except (OSError, ValueError, KeyError, lightgbm.basic.LightGBMError) as error:
            raise DataError(f"{path}: not a readable model: {_reason(error)}") from error
        return self


def _check(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if a parameter cannot be, which LightGBM only finds when it trains."""
    for name, value in parameters.items():
        if name in _NUMBERS and not _NUMBERS[name].admits(value):
            raise ValueError(f"{name} must be {_NUMBERS[name]}, not {value!r}")
    boosting = parameters["boosting_type"]
    if boosting not in _BOOSTING:
        raise ValueError(f"no boosting_type {boosting!r}{suggestion(str(boosting), _BOOSTING)}")
    bagged = parameters["subsample"] < 1 and parameters["subsample_freq"] > 0
    if boosting == "rf" and not bagged and parameters["colsample_bytree"] == 1:
        raise ValueError(
            "trees of a forest (rf) differ by their events or inputs: set subsample below 1 with subsample_freq above 0,"
            " or colsample_bytree below 1"
        )


def _dataset(part: Part, parameters: Mapping[str, Any], like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    label = part.is_signal.astype(np.float32)
    return lightgbm.Dataset(part.X, label, weight=part.weight, reference=like, params=dict(parameters))


def _reason(error: BaseException) -> str:
    """Return what LightGBM says is wrong, without where in its sources it says so."""
    return re.sub(r" at \S+, line \d+ \.$", "", first_line(error))
