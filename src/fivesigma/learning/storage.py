"""A fitted model as a folder of files, and back: estimators in their own formats, arrays as safetensors, the rest as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fivesigma.core.errors import DataError
from fivesigma.core.version import __version__
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.fitted_model import Fit, FittedModel
from fivesigma.learning.ledger import Ledger
from fivesigma.learning.preparation import Preparation
from fivesigma.learning.scale import ScoreScale

__all__ = ["load_model", "save_model"]

_SCHEMA = 2


def save_model(model: FittedModel, folder: Path) -> None:
    """Write a model into an existing folder: ``model.json``, ``arrays.safetensors`` and one file per fold's estimator."""
    arrays: dict[str, NDArray[Any]] = {
        "ledger.keys": model.ledger.keys,
        "ledger.used": model.ledger.used.astype(np.uint8),
    }
    for j, fit in enumerate(model.fits):
        for i, scale in enumerate(fit.scales.values()):
            arrays |= {f"scale.{j}.{i}.raw": scale.raw, f"scale.{j}.{i}.value": scale.value}
        arrays |= {f"preparation.{j}.{name}": array for name, array in fit.preparation.arrays().items()}
        for number, member in enumerate(fit.members):
            member.save(folder / _file_of(j, number, member.suffix))
    save_file(arrays, folder / "arrays.safetensors")
    (folder / "model.json").write_text(
        json.dumps(_described(model), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _file_of(fold: int, number: int, suffix: str) -> str:
    """Return the name of the file of a fold's estimator; all but the first of several say which they are."""
    return f"fold_{fold}_{number}{suffix}" if number else f"fold_{fold}{suffix}"


def _described(model: FittedModel) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "fivesigma": __version__,
        "name": model.name,
        "use": model.spec.use,
        "inputs": list(model.spec.inputs),
        "parameters": dict(model.spec.parameters),
        "prepare": None if model.spec.prepare is None else list(model.spec.prepare),
        "seeds": model.spec.seeds,
        "negative_weights": model.spec.negative_weights,
        "parametrised": list(model.spec.parametrised),
        "points": [list(point) for point in model.points],
        "seed": model.seed,
        "signal": list(model.signal),
        "background": list(model.background),
        "folds": [
            {
                "preparation": list(fit.preparation.names),
                "description": dict(fit.description),
                "history": dict(fit.history),
                "seconds": round(fit.seconds, 3),
            }
            for fit in model.fits
        ],
    }


def load_model(folder: Path) -> FittedModel:
    """Read what `save_model` wrote.

    Raises
    ------
    DataError
        If a file is missing, damaged, of another schema, or holds a type that a model of ours does not.
    """
    try:
        stored = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if stored["schema"] != _SCHEMA:
            raise DataError(f"{folder}: written in schema {stored['schema']}; this fivesigma reads {_SCHEMA}")
        arrays = load_file(folder / "arrays.safetensors")
        spec = _spec(stored)
        fits = tuple(_fit(folder, stored, spec, arrays, j) for j in range(len(stored["folds"])))
        return FittedModel(
            spec=spec,
            fits=fits,
            seed=stored["seed"],
            ledger=Ledger(arrays["ledger.keys"], arrays["ledger.used"].astype(np.bool_)),
            signal=tuple(stored["signal"]),
            background=tuple(stored["background"]),
        )
    except (OSError, json.JSONDecodeError, KeyError, SafetensorError) as error:
        raise DataError(f"{folder}: not a readable model: {error}") from error


def _spec(stored: Mapping[str, Any]) -> ModelSpec:
    """Return the model asked for; what was sought for it stands in its parameters as found, so it is not sought again."""
    return ModelSpec(
        name=stored["name"],
        use=stored["use"],
        inputs=tuple(stored["inputs"]),
        parameters=stored["parameters"],
        prepare=None if stored["prepare"] is None else tuple(stored["prepare"]),
        seeds=stored["seeds"],
        negative_weights=stored["negative_weights"],
        parametrised=tuple(stored["parametrised"]),
    )


def _fit(
    folder: Path, stored: Mapping[str, Any], spec: ModelSpec, arrays: Mapping[str, NDArray[Any]], fold: int
) -> Fit:
    adapter, said = classifier(spec.use), stored["folds"][fold]
    start = f"preparation.{fold}."
    learnt = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
    scales = {
        tuple(point): ScoreScale(arrays[f"scale.{fold}.{i}.raw"], arrays[f"scale.{fold}.{i}.value"])
        for i, point in enumerate(stored["points"])
    }
    return Fit(
        preparation=Preparation.from_arrays(said["preparation"], learnt),
        members=tuple(
            adapter.load(folder / _file_of(fold, number, adapter.suffix), spec.parameters)
            for number in range(spec.seeds)
        ),
        scales=scales,
        description=said["description"],
        history=said["history"],
        seconds=said["seconds"],
    )
