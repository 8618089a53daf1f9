"""Third stage: what the inputs hold, before any model."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from fivesigma.analysis.drawing import Drawing, draw
from fivesigma.analysis.judging import classes, in_doubt, judged, judged_by, told
from fivesigma.analysis.page_numbers import events_to_draw
from fivesigma.analysis.regions import seen
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.dataset import Dataset
from fivesigma.core.finding import Finding
from fivesigma.core.identity import derive_seed
from fivesigma.evaluation.agreement import data_and_simulation_differ
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.distributions import FeatureDistribution, FeatureYields, feature_distributions
from fivesigma.evaluation.input_checks import check_inputs
from fivesigma.evaluation.input_groups import input_groups
from fivesigma.evaluation.observable_dependence import InputCorrelations, input_correlations
from fivesigma.evaluation.observable_findings import input_follows_observable
from fivesigma.evaluation.scatter import scatter_samples
from fivesigma.evaluation.separation import Separation, separation
from fivesigma.evaluation.single_cuts import SingleCut, single_cuts
from fivesigma.plots.feature_panels import beyond
from fivesigma.plots.style import numbers
from fivesigma.statistics.agreement import ChiSquare

__all__ = ["SCATTER", "judge_features"]

SCATTER = "page/scatter.json"
"""What the page draws feature against feature: a few events of each sample."""
_INPUTS, _OBSERVABLES = 6, 2
"""How many there are: of the inputs, those that separate best."""
_DRAWN = 1200


def judge_features(context: RunContext, events: Outcome, dataset: Dataset) -> Outcome:
    """Return the best cut on each input, and draw inputs, correlations and cuts."""
    parts = [
        outcome_digest(context.directory, events),
        *judged_by(context),
        _taken(context.config),
    ]
    return context.stages.perform("features", parts, "Looking at the inputs", lambda: _features(context, dataset))


def _features(context: RunContext, dataset: Dataset) -> Outcome:
    config = context.config
    dataset, _ = judged(config, dataset)
    seed = derive_seed(config.analysis.seed, "features")
    cuts = single_cuts(
        dataset,
        background_uncertainty=config.judgement.background_uncertainty,
        floor=config.judgement.floor,
        folds=config.training.folds,
        seed=config.analysis.seed,
    )
    shapes = feature_distributions(dataset, show_data=context.shows_data)
    open_to_data = dataset.where(seen(config, dataset, blind=context.blind))
    with_data = shapes if context.shows_data else _filled(open_to_data)
    agreements = _agreements(open_to_data, with_data)
    drawings = [
        Drawing(
            name="features",
            section="features",
            title="Inputs and observables",
            caption=f"Shapes of signal and background, each scaled to an area of one.{beyond(shapes, context.figure_context)}",
            alt="Histograms of every input and observable for signal and background.",
            result=shapes,
        ),
        Drawing(
            name="correlations",
            section="features",
            title="Correlations of the inputs",
            caption="Weighted linear correlation coefficients in signal, in background, and their difference.",
            alt="Correlation matrices of the inputs: for signal, for background, and their difference.",
            result=correlations(dataset, **classes(config)),
        ),
        Drawing(
            name="single-cuts",
            section="features",
            title="A cut on a single input",
            caption="Signal over background and Asimov significance against the cut, for the inputs that separate best;"
            " the cut marked was chosen on other folds than it is read on.",
            alt="Scans of a cut on each input.",
            result=cuts[:8],
        ),
    ]
    if with_data:
        points = context.figure_context.data_title
        where = " outside the signal regions" if context.blind else ""
        drawings.append(
            Drawing(
                name="features-with-data",
                section="features",
                title=f"Inputs and observables{where}, with {points}",
                caption=f"Stacked backgrounds{where} with the signal over them, {points}, and the ratio of {points} to background. χ² with the"
                f" statistical uncertainty of the simulation, the hatched band.{beyond(with_data, context.figure_context)}",
                alt=f"Histograms of every input and observable{where} with {points}.",
                result=[FeatureYields(distribution=one) for one in with_data],
            )
        )
    separations = separation(dataset, **classes(config), seed=seed)
    followers = input_correlations(dataset, background=classes(config)["background"], seed=seed)
    context.directory.write_json(SCATTER, _scattered(dataset, separations, seed))
    value = {
        "inputs": {
            one.feature: {
                **_input(one),
                "agreement": numbers(agreements.get(one.feature)),
                "correlation_with": {of.observable: numbers(of.dependences[one.feature]) for of in followers},
            }
            for one in sorted(separations, key=lambda one: -one.auc.value)
        },
        "input_groups": [list(group) for group in input_groups(dataset, **classes(config)) if len(group) > 1],
        "single_cuts": {cut.feature: _cut(cut) for cut in cuts},
    }
    findings = (
        *check_inputs(dataset, **classes(config)),
        *_with_takers(config, input_follows_observable(followers), followers),
        *data_and_simulation_differ(agreements),
    )
    return Outcome(
        value=value, findings=findings, figures=draw(context, drawings, "Drawing the inputs"), files=(SCATTER,)
    )


def _filled(dataset: Dataset) -> tuple[FeatureDistribution, ...]:
    """Return the features that have values there, with data."""
    there = [name for name, values in dataset.columns().items() if np.isfinite(values).any()]
    return feature_distributions(dataset, features=there, show_data=True) if there else ()


def _agreements(dataset: Dataset, found: Sequence[FeatureDistribution]) -> dict[str, ChiSquare | None]:
    """Return how well data agree with simulation in each feature, with the signal or without it."""
    if not found:
        return {}
    features = [one.feature for one in found]
    with_signal = feature_distributions(
        dataset, features=features, show_data=True, expected_signal=dataset.names("signal")
    )
    return {
        one.feature: in_doubt(one.agreement, other.agreement) for one, other in zip(found, with_signal, strict=True)
    }


def _scattered(dataset: Dataset, separations: Sequence[Separation], seed: int) -> dict[str, Any]:
    """Return a few events of each sample in the inputs that separate best and the first observables."""
    best = [one.feature for one in sorted(separations, key=lambda one: -one.auc.value)][:_INPUTS]
    features = [*best, *list(dataset.observables)[:_OBSERVABLES]]
    return events_to_draw(features, scatter_samples(dataset, features, events=_DRAWN, seed=seed))


def _taken(config: Configuration) -> dict[str, list[str]]:
    """Return which inputs each model takes."""
    every = list(config.features.inputs)
    return {name: every if model.inputs is None else model.inputs for name, model in config.models.items()}


def _with_takers(
    config: Configuration, findings: Iterable[Finding], followers: Iterable[InputCorrelations]
) -> Iterator[Finding]:
    """Yield findings on inputs that follow observables with the models that take those inputs."""
    inputs = {f"{name} and {of.observable}": name for of in followers for name in of.dependences}
    for finding in findings:
        models = [model for model, taken in _taken(config).items() if inputs[finding.subject] in taken]
        message = f"{finding.message}; taken by {', '.join(models) or 'no model'}"
        yield dataclasses.replace(finding, message=message, evidence={**finding.evidence, "models": models})


def _input(one: Separation) -> dict[str, Any]:
    return {
        "separation": numbers(one.value),
        "auc": numbers(one.auc),
        "rises": one.rises,
        "missing_signal": one.missing_signal,
        "missing_background": one.missing_background,
    }


def _cut(cut: SingleCut) -> dict[str, Any]:
    return {
        "asimov_z": told(cut.best_asimov_z),
        "s_over_b": told(cut.best_s_over_b),
        "asimov_z_without_cut": cut.no_cut_asimov_z,
    }
