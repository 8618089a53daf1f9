"""Adapter to LightGBM."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError, MissingExtraError, first_line
from fivesigma.learning.adapters.boosting import looks, met_missing
from fivesigma.learning.adapters.lightgbm_files import inputs_of, trees_of
from fivesigma.learning.adapters.lightgbm_parameters import DEFAULTS, require_parameters
from fivesigma.learning.classifiers import Part
from fivesigma.learning.tree_structure import describe_trees, require_sound

try:
    import lightgbm
except ImportError as error:
    raise MissingExtraError("LightGBM", "boosting") from error

__all__ = ["LightGBM"]


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
        require_parameters(self._parameters)

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return DEFAULTS

    def fit(self, train: Part, validation: Part, *, seed: int) -> None:
        """Train until the validation loss has stopped falling; trees that drop others (dart) are all grown.

        Raises
        ------
        FivesigmaError
            If LightGBM refuses the events.
        """
        self._told = met_missing(train)
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
        training = _TrainingLoss()
        watch: list[Callable[..., Any]] = [lightgbm.record_evaluation(losses), training]
        if self._parameters["boosting_type"] != "dart":  # a tree that comes later changes those before it
            watch.append(lightgbm.early_stopping(rounds["early_stopping_rounds"], verbose=False))
        try:
            events = _dataset(train, parameters)
            model = lightgbm.train(
                parameters,
                events,
                rounds["n_estimators"],
                valid_sets=[_dataset(validation, parameters, events)],
                valid_names=["validation"],
                callbacks=watch,
            )
        except lightgbm.basic.LightGBMError as error:
            raise FivesigmaError(f"LightGBM: {_reason(error)}") from error
        self._losses = {"training": training.losses, "validation": list(losses["validation"]["binary_logloss"])}
        # a copy of the trees alone lets go of the events
        self._booster = lightgbm.Booster(model_str=model.model_to_string(num_iteration=model.best_iteration))

    def score(self, X: Matrix) -> Floats:
        """Return the probability of signal, shape (n,)."""
        return np.asarray(self._booster.predict(X, num_threads=1), dtype=np.float64)

    def describe(self) -> Mapping[str, Any]:
        """Return trees, depth and leaves as kept."""
        return {**self._told, **describe_trees(trees_of(self._booster.model_to_string()))}

    def history(self) -> Mapping[str, list[float]]:
        """Return the weighted losses, per tree, on training and validation events; the former are those of every tenth tree."""
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


class _TrainingLoss:
    """Looks at the training loss after the trees that `looks` names; what it saw holds until it looks again."""

    order = 10  # before LightGBM stops, which is at 30

    def __init__(self) -> None:
        self.losses: list[float] = []

    def __call__(self, after: lightgbm.callback.CallbackEnv) -> None:
        model = cast("lightgbm.Booster", after.model)  # not several, as in LightGBM's own cross-validation
        look = looks(len(self.losses))
        self.losses.append(float(model.eval_train()[0][2]) if look else self.losses[-1])


def _dataset(part: Part, parameters: Mapping[str, Any], like: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
    label = part.is_signal.astype(np.float32)
    return lightgbm.Dataset(part.X, label, weight=part.weight, reference=like, params=dict(parameters))


def _reason(error: BaseException) -> str:
    """Return what LightGBM says is wrong, without where in its sources it says so."""
    return re.sub(r" at \S+, line \d+ \.$", "", first_line(error))
