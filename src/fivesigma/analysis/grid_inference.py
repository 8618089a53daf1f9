"""Limits over a signal grid: from one set of templates, or where a model is parametrised from each point's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fivesigma.analysis.fit_systematics import systematics_of
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_names import models_of
from fivesigma.analysis.inference_schema import LimitPlane as LimitPlaneConfiguration
from fivesigma.analysis.sample_files import cross_section_at_unit_strength
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.template_filling import filled_templates
from fivesigma.core.finding import Finding
from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.inference.limit_plane import LimitPlane, LimitPoint, SignalPoint
from fivesigma.inference.published_tables import published_limits
from fivesigma.inference.signal_grid import fit_point, limit_plane
from fivesigma.inference.templates import Templates

__all__ = ["FittedGrid", "fit_grid", "published_texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedGrid:
    """The limits, and the templates that they come from: those of all points, or by point where each has its own."""

    plane: LimitPlane
    templates: Mapping[str, Templates]
    findings: tuple[Finding, ...]


def published_texts(inference: LimitPlaneConfiguration, folder: Path) -> dict[str, str]:
    """Return the tables of published limits that are to stand beside a plane, by name."""
    return {name: (folder / other.file).read_text(encoding="utf-8") for name, other in inference.published.items()}


def fit_grid(
    item: InferenceItem, inference: LimitPlaneConfiguration, texts: Mapping[str, str], workers: Workers
) -> FittedGrid:
    """Return the limits at every point of a signal grid, and beside them published ones from the ``texts`` of tables."""
    grid = _fitted(item, inference, workers)
    published = tuple(
        published_limits(
            text,
            name=name,
            parameters=inference.published[name].parameters or grid.plane.parameters,
            reference=inference.published[name].reference,
            columns=inference.published[name].columns,
        )
        for name, text in texts.items()
    )
    return replace(grid, plane=replace(grid.plane, published=published))


def _fitted(item: InferenceItem, inference: LimitPlaneConfiguration, workers: Workers) -> FittedGrid:
    config, points = item.config, _points(item.config, inference.grid)
    titles, seed = config.features.titles, config.analysis.seed
    if any(config.models[model].parametrised for model in models_of(config, inference)):
        fitted = run_map(_fit_point, [_PointItem(item, inference, point) for point in points], workers=workers)
        return FittedGrid(
            plane=LimitPlane(name=item.name, points=tuple(one.limit for one in fitted), titles=dict(titles)),
            templates={"-".join(one.limit.signal): one.templates for one in fitted},
            findings=tuple(finding for one in fitted for finding in one.findings),
        )
    filled = filled_templates(item, inference, None)
    systematics = systematics_of(config, filled.templates.regions)
    plane = limit_plane(
        filled.templates, points, systematics, name=item.name, titles=titles, seed=seed, workers=workers
    )
    return FittedGrid(plane=plane, templates={"": filled.templates}, findings=filled.findings)


@dataclass(frozen=True, slots=True)
class _PointItem:
    item: InferenceItem
    inference: LimitPlaneConfiguration
    point: SignalPoint


@dataclass(frozen=True, slots=True)
class _FittedPoint:
    limit: LimitPoint
    templates: Templates
    findings: tuple[Finding, ...]


def _fit_point(task: _PointItem, _shared: Shared) -> _FittedPoint:
    """Fill and fit the templates of one point, at which the parametrised models score all events."""
    item, point, config = task.item, task.point, task.item.config
    filled = filled_templates(item, task.inference, point.signal)
    made = filled.templates
    seed = config.analysis.seed
    limit = fit_point(made, point, systematics_of(config, made.regions), name=item.name, seed=seed)
    others = [name for name in made.names("signal") if name not in point.signal]
    return _FittedPoint(limit, made.without(others), filled.findings)


def _points(config: Configuration, grid: str) -> list[SignalPoint]:
    return [
        SignalPoint(
            parameters=sample.parameters,
            signal=(name,),
            cross_section=cross_section_at_unit_strength(sample, config.analysis.periods),
        )
        for name, sample in config.samples.items()
        if sample.grid == grid
    ]
