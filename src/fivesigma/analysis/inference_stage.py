"""Fifth stage: what the yields and templates say of the signal strength."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fivesigma.analysis.consistency import axes_of
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.drawing import Drawing, draw
from fivesigma.analysis.events_stage import load_dataset
from fivesigma.analysis.models_stage import load_scores
from fivesigma.analysis.regions import region_mask
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.schema import Configuration, Counting, Inference, TemplateFit
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding
from fivesigma.core.parallel import Shared, iterate_map
from fivesigma.core.scores import Scores
from fivesigma.inference.counting import CountingResult
from fivesigma.inference.filling import templates
from fivesigma.inference.histograms import to_uhi
from fivesigma.inference.region_bins import Values
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.template_fit import TemplateFitResult, fit_templates
from fivesigma.inference.templates import Templates
from fivesigma.plots.style import numbers
from fivesigma.searches.working_point import count_above_working_point, count_in_region

__all__ = ["infer"]

_RECONCILES_TO = 1e-12
_BINS = 10
_NOTABLE = 0.01


@dataclass(frozen=True, slots=True)
class _Item:
    """One inference to make, from the files of the earlier stages."""

    name: str
    directory: RunDirectory
    events: Outcome
    config: Configuration
    blind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    """A template fit and what went into it."""

    observable: str
    result: TemplateFitResult
    templates: Templates


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
        items = [_Item(name, context.directory, events, config, context.blind) for name in todo]
        for done, (index, made) in enumerate(iterate_map(_infer, items, workers=context.workers), start=1):
            name = todo[index]
            context.advance("Inferring", done, len(todo))
            outcome = _keep_fit(context, name, made) if isinstance(made, _Fitted) else _keep_count(made)
            outcomes[name] = stages.keep(f"inference-{name}", parts[name], outcome)
    return {name: outcomes[name] for name in config.inference}


def _parts(context: RunContext, events: Outcome, models: dict[str, Outcome], inference: Inference) -> list[Any]:
    config = context.config
    used = {name: outcome_digest(context.directory, models[name]) for name in sorted(_models_of(config, inference))}
    return [
        outcome_digest(context.directory, events),
        used,
        context.blind,
        inference.model_dump(),
        {name: region.model_dump() for name, region in config.regions.items()},
        {name: systematic.model_dump() for name, systematic in config.systematics.items()},
        config.judgement.floor,
        config.features.titles,
        config.analysis.model_dump(),
        config.training.model_dump(),
    ]


def _models_of(config: Configuration, inference: Inference) -> set[str]:
    if isinstance(inference, Counting):
        return {inference.model} if inference.model is not None else set()
    return {axis for axis in axes_of(inference.observable) if axis in config.models}


def _infer(item: _Item, _shared: Shared) -> CountingResult | _Fitted:
    dataset = load_dataset(item.directory, item.events)
    _reconcile(dataset, item.events.value["samples"])
    inference = item.config.inference[item.name]
    scores = {
        model: load_scores(item.directory, model, item.config.training.folds)
        for model in _models_of(item.config, inference)
    }
    if isinstance(inference, Counting):
        return _count(item, inference, dataset, scores)
    return _fit(item, inference, dataset, scores)


def _reconcile(dataset: Dataset, yields: Mapping[str, Any]) -> None:
    """Raise DataError unless each sample's weights still sum to what the cutflow ended with."""
    for name, told in yields.items():
        weight = dataset.weight[dataset.of(name)]
        if not abs(weight.sum() - told["yield"]) <= _RECONCILES_TO * np.abs(weight).sum():
            raise DataError(
                f"sample {name!r}: the weights sum to {weight.sum():.15g}, the cutflow ended with {told['yield']:.15g}"
            )


def _has_data(config: Configuration) -> bool:
    return any(sample.kind == "data" for sample in config.samples.values())


def _is_looked_at(item: _Item, region: str) -> bool:
    return _has_data(item.config) and (not item.blind or item.config.regions[region].kind == "control")


def _count(item: _Item, counting: Counting, dataset: Dataset, scores: dict[str, Scores]) -> CountingResult:
    mask = region_mask(item.config, dataset, counting.region)
    shows = _is_looked_at(item, counting.region)
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
        scores[counting.model],
        mask,
        background_uncertainty=counting.background_uncertainty,
        floor=item.config.judgement.floor,
        show_data=shows,
        region=counting.region,
    )


def _fit(item: _Item, fit: TemplateFit, dataset: Dataset, scores: dict[str, Scores]) -> _Fitted:
    config = item.config
    axes = axes_of(fit.observable)
    values = [scores[axis] if axis in scores else dataset.observables[axis] for axis in axes]
    if fit.regions is None:
        masks = {"all": np.ones(len(dataset), dtype=np.bool_)}
        looked = {"all"} if _has_data(config) and not item.blind else set()
    else:
        masks = {region: region_mask(config, dataset, region) for region in fit.regions}
        looked = {region for region in fit.regions if _is_looked_at(item, region)}
    made = templates(
        dataset,
        values,
        bins=[_bins(fit, axis) for axis in axes],
        regions=masks,
        observed=looked,
        floor=fit.floor,
        name=axes,
        titles={name: config.features.titles[name] for name in axes if name in config.features.titles},
    )
    result = fit_templates(made, _systematics(config), signal=fit.signal, name=item.name, seed=config.analysis.seed)
    inside = np.any(list(masks.values()), axis=0) & ~dataset.data
    findings = (*_outside(item.name, fit, dataset, values, inside), *_merged(item.name, fit, made))
    result = dataclasses.replace(result, findings=(*result.findings, *findings))
    return _Fitted(observable=fit.observable, result=result, templates=made)


