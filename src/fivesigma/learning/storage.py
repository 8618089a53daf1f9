"""A fitted model as a folder of files, and back: estimators in their own formats, arrays as safetensors, the rest as JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fivesigma.core.errors import DataError
from fivesigma.core.identity import digest, file_digest
from fivesigma.core.version import __version__
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.fitted_model import Fit, FittedModel
from fivesigma.learning.ledger import Ledger
from fivesigma.learning.preparation import Preparation
from fivesigma.learning.scale import ScoreScale

__all__ = ["description_digest", "load_model", "other_versions", "save_model"]

_SCHEMA = 5
_OURS = "fivesigma"
_SCIKIT = ("scikit-learn",)
_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "autoencoder": ("torch",),
    "column": (),
    "keras": ("keras",),
    "lightgbm": ("lightgbm",),
    "network": ("torch",),
    "onnx": ("onnxruntime",),
    "xgboost": ("xgboost", "xgboost-cpu"),
}
"""The libraries of classifiers, under any of the names that they are installed by; scikit-learn of those that are not here."""


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
    digests = {path.name: file_digest(path) for path in sorted(folder.iterdir())}
    stored = json.loads(json.dumps({**_described(model), "files": digests}, default=_plain))
    text = json.dumps({**stored, "digest": description_digest(stored)}, indent=1, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")


def description_digest(stored: Mapping[str, Any]) -> str:
    """Return a digest of what ``model.json`` says, the times of training aside."""
    folds = [{key: value for key, value in fold.items() if key != "seconds"} for fold in stored["folds"]]
    return digest(json.dumps({**stored, "folds": folds}, sort_keys=True))


def _portable(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without the folder of a file that is copied beside them."""
    file = {"file": Path(parameters["file"]).name} if "file" in parameters else {}
    return {**parameters, **file}


def _plain(value: object) -> object:
    """Return a parameter that JSON does not know: a number of numpy as Python's, an object handed in as its text."""
    return value.item() if isinstance(value, np.generic) else repr(value)


def _file_of(fold: int, number: int, suffix: str) -> str:
    """Return the name of the file of a fold's estimator; all but the first of several say which they are."""
    return f"fold_{fold}_{number}{suffix}" if number else f"fold_{fold}{suffix}"


def _described(model: FittedModel) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "fivesigma": __version__,
        "name": model.name,
        "use": model.spec.use,
        "libraries": _versions(model.spec.use),
        "inputs": list(model.spec.inputs),
        "parameters": _portable(model.spec.parameters),
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
                "tuned": dict(fit.tuned),
                "description": dict(fit.description),
                "history": dict(fit.history),
                "seconds": round(fit.seconds, 3),
            }
            for fit in model.fits
        ],
    }


def _versions(use: str) -> dict[str, str]:
    """Return the versions of the libraries that a classifier is computed by; of one from elsewhere that of its package."""
    package = classifier(use).__module__.partition(".")[0]
    found = {}
    for library in _LIBRARIES.get(use, _SCIKIT) if package == _OURS else (package,):
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def other_versions(folder: Path) -> tuple[str, ...]:
    """Return what differs between the libraries that a model was stored with and those that are installed, in words each.

    Raises
    ------
    DataError
        If ``model.json`` cannot be read.
    """
    return _changed(_read(folder))


def _changed(stored: Mapping[str, Any]) -> tuple[str, ...]:
    here = _versions(stored["use"])
    return tuple(
        f"{library} was {was}, here is {here.get(library, 'none')}"
        for library, was in stored["libraries"].items()
        if here.get(library) != was
    )


def _read(folder: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if stored["schema"] != _SCHEMA:
            raise DataError(
                f"{folder}: written in schema {stored['schema']!r} by fivesigma {stored['fivesigma']}; fivesigma {__version__}"
                f" reads schema {_SCHEMA}: train it again with `fivesigma run`, or read it with that version"
            )
        if stored.pop("digest") != description_digest(stored):
            raise DataError(f"{folder / 'model.json'}: not a readable model: it is not the file that was written")
        classifier(stored["use"])
        dict(stored["libraries"])
    except (AttributeError, OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder}: not a readable model: {error}") from error
    return stored


def load_model(folder: Path) -> FittedModel:
    """Read what `save_model` wrote.

    Raises
    ------
    DataError
        If a file is missing, damaged, of another schema, or holds a type that a model of ours does not; if the library of the
        classifier was another version, that is said.
    """
    stored = _read(folder)
    try:
        return _loaded(folder, stored)
    except (DataError, OSError, KeyError, IndexError, TypeError, ValueError, SafetensorError) as error:
        known = isinstance(error, DataError)
        changed = "".join(f"; {words}" for words in _changed(stored))
        raise DataError(f"{error if known else f'{folder}: not a readable model: {error}'}{changed}") from error


def _loaded(folder: Path, stored: Mapping[str, Any]) -> FittedModel:
    for name, written in stored["files"].items():
        if file_digest(folder / name) != written:
            raise DataError(f"{folder / name}: not a readable model: it is not the file that was written")
    arrays = load_file(folder / "arrays.safetensors")
    spec = _spec(stored)
    return FittedModel(
        spec=spec,
        fits=tuple(_fit(folder, stored, spec, arrays, j) for j in range(len(stored["folds"]))),
        seed=stored["seed"],
        ledger=Ledger(arrays["ledger.keys"], arrays["ledger.used"].astype(np.bool_)),
        signal=tuple(stored["signal"]),
        background=tuple(stored["background"]),
    )


def _spec(stored: Mapping[str, Any]) -> ModelSpec:
    """Return the model asked for; what was sought for it is with each fold as found, so it is not sought again."""
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
            adapter.load(folder / _file_of(fold, number, adapter.suffix), {**spec.parameters, **said["tuned"]})
            for number in range(spec.seeds)
        ),
        tuned=said["tuned"],
        scales=scales,
        description=said["description"],
        history=said["history"],
        seconds=said["seconds"],
    )
