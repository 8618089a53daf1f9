"""Fourth stage: whether each model is what it says, and which is better than which."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.drawing import draw
from fivesigma.analysis.judgement_drawings import judgement_drawings, loss_drawings
from fivesigma.analysis.judgement_findings import judgement_findings
from fivesigma.analysis.judgement_values import areas, compared, summary
from fivesigma.analysis.judging import classes, judged, judged_by
from fivesigma.analysis.model_judgement import JudgedModel, ModelToJudge, depend_model, judge_model
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared, iterate_map
from fivesigma.evaluation.comparison import Comparison, compare
from fivesigma.plots.style import numbers

__all__ = ["THRESHOLDS", "judge_models"]

Found = TypeVar("Found")

THRESHOLDS = "page/thresholds.json"
"""What the page needs to show any cut on a score: yields sample by sample."""

_INSPECTED = 8
"""Inputs whose partial dependence is drawn: those that the models owe most to, the same for all."""


def judge_models(context: RunContext, events: Outcome, models: dict[str, Outcome], features: Outcome) -> Outcome:
    """Judge every model on its out-of-fold scores, and draw what was found."""
    parts = [
        outcome_digest(context.directory, events),
        outcome_digest(context.directory, features),
        [[name, outcome_digest(context.directory, model)] for name, model in models.items()],  # their order is told
        *judged_by(context),
    ]
    items = list(_items(context, events, features.value))
    return context.stages.perform("judgement", parts, "Judging the models", lambda: _models(context, items, models))


def _items(context: RunContext, events: Outcome, features: Mapping[str, Any]) -> Iterator[ModelToJudge]:
    for name in context.config.models:
        yield ModelToJudge(
            model=name,
            directory=context.directory,
            events=events,
            config=context.config,
            shows_data=context.shows_data,
            blind=context.blind,
            groups=features["input_groups"],
        )


def _models(context: RunContext, items: list[ModelToJudge], models: Mapping[str, Outcome]) -> Outcome:
    if not items:
        return Outcome(value={"models": {}, "judgement": {}})
    found = _each(context, judge_model, items)
    inspected = _most_important(found)
    curves = _each(context, partial(depend_model, inspected=inspected), items)
    comparison = _compared(items)
    told = {name: summary(result) for name, result in found.items()}
    context.directory.write_json(THRESHOLDS, numbers([result.thresholds for result in found.values()]))
    drawings = [*judgement_drawings(context, found, comparison, curves), *loss_drawings(models)]
    return Outcome(
        value={
            "models": {name: areas(result) for name, result in found.items()},
            "judgement": told if comparison is None else {**told, "comparison": compared(comparison)},
        },
        findings=judgement_findings(context.config, found),
        figures=draw(context, drawings, "Drawing the judgement"),
        files=(THRESHOLDS,),
    )


def _each(
    context: RunContext, task: Callable[[ModelToJudge, Shared], Found], items: list[ModelToJudge]
) -> dict[str, Found]:
    """Return what a task finds of each model, by its name and in their order."""
    found: dict[str, Found] = {}
    for done, (index, result) in enumerate(iterate_map(task, items, workers=context.workers), start=1):
        found[items[index].model] = result
        context.advance("Judging the models", done, len(items))
    return {item.model: found[item.model] for item in items}


def _most_important(found: Mapping[str, JudgedModel]) -> tuple[str, ...]:
    """Return the inputs that models owe most to, each by the model that owes it most."""
    drops: dict[str, float] = {}
    for importances in (model.importances for model in found.values() if model.importances is not None):
        for one in importances.inputs:
            drops[one.inputs[0]] = max(one.drop.value, drops.get(one.inputs[0], 0.0))
    used = [name for name, drop in drops.items() if drop > 0]
    return tuple(sorted(used, key=lambda name: -drops[name])[:_INSPECTED])


def _compared(items: list[ModelToJudge]) -> Comparison | None:
    """Return the differences between the models; None of one model alone.

    What is said of the classification is of the samples that were trained on, and yields are of all.
    """
    if len(items) < 2:
        return None
    config, first = items[0].config, items[0]
    dataset, stays = judged(config, load_dataset(first.directory, first.events))
    scores, members = [], {}
    for item in items:
        of_all, *alone = (one.where(stays) for one in item.scores())
        scores.append(of_all)
        members[item.model] = alone
    against = partial(
        compare,
        dataset,
        scores,
        members=members,
        background_uncertainty=config.judgement.background_uncertainty,
        floor=config.judgement.floor,
        seed=derive_seed(config.analysis.seed, "judgement"),
    )
    of_trained = against(**classes(config))
    of_samples = against() if any(classes(config).values()) else of_trained
    if of_trained is None or of_samples is None:
        return None
    quantities = [(of_samples if one.name == "asimov_z" else of_trained).of(one.name) for one in of_trained.quantities]
    return dataclasses.replace(of_trained, quantities=tuple(quantities))
