"""Fifth stage: what the yields and templates say of the signal strength."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

from fivesigma.analysis.grid_inference import fit_grid, published_texts
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_names import models_of
from fivesigma.analysis.inference_outcomes import keep_count, keep_fit, keep_plane
from fivesigma.analysis.inference_schema import CwolaScan, Inference, LimitPlane
from fivesigma.analysis.inferring import Counted, FittedTemplates, Inferred, infer_one
from fivesigma.analysis.mass_outcome import keep_mass_fit
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.scan_inference import scan_masses
from fivesigma.analysis.scan_outcome import keep_scan
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.analysis.strength_inference import StrengthOfModels
from fivesigma.analysis.strength_outcome import keep_strength
from fivesigma.core.parallel import iterate_map
from fivesigma.searches.mass_search import MassStage

__all__ = ["infer"]


def infer(context: RunContext, events: Outcome, models: dict[str, Outcome]) -> dict[str, Outcome]:
    """Make every inference whose key does not stand; return the outcome of each, in the configuration's order."""
    config, stages = context.config, context.stages
    parts = {name: _parts(context, events, models, inference) for name, inference in config.inference.items()}
    outcomes: dict[str, Outcome] = {}
    for name in config.inference:
        if (before := stages.standing(f"inference-{name}", parts[name])) is not None:
            outcomes[name] = before
    todo = [name for name in config.inference if name not in outcomes]
    if todo:
        stages.tell(f"Inferring: {', '.join(todo)}")
        for name in todo:
            stages.forget(f"inference-{name}")
        for done, (name, outcome) in enumerate(_made(context, events, models, todo), start=1):
            outcomes[name] = stages.keep(f"inference-{name}", parts[name], outcome)
            context.advance("Inferring", done, len(todo))
    return {name: outcomes[name] for name in config.inference}


def _parts(context: RunContext, events: Outcome, models: dict[str, Outcome], inference: Inference) -> list[Any]:
    config = context.config
    used = {name: outcome_digest(context.directory, models[name]) for name in sorted(models_of(config, inference))}
    return [
        outcome_digest(context.directory, events),
        used,
        context.blind,
        inference.model_dump(),
        {name: region.model_dump() for name, region in config.regions.items()},
        {name: systematic.model_dump() for name, systematic in config.systematics.items()},
        config.judgement.model_dump(),
        config.features.titles,
        config.analysis.model_dump(),
        config.training.model_dump(),
        published_texts(inference, context.data) if isinstance(inference, LimitPlane) else None,
    ]


def _made(
    context: RunContext, events: Outcome, models: dict[str, Outcome], todo: list[str]
) -> Iterator[tuple[str, Outcome]]:
    """Yield what each inference leaves: those that are one fit all at once, then those that are many, each by all workers."""
    config = context.config
    seconds = {name: outcome.value["seconds"] for name, outcome in models.items()}
    items = {name: InferenceItem(name, context.directory, events, config, context.blind, seconds) for name in todo}
    single = [item for name, item in items.items() if not isinstance(config.inference[name], LimitPlane | CwolaScan)]
    for index, made in iterate_map(infer_one, single, workers=context.workers):
        name = single[index].name
        yield name, _kept(context, name, made)
    for name, item in items.items():
        inference = config.inference[name]
        if isinstance(inference, CwolaScan):
            record = context.directory.root / "scans" / name
            if context.stages.fresh:
                shutil.rmtree(record, ignore_errors=True)
            yield name, keep_scan(context, name, scan_masses(item, inference, context.workers, record, context.advance))
        if isinstance(inference, LimitPlane):
            grid = fit_grid(item, inference, published_texts(inference, context.data), context.workers)
            yield name, keep_plane(context, name, grid, inference.observable)


def _kept(context: RunContext, name: str, made: Inferred) -> Outcome:
    match made:
        case FittedTemplates():
            return keep_fit(context, name, made)
        case MassStage():
            return keep_mass_fit(context, name, made)
        case StrengthOfModels():
            return keep_strength(context, name, made)
        case Counted():
            return keep_count(context, name, made)
