"""The mass fit of a configuration, at one stage of its search."""

from __future__ import annotations

import numpy as np

from fivesigma.analysis.inference_events import InferenceEvents
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_schema import MassFit
from fivesigma.core.identity import derive_seed
from fivesigma.evaluation.working_points import merit_of
from fivesigma.searches.mass_search import Cut, MassFitOptions, MassStage, cut_under_peak, mass_stage

__all__ = ["fit_mass_stage", "stage_of"]

_GEV = 1000.0  # in a TeV


def stage_of(fit: MassFit) -> str:
    """Return what the stage of a mass fit is called: as it says, else by its model and region."""
    if fit.stage is not None:
        return fit.stage
    parts = [part for part in (fit.model, fit.region) if part is not None]
    return " in ".join(parts) or "before"


def fit_mass_stage(item: InferenceItem, fit: MassFit) -> MassStage:
    """Return what the fits of one stage say."""
    config, events = item.config, InferenceEvents.of(item, fit.signal)
    dataset, mass = events.dataset, events.dataset.observables[fit.observable]
    mask = events.mask(fit.region)
    scores = None if fit.model is None else events.scores(fit.model)
    cut: Cut | None = None
    if scores is not None:
        merit = merit_of(
            fit.maximise or config.judgement.maximise,
            background_uncertainty=config.judgement.background_uncertainty,
            regulator=config.judgement.regulators[0],
        )
        cut = cut_under_peak(dataset, scores, mass, mask, merit, floor=fit.floor, region=fit.region or "all")
    low, high = fit.range
    return mass_stage(
        dataset,
        mass,
        mask,
        np.linspace(low, high, fit.bins + 1),
        stage=stage_of(fit),
        scores=scores,
        cut=cut,
        show_data=item.looks_at(fit.region),
        options=MassFitOptions(
            signal_shape=fit.signal_shape,
            family=fit.background,
            order=fit.order,
            cost=fit.cost,
            energy=config.analysis.energy * _GEV,
            toys=fit.toys,
            seed=derive_seed(config.analysis.seed, item.name),
        ),
        name=fit.observable,
        label=config.features.titles.get(fit.observable, ""),
    )
