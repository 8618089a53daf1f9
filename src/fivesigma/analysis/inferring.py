"""Events and scores to counts and fits; what a worker does for the fifth stage."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.fit_systematics import systematics_of
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_schema import Counting, TemplateFit
from fivesigma.analysis.model_specs import point_of
from fivesigma.analysis.regions import region_mask
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.score_files import load_scores
from fivesigma.analysis.template_filling import filled_templates
from fivesigma.core.parallel import Shared
from fivesigma.evaluation.working_points import merit_of
from fivesigma.inference.counting import CountingResult
from fivesigma.inference.systematics import restricted
from fivesigma.inference.template_fit import TemplateFitResult, fit_templates
from fivesigma.inference.templates import Templates
from fivesigma.searches.working_point import count_above_working_point, count_in_region

__all__ = ["FittedTemplates", "infer_one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTemplates:
    """A template fit and what went into it."""

    observable: str
    result: TemplateFitResult
    templates: Templates


def infer_one(item: InferenceItem, _shared: Shared) -> CountingResult | FittedTemplates:
    """Return what a count or a template fit says."""
    inference = item.config.inference[item.name]
    if isinstance(inference, Counting):
        return _count(item, inference)
    if not isinstance(inference, TemplateFit):
        raise TypeError(f"{item.name} is fitted point by point")
    made, findings = filled_templates(item, inference, inference.signal)
    made = made.without(_other_points(item.config, inference.signal or ()))
    systematics = restricted(systematics_of(item.config), [sample.name for sample in made.samples])
    result = fit_templates(made, systematics, signal=inference.signal, name=item.name, seed=item.config.analysis.seed)
    result = dataclasses.replace(result, findings=(*result.findings, *findings))
    return FittedTemplates(observable=inference.observable, result=result, templates=made)


def _other_points(config: Configuration, signal: Sequence[str]) -> list[str]:
    """Return the other points of the grids that signals are points of: only one can be true, so they are no part of a fit."""
    grids = {config.samples[name].grid for name in signal} - {None}
    return [name for name, sample in config.samples.items() if sample.grid in grids and name not in signal]


def _count(item: InferenceItem, counting: Counting) -> CountingResult:
    config, dataset = item.config, load_dataset(item.directory, item.events)
    others = [] if counting.signal is None else [n for n in dataset.names("signal") if n not in counting.signal]
    stays = ~dataset.of(*others)
    dataset = dataset.without(*others)
    mask = region_mask(config, dataset, counting.region)
    shows = item.looks_at(counting.region)
    if counting.model is None:
        return count_in_region(
            dataset,
            mask,
            background_uncertainty=counting.background_uncertainty,
            show_data=shows,
            region=counting.region,
        )
    return count_above_working_point(
        dataset,
        load_scores(
            item.directory,
            counting.model,
            config.training.folds,
            point=point_of(config, counting.model, counting.signal),
        ).where(stays),
        mask,
        background_uncertainty=counting.background_uncertainty,
        merit=merit_of(
            counting.maximise or config.judgement.maximise,
            background_uncertainty=counting.background_uncertainty,
            regulator=config.judgement.regulators[0],
        ),
        floor=config.judgement.floor,
        show_data=shows,
        region=counting.region,
    )
