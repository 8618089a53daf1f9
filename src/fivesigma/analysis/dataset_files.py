"""Datasets as files of a run, and back; what does not reconcile with what was counted as events were read stops the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.stages import Outcome
from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.sample import NOMINAL, SampleInfo, Variation

__all__ = [
    "TRAINING_FILE",
    "dataset_file",
    "load_dataset",
    "load_training_dataset",
    "variation_key",
    "varied_names",
    "write_dataset",
]

TRAINING_FILE = "events/training.safetensors"
"""Where the events lie that models train on, if they are others than those of the analysis."""
_RECONCILES_TO = 1e-12
"""Part of Σ|w| by which the sum of weights may miss what was counted as the events were read."""


def write_dataset(directory: RunDirectory, made: Dataset, file: str | None = None) -> dict[str, Any]:
    """Write a dataset's arrays, to a file of its variation if none is named; return what is not an array."""
    arrays: dict[str, NDArray[Any]] = {"X": made.X, "weight": made.weight, "id": made.id, "sample": made.sample}
    arrays |= {f"observable.{name}": column for name, column in made.observables.items()}
    arrays |= {f"weight.{variation_key(variation)}": weight for variation, weight in made.weights.items()}
    directory.write_arrays(file or dataset_file(made.variation), arrays)
    infos = [
        {"name": i.name, "kind": i.kind, "label": i.label, "pseudo": i.pseudo, "parameters": dict(i.parameters)}
        for i in made.samples
    ]
    return {"infos": infos, "weights": [[v.systematic, v.label] for v in made.weights]}


def load_dataset(directory: RunDirectory, events: Outcome, variation: Variation = NOMINAL) -> Dataset:
    """Return the dataset that the events stage wrote.

    Raises
    ------
    DataError
        If its file is damaged, or the weights of a sample no longer sum to what its cutflow ended with.
    """
    dataset = _read_back(
        directory, dataset_file(variation), events, events.value["datasets"][variation_key(variation)], variation
    )
    _reconcile(dataset, events.value)
    return dataset


def load_training_dataset(directory: RunDirectory, events: Outcome) -> Dataset | None:
    """Return the events to train on where they are selected otherwise than those of the analysis; errors as `load_dataset`."""
    told = events.value["training"]
    if told is None:
        return None
    dataset = _read_back(directory, TRAINING_FILE, events, told["dataset"], NOMINAL)
    ends = {name: rows[-1]["total"] for name, rows in told["cutflow"].items()}
    _require_sums(dataset, dataset.weight, ends, "the cutflow of training events ended with")
    return dataset


def _read_back(
    directory: RunDirectory, file: str, events: Outcome, told: Mapping[str, Any], variation: Variation
) -> Dataset:
    arrays = directory.read_arrays(file)
    return Dataset(
        X=arrays["X"],
        inputs=tuple(events.value["inputs"]),
        observables={name: arrays[f"observable.{name}"] for name in events.value["observables"]},
        weight=arrays["weight"],
        id=arrays["id"],
        sample=arrays["sample"],
        samples=tuple(SampleInfo(**info) for info in told["infos"]),
        weights={Variation(*pair): arrays[f"weight.{'.'.join(pair)}"] for pair in told["weights"]},
        variation=variation,
    )


def _reconcile(dataset: Dataset, told: Mapping[str, Any]) -> None:
    """Raise DataError unless each sample's weights sum to what was counted as they were read."""
    varied = told["variations"]
    if dataset.variation == NOMINAL:
        ends = {name: rows[-1]["total"] for name, rows in told["cutflow"].items()}
        _require_sums(dataset, dataset.weight, ends, "the cutflow ended with")
    else:
        _require_sums(
            dataset, dataset.weight, varied[variation_key(dataset.variation)], _varied_words(dataset.variation)
        )
    for variation, weight in dataset.weights.items():
        _require_sums(dataset, weight, varied[variation_key(variation)], _varied_words(variation))


def _varied_words(variation: Variation) -> str:
    return f"those of {variation.systematic} {variation.label} were read as"


def _require_sums(dataset: Dataset, weight: Floats, sums: Mapping[str, float], what: str) -> None:
    for name, total in sums.items():
        mine = weight[dataset.of(name)]
        if not abs(mine.sum() - total) <= _RECONCILES_TO * np.abs(mine).sum():
            raise DataError(f"sample {name!r}: the weights sum to {mine.sum():.15g}, {what} {total:.15g}")


def varied_names(events: Outcome) -> list[Variation]:
    """Return the variations that have events of their own."""
    return [Variation(*key.split(".")) for key in events.value["datasets"] if key != variation_key(NOMINAL)]


def variation_key(variation: Variation) -> str:
    """Return what a variation is called in records."""
    return f"{variation.systematic}.{variation.label}"


def dataset_file(variation: Variation) -> str:
    """Return the name of the file of a variation's events."""
    return (
        "events/dataset.safetensors"
        if variation == NOMINAL
        else f"events/{variation.systematic}-{variation.label}.safetensors"
    )
