"""The scores of models as files of a run: out of fold, of nominal and varied events, at every point of a signal grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.analysis.directory import RunDirectory
from fivesigma.core.dataset import Dataset
from fivesigma.core.numbers import digits
from fivesigma.core.sample import NOMINAL, Variation
from fivesigma.core.scores import Scores
from fivesigma.learning.fitted_model import FittedModel, Point, TrainingScores

__all__ = [
    "load_member_scores",
    "load_scores",
    "load_training_scores",
    "write_member_scores",
    "write_scores",
    "write_training_scores",
]


def load_scores(
    directory: RunDirectory, model: str, folds: int, *, variation: Variation = NOMINAL, point: Point = ()
) -> Scores:
    """Return the out-of-fold scores of a model, on the nominal events or on those of a variation."""
    arrays = directory.read_arrays(_file(model, variation, point))
    return Scores(model=model, raw=arrays["raw"], value=arrays["value"], fold=arrays["fold"], folds=folds)


def write_scores(directory: RunDirectory, model: FittedModel, dataset: Dataset) -> list[str]:
    """Score events, each with the estimator that never saw it, and write that for each point; return the files' names."""
    files = []
    for point in model.points:
        scores, file = model.score(dataset, point), _file(model.name, dataset.variation, point)
        arrays: dict[str, NDArray[Any]] = {"raw": scores.raw, "value": scores.value, "fold": scores.fold}
        directory.write_arrays(file, {**arrays, "id": dataset.id})
        files.append(file)
    return files


def write_member_scores(directory: RunDirectory, model: FittedModel, dataset: Dataset, point: Point = ()) -> list[str]:
    """Write the scores of each seed of a model alone, on nominal events; return the file's name, nothing if there is one seed."""
    members = model.member_scores(dataset, point)
    if not members:
        return []
    arrays: dict[str, NDArray[Any]] = {
        # of single precision: nothing but the spread over seeds is made of them
        "raw": np.stack([member.raw for member in members]).astype(np.float32),
        "value": np.stack([member.value for member in members]).astype(np.float32),
        "fold": members[0].fold,
        "id": dataset.id,
    }
    directory.write_arrays(_member_file(model.name), arrays)
    return [_member_file(model.name)]


def load_member_scores(directory: RunDirectory, model: str, folds: int, *, seeds: int) -> tuple[Scores, ...]:
    """Return what `write_member_scores` wrote of a model of so many seeds; nothing if there is one seed."""
    if seeds < 2:
        return ()
    arrays = directory.read_arrays(_member_file(model))
    return tuple(
        Scores(
            model=model,
            raw=raw.astype(np.float64),
            value=value.astype(np.float64),
            fold=arrays["fold"],
            folds=folds,
        )
        for raw, value in zip(arrays["raw"], arrays["value"], strict=True)
    )


def write_training_scores(directory: RunDirectory, model: str, scores: TrainingScores) -> str:
    """Write scores of events by estimators that trained on them; return the file's name."""
    directory.write_arrays(
        _training_file(model),
        {
            "value": scores.value.astype(np.float32),
            "is_signal": scores.is_signal,
            "weight": scores.weight,
            "fold": scores.fold,
        },
    )
    return _training_file(model)


def load_training_scores(directory: RunDirectory, model: str) -> TrainingScores:
    """Return what `write_training_scores` wrote."""
    arrays = directory.read_arrays(_training_file(model))
    return TrainingScores(
        value=arrays["value"].astype(np.float64),
        is_signal=arrays["is_signal"],
        weight=arrays["weight"],
        fold=arrays["fold"],
    )


def _file(model: str, variation: Variation, point: Point) -> str:
    at = f"@{'_'.join(map(digits, point))}" if point else ""
    of = "" if variation == NOMINAL else f"-{variation.systematic}-{variation.label}"
    return f"scores/{model}{at}{of}.safetensors"


def _member_file(model: str) -> str:
    return f"scores/{model}-members.safetensors"


def _training_file(model: str) -> str:
    return f"scores/{model}-training.safetensors"
