"""Second stage: cross-fit the models, each of them kept as soon as its last fold is done."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.events_stage import load_dataset, varied_names
from fivesigma.analysis.judging import judged
from fivesigma.analysis.model_specs import model_spec
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import NOMINAL, Variation
from fivesigma.core.scores import Scores
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.cross_fit import cross_fit_all
from fivesigma.learning.fitted_model import FittedModel
from fivesigma.learning.storage import save_model

__all__ = ["fit_models", "load_scores"]


def fit_models(context: RunContext, events: Outcome, dataset: Dataset) -> dict[str, Outcome]:
    """Train and score all models whose keys do not stand; return the outcome of each, in the configuration's order."""
    stages, config = context.stages, context.config
    specs = [model_spec(config, name) for name in config.models]
    read = outcome_digest(context.directory, events)
    trained = [config.training.model_dump(), config.analysis.seed, config.judgement.signal]
    parts = {spec.name: [read, _described(spec), *trained] for spec in specs}
    outcomes: dict[str, Outcome] = {}
    for spec in specs:
        if (before := stages.standing(f"model-{spec.name}", parts[spec.name])) is not None:
            outcomes[spec.name] = before
    todo = [spec for spec in specs if spec.name not in outcomes]
    if todo:
        stages.tell(f"Training {', '.join(spec.name for spec in todo)}: {config.training.folds} folds each")
        for spec in todo:
            stages.forget(f"model-{spec.name}")
        for model in _fitted(context, todo, dataset):
            outcomes[model.name] = stages.keep(
                f"model-{model.name}", parts[model.name], _store(context, model, dataset, events)
            )
    return {spec.name: outcomes[spec.name] for spec in specs}


def load_scores(directory: RunDirectory, model: str, folds: int, variation: Variation = NOMINAL) -> Scores:
    """Return the out-of-fold scores of a model, on the nominal events or on those of a variation."""
    arrays = directory.read_arrays(_scores_file(model, variation))
    return Scores(model=model, raw=arrays["raw"], value=arrays["value"], fold=arrays["fold"], folds=folds)


def _scores_file(model: str, variation: Variation) -> str:
    of = "" if variation == NOMINAL else f"-{variation.systematic}-{variation.label}"
    return f"scores/{model}{of}.safetensors"


def _described(spec: ModelSpec) -> dict[str, Any]:
    described = dataclasses.asdict(spec)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in described.items()}


def _fitted(context: RunContext, specs: list[ModelSpec], dataset: Dataset) -> Any:
    training = context.config.training
    return cross_fit_all(
        specs,
        dataset,
        signal=training.signal,
        background=training.background,
        equal=_grids(context.config) if training.points == "equal" else (),
        balance=training.balance,
        folds=training.folds,
        seed=context.config.analysis.seed,
        workers=context.workers,
        progress=lambda done, total: context.advance("Training", done, total),
    )


def _grids(config: Configuration) -> list[list[str]]:
    """Return the points of each signal grid."""
    grids: dict[str, list[str]] = {}
    for name, sample in config.samples.items():
        if sample.grid is not None:
            grids.setdefault(sample.grid, []).append(name)
    return list(grids.values())


def _store(context: RunContext, model: FittedModel, dataset: Dataset, events: Outcome) -> Outcome:
    """Write the model, its scores and its training scores; what goes into ``results.json`` holds no time but ``seconds``."""
    directory, (_, stays) = context.directory, judged(context.config, dataset)
    training = model.training_scores(dataset.where(stays))
    with directory.writing_folder(f"models/{model.name}") as folder:
        save_model(model, folder)
        files = sorted(f"models/{model.name}/{path.name}" for path in folder.iterdir())
    varied = [load_dataset(directory, events, variation) for variation in varied_names(events)]
    written = [_write_scores(directory, model, scored) for scored in (dataset, *varied)]
    directory.write_arrays(
        f"scores/{model.name}-training.safetensors",
        {
            "value": training.value.astype(np.float32),
            "is_signal": training.is_signal,
            "weight": training.weight,
            "fold": training.fold,
        },
    )
    built = [dict(fit.description) for fit in model.fits]
    stored = json.loads((directory.root / f"models/{model.name}/model.json").read_text(encoding="utf-8"))
    value = {
        "seconds": round(model.seconds, 3),
        "folds": model.folds,
        "built": built,
        "described": _described(model.spec),
    }
    value["history"] = [fold["history"] for fold in stored["folds"]]
    return Outcome(value=value, files=(*files, *written, f"scores/{model.name}-training.safetensors"))


def _write_scores(directory: RunDirectory, model: FittedModel, dataset: Dataset) -> str:
    """Score events, each with the estimator that never saw it, and write that; return the file's name."""
    scores, file = model.score(dataset), _scores_file(model.name, dataset.variation)
    arrays: dict[str, NDArray[Any]] = {"raw": scores.raw, "value": scores.value, "fold": scores.fold, "id": dataset.id}
    directory.write_arrays(file, arrays)
    return file
