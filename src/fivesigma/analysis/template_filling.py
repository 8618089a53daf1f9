"""Events and scores into the templates of a fit, those of its variations among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fivesigma.analysis.dataset_files import load_dataset, varied_names
from fivesigma.analysis.fit_systematics import systematics_of
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_names import axes_of, models_of
from fivesigma.analysis.inference_schema import AlternativeSample, LimitPlane, TemplateFit
from fivesigma.analysis.model_specs import point_of
from fivesigma.analysis.regions import region_mask
from fivesigma.analysis.score_files import load_scores
from fivesigma.analysis.sensitive_bins import SensitiveBins
from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding
from fivesigma.core.sample import Variation
from fivesigma.core.scores import Scores
from fivesigma.inference.binning import Binning
from fivesigma.inference.filling import templates
from fivesigma.inference.region_bins import Values
from fivesigma.inference.templates import Templates
from fivesigma.inference.varied_events import VariedEvents

__all__ = ["FilledTemplates", "filled_templates"]

Shape: TypeAlias = TemplateFit | LimitPlane
_BINS = 10
_NOTABLE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTemplates:
    """The templates of a fit, those of its variations among them, what is notable in their bins, and how these were chosen."""

    templates: Templates
    findings: tuple[Finding, ...]
    chosen: SensitiveBins | None


def filled_templates(item: InferenceItem, fit: Shape, signal: Sequence[str] | None) -> FilledTemplates:
    """Return the templates of a fit.

    ``signal`` names the samples that are looked for: where a model is parametrised, their point is the one it scores at.
    """
    config, axes = item.config, axes_of(fit.observable)
    nominal = load_dataset(item.directory, item.events)
    values, masks = _binned(item, fit, nominal, signal)
    chosen = _chosen(item, fit, nominal, values, masks)
    moving = {systematic.name for systematic in systematics_of(config, masks)}
    bins: list[int | list[float]] | dict[str, Binning] = [_bins(fit, axis) for axis in axes]
    if chosen is not None:
        values, bins = [chosen.aligned(value, masks) for value in values if isinstance(value, Scores)], chosen.binnings
    if fit.regions is None:
        looked = {"all"} if item.looks_at(None) else set()
    else:
        looked = {region for region in fit.regions if item.looks_at(region)}
    made = templates(
        nominal,
        values,
        bins=bins,
        regions=masks,
        observed=looked,
        floor=fit.floor,
        name=axes,
        titles={name: config.features.titles[name] for name in axes if name in config.features.titles},
        weights={variation: weight for variation, weight in nominal.weights.items() if variation.systematic in moving},
        varied=[
            _varied(item, fit, variation, signal, chosen)
            for variation in varied_names(item.events)
            if variation.systematic in moving
        ],
    )
    inside = np.any(list(masks.values()), axis=0) & ~nominal.data
    findings = (*_outside(item.name, fit, nominal, values, inside), *_merged(item.name, fit, made))
    return FilledTemplates(templates=made, findings=findings, chosen=chosen)


def _binned(
    item: InferenceItem, fit: Shape, dataset: Dataset, signal: Sequence[str] | None
) -> tuple[list[Values], dict[str, Bools]]:
    """Return what is binned of a dataset, and which of its events are in which region."""
    models, folds = models_of(item.config, fit), item.config.training.folds
    values: list[Values] = [
        load_scores(
            item.directory,
            axis,
            folds,
            variation=dataset.variation,
            point=point_of(item.config, axis, signal),
        )
        if axis in models
        else dataset.observables[axis]
        for axis in axes_of(fit.observable)
    ]
    if fit.regions is None:
        masks = {"all": np.ones(len(dataset), dtype=np.bool_)}
    else:
        masks = {region: region_mask(item.config, dataset, region) for region in fit.regions}
    _require_there(item, fit, dataset, values, np.any(list(masks.values()), axis=0))
    return values, masks


def _require_there(item: InferenceItem, fit: Shape, dataset: Dataset, values: Sequence[Values], inside: Bools) -> None:
    """Raise DataError if an event that is fitted lacks what is binned."""
    for axis, value in zip(axes_of(fit.observable), values, strict=True):
        lacking = inside & np.isnan(value) if not isinstance(value, Scores) else np.zeros_like(inside)
        if lacking.any():
            names = ", ".join(dataset.samples[place].name for place in np.unique(dataset.sample[lacking]))
            raise DataError(
                f"inference.{item.name}: {axis} is missing in {np.count_nonzero(lacking)} events that are fitted ({names});"
                f" leave them out by a cut, or fit regions with `not missing({axis})`"
            )


def _chosen(
    item: InferenceItem, fit: Shape, nominal: Dataset, values: Sequence[Values], masks: Mapping[str, Bools]
) -> SensitiveBins | None:
    """Return the bins that promise most, where these are asked for."""
    if not isinstance(fit, TemplateFit) or fit.binning == "equal_background":
        return None
    ((axis, scores),) = zip(axes_of(fit.observable), values, strict=True)
    bins = _bins(fit, axis)
    if not isinstance(scores, Scores) or not isinstance(bins, int):
        raise TypeError(f"{item.name}: bins are chosen in a number, of a model's score")
    others = [name for name in nominal.names("signal") if name not in (fit.signal or nominal.names("signal"))]
    return SensitiveBins.chosen(
        nominal,
        scores,
        {region: mask & ~nominal.of(*others) for region, mask in masks.items()},
        bins=bins,
        floor=fit.floor,
        background_uncertainty=item.config.judgement.background_uncertainty,
        seed=item.config.analysis.seed,
    )


def _varied(
    item: InferenceItem, fit: Shape, variation: Variation, signal: Sequence[str] | None, chosen: SensitiveBins | None
) -> VariedEvents:
    dataset = load_dataset(item.directory, item.events, variation)
    values, masks = _binned(item, fit, dataset, signal)
    if chosen is not None:
        values = [chosen.aligned(value, masks) for value in values if isinstance(value, Scores)]
    independent = isinstance(item.config.systematics[variation.systematic], AlternativeSample)
    return VariedEvents(variation=variation, dataset=dataset, values=values, regions=masks, independent=independent)


def _outside(name: str, fit: Shape, dataset: Dataset, values: Sequence[Values], mask: Bools) -> Iterator[Finding]:
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


def _merged(name: str, fit: Shape, made: Templates) -> Iterator[Finding]:
    """Yield a finding for each region in which edges that were given have been merged."""
    (axis, *others) = axes_of(fit.observable)
    edges = _bins(fit, axis)
    if others or isinstance(edges, int):
        return
    for channel in made.channels:
        (reached,) = channel.binning.axes
        asked = sum(reached.edges[0] <= edge <= reached.edges[-1] for edge in edges) - 1
        if channel.binning.count < asked:
            yield Finding(
                code="bins-merged",
                severity="info",
                subject=name,
                message=f"region {channel.name}: {asked} bins were asked for, {channel.binning.count} are left;"
                f" the others held fewer than {fit.floor:g} effective background events",
                evidence={"asked": asked, "left": channel.binning.count},
            )


def _bins(fit: Shape, axis: str) -> int | list[float]:
    bins = fit.bins.get(axis) if isinstance(fit.bins, dict) else fit.bins
    return _BINS if bins is None else bins
