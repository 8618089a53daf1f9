"""A fitted model as a folder of files, and back: estimators in their own formats, arrays as safetensors, the rest as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fivesigma.core.errors import DataError
from fivesigma.core.version import __version__
from fivesigma.learning.classifiers import ModelSpec, classifier
from fivesigma.learning.fitted_model import Fit, FittedModel
from fivesigma.learning.ledger import Ledger
from fivesigma.learning.scale import ScoreScale

__all__ = ["load_model", "save_model"]

_SCHEMA = 1


def save_model(model: FittedModel, folder: Path) -> None:
    """Write a model into an existing folder: ``model.json``, ``arrays.safetensors`` and one file per fold's estimator."""
    arrays: dict[str, NDArray[Any]] = {
        "ledger.keys": model.ledger.keys,
        "ledger.used": model.ledger.used.astype(np.uint8),
    }
    for j, fit in enumerate(model.fits):
        arrays |= {f"scale.{j}.raw": fit.scale.raw, f"scale.{j}.value": fit.scale.value}
        fit.estimator.save(folder / f"fold_{j}{fit.estimator.suffix}")
    save_file(arrays, folder / "arrays.safetensors")
    (folder / "model.json").write_text(
        json.dumps(_described(model), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _described(model: FittedModel) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "fivesigma": __version__,
        "name": model.name,
        "use": model.spec.use,
        "inputs": list(model.spec.inputs),
        "parameters": dict(model.spec.parameters),
        "seed": model.seed,
        "signal": list(model.signal),
        "background": list(model.background),
        "folds": [
            {"description": dict(fit.description), "history": dict(fit.history), "seconds": round(fit.seconds, 3)}
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
        adapter = classifier(stored["use"])
        fits = tuple(
            Fit(
                estimator=adapter.load(folder / f"fold_{j}{adapter.suffix}", stored["parameters"]),
                scale=ScoreScale(arrays[f"scale.{j}.raw"], arrays[f"scale.{j}.value"]),
                description=fold["description"],
                history=fold["history"],
                seconds=fold["seconds"],
            )
            for j, fold in enumerate(stored["folds"])
        )
        spec = ModelSpec(
            name=stored["name"], use=stored["use"], inputs=tuple(stored["inputs"]), parameters=stored["parameters"]
        )
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