def _outside(name: str, fit: TemplateFit, dataset: Dataset, values: Sequence[Values], mask: Bools) -> Iterator[Finding]:
    """Yield a finding for each axis whose edges leave simulated events outside: they are counted in the end bins."""
    total = dataset.weight[mask].sum()
    for axis, value in zip(axes_of(fit.observable), values, strict=True):
        edges = _bins(fit, axis)
        if isinstance(edges, int) or isinstance(value, Scores):
            continue
        out = mask & ((value < edges[0]) | (value > edges[-1]))
        fraction = float(dataset.weight[out].sum() / total)
        if out.any():
            yield Finding(
                code="events-outside-bins",
                severity="warning" if abs(fraction) > _NOTABLE else "info",
                subject=name,
                message=f"{100 * fraction:.2g} % of the simulated yield lies outside {edges[0]:g} to {edges[-1]:g} in {axis} and is"
                " counted in the first and last bin; select what the bins cover if it should not be",
                evidence={"fraction": fraction, "events": int(np.count_nonzero(out))},
            )


def _merged(name: str, fit: TemplateFit, made: Templates) -> Iterator[Finding]:
    """Yield a finding for each region in which edges that were given have been merged."""
    (axis, *others) = axes_of(fit.observable)
    edges = _bins(fit, axis)
    if others or isinstance(edges, int):
        return
    for channel in made.channels:
        if channel.binning.count < len(edges) - 1:
            yield Finding(
                code="bins-merged",
                severity="info",
                subject=name,
                message=f"region {channel.name}: {len(edges) - 1} bins were asked for, {channel.binning.count} are left;"
                f" the others held fewer than {fit.floor:g} effective background events",
                evidence={"asked": len(edges) - 1, "left": channel.binning.count},
            )


def _bins(fit: TemplateFit, axis: str) -> int | list[float]:
    bins = fit.bins.get(axis) if isinstance(fit.bins, dict) else fit.bins
    return _BINS if bins is None else bins


def _systematics(config: Configuration) -> tuple[Normalisation, ...]:
    return tuple(
        Normalisation(
            name=name, size=s.size, samples=tuple(s.samples) if s.samples is not None else None, group=s.group or ""
        )
        for name, s in config.systematics.items()
    )


def _keep_count(result: CountingResult) -> Outcome:
    value = {"type": "counting", **numbers(dataclasses.replace(result, findings=()))}
    del value["findings"]
    return Outcome(value=value, findings=result.findings)


def _keep_fit(context: RunContext, name: str, fitted: _Fitted) -> Outcome:
    result, directory = fitted.result, context.directory
    directory.write_json(f"inference/{name}-workspace.json", result.workspace)
    directory.write_json(f"inference/{name}.json", numbers(dataclasses.replace(result, workspace={}, findings=())))
    directory.write_json(f"templates/{name}.json", to_uhi(fitted.templates))
    value = {
        "type": "template_fit",
        "observable": fitted.observable,
        "mu": numbers(result.mu),
        "sigma_mu": result.sigma_mu,
        "z_expected": result.z_expected,
        "z_observed": result.z_observed,
        "limit_expected": list(result.limit_expected),
        "limit_observed": result.limit_observed,
        "level": result.level,
        "breakdown": dict(result.breakdown),
        "goodness_of_fit": result.goodness_of_fit,
        "method": result.method,
    }
    files = (f"inference/{name}-workspace.json", f"inference/{name}.json", f"templates/{name}.json")
    return Outcome(
        value=value,
        findings=result.findings,
        figures=draw(context, _drawings(name, fitted), "Drawing the fits"),
        files=files,
    )


def _drawings(name: str, fitted: _Fitted) -> list[Drawing]:
    """Return the CLs curve, the templates of every region before and after the fit, the breakdown and the pulls."""
    result = fitted.result
    blind = result.postfit is None
    on = "expected for μ = 1, on Asimov data" if blind else "on the data fitted"
    drawings = [
        _drawing(
            f"cls-{name}",
            f"CLs against the signal strength, {name}",
            "Where a curve falls below the line the strength is excluded; bands hold 68 % and 95 % of background-only outcomes.",
            f"CLs against the signal strength for {name}.",
            result.curve,
        )
    ]
    for when, channels in (("before", result.prefit), ("after", result.postfit or ())):
        drawings += [
            _drawing(
                f"templates-{name}.{channel.name}-{when}",
                f"{name}{where}, {when} the fit",
                f"Stacked templates {when} the fit with their uncertainty, statistics of the simulation included.",
                f"Stacked templates of {name}{where}, {when} the fit.",
                channel,
            )
            for channel in channels
            for where in (f", region {channel.name}" if len(result.prefit) > 1 else "",)
        ]
    return [
        *drawings,
        _drawing(
            f"breakdown-{name}",
            f"What each uncertainty costs, {name}",
            f"What each group adds to the uncertainty of μ in quadrature, {on}.",
            f"Breakdown of the uncertainty of the signal strength in {name}.",
            result.costs,
        ),
        _drawing(
            f"pulls-{name}",
            f"Pulls and constraints, {name}",
            f"Nuisance parameters after the fit, in units of their constraint, {on}.",
            f"Pulls of the nuisance parameters of {name}.",
            result.pulls,
        ),
    ]


def _drawing(name: str, title: str, caption: str, alt: str, result: Any) -> Drawing:
    return Drawing(name=name, section="inference", title=title, caption=caption, alt=alt, result=result)
