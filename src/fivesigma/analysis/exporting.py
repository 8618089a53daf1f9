"""A run's models as ONNX files, with all that another framework must know beside them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.fold_rule import fold_rule
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stored_models import open_run, spread_out
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.identity import digest
from fivesigma.core.version import __version__
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.fold_graph import fold_graph, input_names
from fivesigma.learning.conversion.graph import INPUTS, IR_VERSION, OPSETS, RAW, SCORE
from fivesigma.learning.conversion.parity import RAW_TOLERANCE, SCORE_TOLERANCE, Parity, parity
from fivesigma.learning.fitted_model import FittedModel, Point, model_inputs

__all__ = ["DESCRIPTION", "Exported", "export_onnx"]

DESCRIPTION = "export.json"
"""What lies beside the ONNX files of a model."""
_COMPARED = 10_000
"""Events of the run that each graph is compared on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and what could not be.

    Attributes
    ----------
    folders
        Where each model's files lie, by its name.
    parity
        How far the graph of each fold is from its model, by the model's name.
    left_out
        Why a model was not written, by its name.
    """

    folders: Mapping[str, Path]
    parity: Mapping[str, tuple[Parity, ...]]
    left_out: Mapping[str, str]


def export_onnx(
    root: Path,
    output: Path | None = None,
    *,
    models: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write models of a run as ONNX, one file for each fold, having compared them with the models on events of the run.

    Parameters
    ----------
    root
        The run directory.
    output
        Gets a folder for each model; ``onnx`` in the run directory if None.
    models
        Names of models; all if none are named.
    tell
        Told of each model as it begins.

    Raises
    ------
    DataError
        If there is no such run or model, or something lies in a model's place that no export wrote.
    """
    run = open_run(root)
    place = RunDirectory(output or root / "onnx")
    wanted = [run.require(name) for name in dict.fromkeys(models or run.models)]
    for name in wanted:
        _require_ours(place.root / name)
    events = run.events()
    folders, measured, left_out = dict[str, Path](), dict[str, tuple[Parity, ...]](), dict[str, str]()
    for name in wanted:
        tell(f"Converting {name}")
        try:
            measured[name] = _export(run.model(name, events), run.config, events, place)
            folders[name] = place.root / name
        except FivesigmaError as error:
            left_out[name] = str(error)
            # what an earlier export left there is of another model
            shutil.rmtree(place.root / name, ignore_errors=True)
    return Exported(folders=folders, parity=measured, left_out=left_out)


def _require_ours(folder: Path) -> None:
    """Raise DataError if a folder is there, which would be replaced, that no export wrote, or that holds files of others."""
    if not folder.exists():
        return
    try:
        told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        written = {DESCRIPTION, *(each["file"] for each in told["files"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder}: was not written by `fivesigma export`; give another --output") from error
    if others := sorted({path.name for path in folder.iterdir()} - written):
        raise DataError(
            f"{folder}: holds {', '.join(others)}, which `fivesigma export` did not write and would remove;"
            " move it away, or give another --output"
        )


def _export(model: FittedModel, config: Configuration, events: Dataset, place: RunDirectory) -> tuple[Parity, ...]:
    at_points = _compared_on(model, events)
    with place.writing_folder(model.name) as folder:
        files, measured = [], []
        for fold in range(model.folds):
            graph: bytes = fold_graph(model, fold).SerializeToString()
            found = parity(graph, model, fold, at_points)
            _require_parity(found, fold)
            path = folder / f"fold_{fold}.onnx"
            path.write_bytes(graph)
            files.append({"fold": fold, "file": path.name, "sha256": _sha(graph), "parity": asdict(found)})
            measured.append(found)
        described = {**_description(model, config), "files": files}
        text = json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return tuple(measured)


def _compared_on(model: FittedModel, events: Dataset) -> dict[Point, Any]:
    """Return inputs of events of the run at each point of a grid."""
    some = events.where(spread_out(len(events), max(_COMPARED // len(model.points), 1)))
    return {point: model_inputs(model.spec, some, point) for point in model.points}


def _require_parity(found: Parity, fold: int) -> None:
    if not found.holds:
        raise NotConvertibleError(
            f"fold {fold} as ONNX differs from the model on {found.events} events: its raw scores by {found.raw:.2g} of their"
            f" spread ({RAW_TOLERANCE:g} is allowed), its scores by {found.score:.2g}, of which {found.beyond:.2g}"
            f" is not explained by that ({SCORE_TOLERANCE:g} is allowed)"
        )


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _description(model: FittedModel, config: Configuration) -> dict[str, Any]:
    """Return what one must know to use the files."""
    known = {**config.features.inputs, **config.features.observables}
    known = {
        name: known[name] for name in model.spec.inputs if name in known
    }  # parameters of a grid have no expression
    points = [dict(zip(model.spec.parametrised, point, strict=True)) for point in model.points]
    return {
        "schema": 1,
        "fivesigma": __version__,
        "analysis": config.analysis.name,
        "configuration": digest(config.model_dump()),
        "model": model.name,
        "use": model.spec.use,
        "input": {
            "name": INPUTS,
            "type": "float32",
            "shape": ["events", len(input_names(model))],
            "columns": [{"name": name, "expression": known.get(name)} for name in input_names(model)],
            "missing": "NaN stands for a value that is not there",
            "missing_in_files": config.events.missing,
        },
        "points": points if model.spec.parametrised else None,
        "outputs": {
            RAW: "float32, shape (events): the classifier's own score, the mean over seeds",
            SCORE: "float32, shape (events): the fraction of background below it, the common scale on which cuts are made",
        },
        "folds": fold_rule(seed=model.seed, folds=model.folds, columns=config.events.id),
        "onnx": {"ir_version": IR_VERSION, "opsets": {domain or "ai.onnx": n for domain, n in OPSETS.items()}},
        "versions": {library: version(library) for library in ("onnx", "onnxruntime")},
        "tolerances": {RAW: RAW_TOLERANCE, SCORE: SCORE_TOLERANCE},
    }
