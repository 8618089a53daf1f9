"""Second stage: cross-fit the models, each of them kept as soon as its last fold is done."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from fivesigma.analysis.dataset_files import load_dataset, load_training_dataset, varied_names
from fivesigma.analysis.judging import classes, judged
from fivesigma.analysis.model_specs import model_spec, point_of
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.score_files import write_member_scores, write_scores, write_training_scores
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.dataset import Dataset
from fivesigma.core.expressions import Expression
from fivesigma.core.finding import Finding
from fivesigma.core.identity import file_digest
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.cross_fit import cross_fit_all
from fivesigma.learning.fitted_model import FittedModel, Point, TrainingScores
from fivesigma.learning.plugins import plugin_version
from fivesigma.learning.storage import save_model

__all__ = ["fit_models"]


def fit_models(context: RunContext, events: Outcome, dataset: Dataset) -> dict[str, Outcome]:
    """Train and score all models whose keys do not stand; return the outcome of each, in the configuration's order."""
    stages, config = context.stages, context.config
    specs = [model_spec(config, name, context.data) for name in config.models]
    read = outcome_digest(context.directory, events)
    trained = [config.training.model_dump(), config.analysis.seed, config.judgement.signal]
    parts = {
        spec.name: [read, _described(config, spec), _made_by(spec), config.models[spec.name].train_on, *trained]
        for spec in specs
    }
    outcomes: dict[str, Outcome] = {}
    for spec in specs:
        if (before := stages.standing(f"model-{spec.name}", parts[spec.name])) is not None:
            outcomes[spec.name] = before
    todo = [spec for spec in specs if spec.name not in outcomes]
    if todo:
        stages.tell(f"Training {', '.join(spec.name for spec in todo)}: {config.training.folds} folds each")
        for spec in todo:
            stages.forget(f"model-{spec.name}")
        for model in _fitted(context, todo, dataset, events):
            outcomes[model.name] = stages.keep(
                f"model-{model.name}", parts[model.name], _store(context, model, dataset, events)
            )
    return {spec.name: outcomes[spec.name] for spec in specs}


def _described(config: Configuration, spec: ModelSpec) -> dict[str, Any]:
    """Return what was asked for, as the configuration says it: names of files as they are there."""
    described = {**dataclasses.asdict(spec), "parameters": config.models[spec.name].parameters}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in described.items()}


def _made_by(spec: ModelSpec) -> list[str | None]:
    """Return a digest of the file that a model is read from, if it is, and the distribution that offers its classifier, if one does."""
    return [file_digest(Path(spec.parameters["file"])) if "file" in spec.parameters else None, plugin_version(spec.use)]


def _fitted(context: RunContext, specs: list[ModelSpec], dataset: Dataset, events: Outcome) -> Iterator[FittedModel]:
    """Yield the models as they are done: those that train on the same events together, with one count of estimators for all."""
    config, training = context.config, context.config.training
    base = load_training_dataset(context.directory, events)
    together: dict[str | None, list[ModelSpec]] = {}
    for spec in specs:
        together.setdefault(config.models[spec.name].train_on, []).append(spec)
    before, all_ = 0, sum(training.folds * spec.seeds for spec in specs if _learns(spec))
    for train_on, some in together.items():
        yield from cross_fit_all(
            some,
            dataset,
            signal=training.signal,
            background=training.background,
            equal=_grids(config) if training.points == "equal" else (),
            training=base if train_on is None else _narrowed(base or dataset, train_on),
            balance=training.balance,
            folds=training.folds,
            seed=config.analysis.seed,
            workers=context.workers,
            record=context.directory.root / "tuning",
            progress=partial(_advance, context, before, all_),
        )
        before += sum(training.folds * spec.seeds for spec in some if _learns(spec))


def _advance(context: RunContext, before: int, all_: int, done: int, _: int) -> None:
    context.advance("Training", before + done, all_)


def _learns(spec: ModelSpec) -> bool:
    return classifier(spec.use).trains_on != "nothing"


def _narrowed(dataset: Dataset, train_on: str) -> Dataset:
    """Return the events that a condition on inputs and observables leaves."""
    return dataset.where(Expression(train_on).mask(dataset.columns(), len(dataset)))


def _grids(config: Configuration) -> list[list[str]]:
    """Return the points of each signal grid."""
    grids: dict[str, list[str]] = {}
    for name, sample in config.samples.items():
        if sample.grid is not None:
            grids.setdefault(sample.grid, []).append(name)
    return list(grids.values())


def _store(context: RunContext, model: FittedModel, dataset: Dataset, events: Outcome) -> Outcome:
    """Write the model, its scores and its training scores; what goes into ``results.json`` holds no time but ``seconds``."""
    directory, config = context.directory, context.config
    with directory.writing_folder(f"models/{model.name}") as folder:
        save_model(model, folder)
        files = sorted(f"models/{model.name}/{path.name}" for path in folder.iterdir())
    varied = [load_dataset(directory, events, variation) for variation in varied_names(events)]
    files += [file for scored in (dataset, *varied) for file in write_scores(directory, model, scored)]
    files.append(write_training_scores(directory, model.name, _training_scores(config, model, dataset)))
    files += write_member_scores(directory, model, dataset, _judged_at(config, model))
    stored = json.loads((directory.root / f"models/{model.name}/model.json").read_text(encoding="utf-8"))
    value = {
        "seconds": round(model.seconds, 3),
        "folds": model.folds,
        "built": [dict(fit.description) for fit in model.fits],
        "described": _described(config, model.spec),
        "trains_on": classifier(model.spec.use).trains_on,
        "history": [fold["history"] for fold in stored["folds"]],
    }
    return Outcome(value=value, findings=tuple(_findings(model.spec)), files=tuple(files))


def _findings(spec: ModelSpec) -> Iterator[Finding]:
    """Yield what is notable in a model whatever comes of it."""
    if not _learns(spec):
        yield Finding(
            code="training-not-known",
            severity="warning",
            subject=spec.name,
            message="the score was made elsewhere, and nobody here knows from which events: if these were among them, it is too good",
        )


def _training_scores(config: Configuration, model: FittedModel, dataset: Dataset) -> TrainingScores:
    """Return the scores that training is compared by: of the analysis' own events, at the point that it is judged by."""
    _, stays = judged(config, dataset)
    return model.training_scores(dataset.where(stays), _judged_at(config, model))


def _judged_at(config: Configuration, model: FittedModel) -> Point:
    return point_of(config, model.name, classes(config)["signal"])
