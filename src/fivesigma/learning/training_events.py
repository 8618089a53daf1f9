"""The events that train, as every task sees them: their folds, who validates, and what they count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.identity import fold_of
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.fitted_model import Point, validation_part
from fivesigma.learning.ledger import Ledger, event_keys

__all__ = ["TrainingEvents", "grid_parameters", "grid_points", "training_events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEvents:
    """Events of both classes.

    Attributes
    ----------
    classes
        The events themselves, n of them.
    is_signal, fold, validates
        Class, fold, and whether it validates when others train, each of shape (n,).
    ledger
        Which estimator may use which event.
    """

    classes: Dataset
    is_signal: Bools
    fold: NDArray[np.int8]
    validates: Bools
    ledger: Ledger

    def shared(self) -> dict[str, NDArray[Any]]:
        """Return what all models share, by name."""
        return {
            "is_signal": self.is_signal,
            "weight": self.classes.weight,
            "sample": self.classes.sample,
            "fold": self.fold,
            "validates": self.validates,
        }


def training_events(
    dataset: Dataset,
    signal: Sequence[str],
    background: Sequence[str],
    *,
    folds: int,
    seed: int,
) -> TrainingEvents:
    """Return the events of both classes.

    Raises
    ------
    FivesigmaError
        If there are fewer than 2 folds, or a sample is of both classes.
    DataError
        If a fold lacks a class to train on or to validate with.
    """
    if folds < 2:
        raise FivesigmaError(f"cross-fitting needs at least 2 folds, not {folds}")
    if both := set(signal) & set(background):
        raise FivesigmaError(f"sample {min(both)!r} is both signal and background")
    classes = dataset.where(dataset.of(*signal, *background))
    is_signal = classes.of(*signal)
    fold = fold_of(classes.id, seed=seed, folds=folds)
    validates = validation_part(classes.id, seed=seed)
    _check_folds(is_signal, classes.weight, fold, validates, folds)
    used = np.stack([fold != j for j in range(folds)], axis=1)
    return TrainingEvents(
        classes=classes,
        is_signal=is_signal,
        fold=fold,
        validates=validates,
        ledger=Ledger.of(event_keys(classes), used),
    )


def grid_points(spec: ModelSpec, dataset: Dataset, signal: Sequence[str]) -> tuple[Point, ...]:
    """Return the points of the signal grid that a model is parametrised in, in order; the empty one if it is not.

    Raises
    ------
    FivesigmaError
        If a signal sample lacks a parameter.
    """
    if not spec.parametrised:
        return ((),)
    points = []
    for info in (info for info in dataset.samples if info.name in signal):
        for name in spec.parametrised:
            if name not in info.parameters:
                raise FivesigmaError(
                    f"model {spec.name!r}: signal {info.name!r} has no parameter {name!r}{suggestion(name, info.parameters)}"
                )
        points.append(tuple(float(info.parameters[name]) for name in spec.parametrised))
    return tuple(sorted(set(points)))


def grid_parameters(names: Sequence[str], events: TrainingEvents) -> Matrix:
    """Return the parameters of the point of a signal grid that each event is of, shape (n, len(names)); NaN where it is of none."""
    of_sample = [[info.parameters.get(name, np.nan) for name in names] for info in events.classes.samples]
    return np.asarray(of_sample, dtype=np.float32)[events.classes.sample]


def _check_folds(is_signal: Bools, weight: Floats, fold: NDArray[np.int8], validates: Bools, folds: int) -> None:
    for j in range(folds):
        for kind, of_class in (("signal", is_signal), ("background", ~is_signal)):
            for part, of_part in (("to train on", ~validates), ("to validate with", validates)):
                chosen = (fold != j) & of_class & of_part
                if not chosen.any():
                    raise DataError(f"fold {j} has no {kind} events {part}; give more events or fewer folds")
                if weight[chosen].sum() <= 0:
                    raise DataError(
                        f"fold {j}: the {kind} weights {part} sum to {weight[chosen].sum():.6g}, which is not above zero"
                    )
