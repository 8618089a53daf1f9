"""Second stage: cross-fit the models, each of them kept as soon as its last fold is done."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.dataset import Dataset
from fivesigma.core.scores import Scores
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.cross_fit import cross_fit_all
from fivesigma.learning.fitted_model import FittedModel
from fivesigma.learning.storage import save_model

__all__ = ["fit_models", "load_scores"]


def fit_models(context: RunContext, events: Outcome, dataset: Dataset) -> dict[str, Outcome]:
    """Train and score all models whose keys do not stand; return the outcome of each, in the configuration's order."""
    stages, config = context.stages, context.config
    specs = [
        ModelSpec(name=name, use=m.use, inputs=tuple(m.inputs or config.features.inputs), parameters=m.parameters)
        for name, m in config.models.items()
    ]
    read = outcome_digest(context.directory, events)
    parts = {spec.name: [read, _described(spec), config.training.model_dump(), config.analysis.seed] for spec in specs}
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
                f"model-{model.name}", parts[model.name], _store(context.directory, model, dataset)
            )
    return {spec.name: outcomes[spec.name] for spec in specs}


def load_scores(directory: RunDirectory, model: str, folds: int) -> Scores:
    """Return the out-of-fold scores of a model."""
    arrays = directory.read_arrays(f"scores/{model}.safetensors")
    return Scores(model=model, raw=arrays["raw"], value=arrays["value"], fold=arrays["fold"], folds=folds)


def _described(spec: ModelSpec) -> dict[str, Any]:
    return {"name": spec.name, "use": spec.use, "inputs": list(spec.inputs), "parameters": dict(spec.parameters)}


def _fitted(context: RunContext, specs: list[ModelSpec], dataset: Dataset) -> Any:
    training = context.config.training
    return cross_fit_all(
        specs,
        dataset,
        signal=training.signal,
        background=training.background,
        folds=training.folds,
        seed=context.config.analysis.seed,
        workers=context.workers,
        progress=lambda done, total: context.advance("Training", done, total),
    )


def _store(directory: RunDirectory, model: FittedModel, dataset: Dataset) -> Outcome:
    """Write the model, its scores and its training scores; what goes into ``results.json`` holds no time but ``seconds``."""
    scores, training = model.score(dataset), model.training_scores(dataset)
    with directory.writing_folder(f"models/{model.name}") as folder:
        save_model(model, folder)
        files = sorted(f"models/{model.name}/{path.name}" for path in folder.iterdir())
    directory.write_arrays(
        f"scores/{model.name}.safetensors",
        {"raw": scores.raw, "value": scores.value, "fold": scores.fold, "id": dataset.id},
    )
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
    return Outcome(
        value=value, files=(*files, f"scores/{model.name}.safetensors", f"scores/{model.name}-training.safetensors")
    )
