"""Events and scores to counts and fits; what a worker does for the fifth stage."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fivesigma.analysis.fit_systematics import systematics_of
from fivesigma.analysis.inference_events import InferenceEvents
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_schema import Counting, MassFit, StrengthUncertainty, TemplateFit
from fivesigma.analysis.mass_inference import fit_mass_stage
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.sensitive_bins import SensitiveBins
from fivesigma.analysis.strength_inference import StrengthOfModels, strength_of_models
from fivesigma.analysis.template_filling import FilledTemplates, filled_templates
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Shared
from fivesigma.evaluation.working_points import merit_of
from fivesigma.inference.counting import CountingResult
from fivesigma.inference.counting_scan import Method
from fivesigma.inference.ranking import Ranking, rank_nuisances
from fivesigma.inference.systematics import Systematic, restricted
from fivesigma.inference.template_fit import TemplateFitResult, fit_templates
from fivesigma.inference.templates import Templates
from fivesigma.searches.limit_working_point import WorkingPointCurve, working_point_curve
from fivesigma.searches.mass_search import MassStage
from fivesigma.searches.working_point import count_above_working_point, count_in_region

__all__ = ["Counted", "FitInputs", "FittedTemplates", "Inferred", "fit_inputs", "infer_one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A count, how its limits were made, and the expected limit against the cut if there is one."""

    result: CountingResult
    method: Method
    curve: WorkingPointCurve | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTemplates:
    """A template fit and what went into it; ``chosen`` are bins that were sought for sensitivity."""

    observable: str
    result: TemplateFitResult
    templates: Templates
    ranking: Ranking | None
    chosen: SensitiveBins | None


Inferred: TypeAlias = Counted | FittedTemplates | MassStage | StrengthOfModels
"""What may be inferred in one go."""


def infer_one(item: InferenceItem, _shared: Shared) -> Inferred:
    """Return what a count or a fit says.

    Raises
    ------
    FivesigmaError
        If it can't be made; it names the inference.
    """
    try:
        return _inferred(item)
    except FivesigmaError as error:
        if item.name in str(error):
            raise
        raise FivesigmaError(f"inference.{item.name}: {error}") from error


def _inferred(item: InferenceItem) -> Inferred:
    match inference := item.config.inference[item.name]:
        case Counting():
            return _count(item, inference)
        case TemplateFit():
            return _fit(item, inference)
        case MassFit():
            return fit_mass_stage(item, inference)
        case StrengthUncertainty():
            return strength_of_models(item, inference)
        case _:
            raise TypeError(f"{item.name} is fitted point by point")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitInputs:
    """What a template fit is made of."""

    templates: Templates
    systematics: tuple[Systematic, ...]
    filled: FilledTemplates


def fit_inputs(item: InferenceItem, inference: TemplateFit) -> FitInputs:
    """Return the templates and systematics of a template fit."""
    filled = filled_templates(item, inference, inference.signal)
    made = filled.templates.without(_other_points(item.config, inference.signal or ()))
    here = systematics_of(item.config, made.regions)
    return FitInputs(
        templates=made, systematics=restricted(here, [sample.name for sample in made.samples]), filled=filled
    )


def _fit(item: InferenceItem, inference: TemplateFit) -> FittedTemplates:
    inputs = fit_inputs(item, inference)
    result = fit_templates(
        inputs.templates,
        inputs.systematics,
        signal=inference.signal,
        name=item.name,
        seed=item.config.analysis.seed,
        limits=inference.limits,
    )
    return FittedTemplates(
        observable=inference.observable,
        result=dataclasses.replace(result, findings=(*result.findings, *inputs.filled.findings)),
        templates=inputs.templates,
        ranking=rank_nuisances(result) if result.parameters else None,
        chosen=inputs.filled.chosen,
    )


def _other_points(config: Configuration, signal: Sequence[str]) -> list[str]:
    """Return the other points of the grids that signals are points of: only one can be true, so they are no part of a fit."""
    grids = {config.samples[name].grid for name in signal} - {None}
    return [name for name, sample in config.samples.items() if sample.grid in grids and name not in signal]


def _count(item: InferenceItem, counting: Counting) -> Counted:
    events, region = InferenceEvents.of(item, counting.signal), counting.region
    mask, shows = events.mask(region), item.looks_at(region)
    uncertainty, method = counting.background_uncertainty, counting.method
    if counting.model is None:
        result = count_in_region(
            events.dataset, mask, background_uncertainty=uncertainty, method=method, show_data=shows, region=region
        )
        return Counted(result=result, method=method, curve=None)
    judgement, scores = item.config.judgement, events.scores(counting.model)
    merit = merit_of(
        counting.maximise or judgement.maximise,
        background_uncertainty=uncertainty,
        regulator=judgement.regulators[0],
    )
    result = count_above_working_point(
        events.dataset,
        scores,
        mask,
        background_uncertainty=uncertainty,
        method=method,
        merit=merit,
        floor=judgement.floor,
        show_data=shows,
        region=region,
    )
    curve = working_point_curve(
        events.dataset,
        scores,
        mask,
        background_uncertainty=uncertainty,
        merit=merit,
        floor=judgement.floor,
        region=region,
    )
    return Counted(result=result, method=method, curve=curve)
