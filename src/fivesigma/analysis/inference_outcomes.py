"""What an inference says, as ``results.json`` and the page have it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from fivesigma.analysis.drawing import Drawing, draw, inference_drawing
from fivesigma.analysis.grid_inference import FittedGrid
from fivesigma.analysis.inferring import Counted, FittedTemplates
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.sensitive_bins import SensitiveBins
from fivesigma.analysis.stages import Outcome
from fivesigma.core.format import number
from fivesigma.inference.counting_curve import counting_curve
from fivesigma.inference.histograms import to_uhi
from fivesigma.inference.limit_plane import LimitPlane, LimitPoint
from fivesigma.inference.limits import CLsCurve
from fivesigma.inference.published_comparison import compared_with_published
from fivesigma.inference.yields import ChannelYields
from fivesigma.plots.style import numbers
from fivesigma.searches.limit_working_point import WorkingPointCurve

__all__ = ["keep_count", "keep_fit", "keep_plane"]


def keep_count(context: RunContext, name: str, counted: Counted) -> Outcome:
    """Draw the expected limit against the cut, and return what a count leaves."""
    result = counted.result
    value = {"type": "counting", **numbers(dataclasses.replace(result, findings=()))}
    del value["findings"]
    drawings = [_cls_drawing(name, counting_curve(result, method=counted.method))]
    drawings += [] if counted.curve is None else [_curve_drawing(name, counted.curve)]
    return Outcome(value=value, findings=result.findings, figures=draw(context, drawings, "Drawing the limits"))


def _cls_drawing(name: str, curve: CLsCurve) -> Drawing:
    return inference_drawing(
        f"cls-{name}",
        f"CLs against the signal strength, {name}",
        "Where a curve falls below the line the strength is excluded; bands hold 68 % and 95 % of background-only outcomes.",
        f"CLs against the signal strength for {name}.",
        curve,
    )


def _curve_drawing(name: str, curve: WorkingPointCurve) -> Drawing:
    return inference_drawing(
        f"working-point-{name}",
        f"Expected limit against the cut, {name}",
        f"Limits are asymptotic; the exact one of the folds at their cuts is {number(float(curve.limit_exact[2]))}. Bands hold 68 % and"
        " 95 % of background-only outcomes. Marks are at the cuts that the folds chose on the others, and at the"
        " naive one; cuts in the shade leave too few simulated background events to be chosen.",
        f"Expected limit on the signal strength against the cut on {curve.model}, {name}.",
        curve,
    )


def keep_fit(context: RunContext, name: str, fitted: FittedTemplates) -> Outcome:
    """Write workspace, result and templates of a fit, draw them, and return what it leaves."""
    result, directory = fitted.result, context.directory
    directory.write_json(f"inference/{name}-workspace.json", result.workspace)
    directory.write_json(f"inference/{name}.json", numbers(dataclasses.replace(result, workspace={}, findings=())))
    directory.write_json(f"templates/{name}.json", to_uhi(fitted.templates))
    value: dict[str, Any] = {
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
        "yields": _yields(result.prefit, result.postfit),
    }
    if fitted.chosen is not None:
        value["bins_chosen"] = _bins_chosen(fitted.chosen)
    files = (f"inference/{name}-workspace.json", f"inference/{name}.json", f"templates/{name}.json")
    return Outcome(
        value=value,
        findings=result.findings,
        figures=draw(context, list(_drawings(name, fitted)), "Drawing the fits"),
        files=files,
    )


def _yields(prefit: Sequence[ChannelYields], postfit: Sequence[ChannelYields] | None) -> dict[str, Any]:
    """Return expected events of each sample and of all in each region, before the fit at μ = 1 and after it, and what was seen."""
    told = {}
    for place, before in enumerate(prefit):
        after = None if postfit is None else postfit[place]
        told[before.name] = {
            "samples": {
                sample.name: {
                    "prefit": float(before.values[row].sum()),
                    "postfit": None if after is None else float(after.values[row].sum()),
                }
                for row, sample in enumerate(before.samples)
            },
            "total": {"prefit": _total(before), "postfit": None if after is None else _total(after)},
            "observed": None if before.observed is None else float(before.observed.sum()),
        }
    return told


def _total(yields: ChannelYields) -> dict[str, float]:
    return {"value": float(yields.total.sum()), "error": yields.total_error}


def _bins_chosen(chosen: SensitiveBins) -> dict[str, Any]:
    """Return the bins of each fold, the significance that they promise, and what the naive choice promises."""
    return {
        region: {"edges": numbers(bins.edges), "z": numbers(bins.z), "naive_z": bins.naive_z}
        for region, bins in chosen.by_region.items()
    }


def keep_plane(context: RunContext, name: str, grid: FittedGrid, observable: str) -> Outcome:
    """Write templates and results of every point of a plane, draw its limits, and return what it leaves."""
    directory, plane = context.directory, grid.plane
    files = [f"inference/{name}.json"]
    directory.write_json(f"inference/{name}.json", numbers(plane.table))
    for of, made in grid.templates.items():
        file = f"templates/{name}-{of}.json" if of else f"templates/{name}.json"
        directory.write_json(file, to_uhi(made))
        files.append(file)
    for point in plane.points:
        if point.result is not None:
            file = f"inference/{name}-{'-'.join(point.signal)}-workspace.json"
            directory.write_json(file, point.result.workspace)
            files.append(file)
    value = {
        "type": "limit_plane",
        "observable": observable,
        "parameters": list(plane.parameters),
        "level": plane.level,
        "points": [_point(point) for point in plane.points],
        "published": {
            other.name: numbers(compared_with_published(plane.table, other))
            for other in plane.published
            if other.points
        },
    }
    return Outcome(
        value=value,
        findings=(*plane.findings, *grid.findings),
        figures=draw(context, _plane_drawings(name, plane, context.config.judgement.signal), "Drawing the limits"),
        files=tuple(files),
    )


def _point(point: LimitPoint) -> dict[str, Any]:
    limit, cross_section = point.limit_expected, point.cross_section_limit
    return {
        "parameters": dict(point.parameters),
        "signal": list(point.signal),
        "limit_expected": list(limit) if limit is not None else None,
        "limit_observed": point.limit_observed,
        "cross_section": point.cross_section,
        "cross_section_limit": None
        if cross_section is None
        else {"expected": list(cross_section.expected), "observed": cross_section.observed},
        "z_expected": point.result.z_expected if point.result is not None else None,
        "failure": point.failure,
    }


def _plane_drawings(name: str, plane: LimitPlane, judged: Sequence[str] | None) -> list[Drawing]:
    """Return the limits, and the templates of the point that the analysis is judged by."""
    shown = [point for point in plane.points if point.result is not None and set(point.signal) & set(judged or ())]
    templates = [_template_drawings(name, "before", point.result.prefit) for point in shown[:1] if point.result]
    return [
        inference_drawing(
            f"limits-{name}",
            f"Upper limits over the grid, {name}",
            f"Upper limits at {100 * plane.level:g} % CL; where they lie below the line at μ = 1 the signal is excluded."
            " Bands hold 68 % and 95 % of background-only outcomes.",
            f"Upper limits of {name} at every point of the signal grid.",
            plane.table,
        ),
        *(drawing for drawings in templates for drawing in drawings),
    ]


def _drawings(name: str, fitted: FittedTemplates) -> Iterator[Drawing]:
    """Yield the CLs curve, the templates of every region before and after the fit, the breakdown, the pulls and the ranking."""
    result = fitted.result
    on = "expected for μ = 1, on Asimov data" if result.postfit is None else "on the data fitted"
    yield _cls_drawing(name, result.curve)
    yield from _template_drawings(name, "before", result.prefit)
    yield from _template_drawings(name, "after", result.postfit or ())
    yield inference_drawing(
        f"breakdown-{name}",
        f"What each uncertainty costs, {name}",
        f"What each group adds to the uncertainty of μ in quadrature, {on}.",
        f"Breakdown of the uncertainty of the signal strength in {name}.",
        result.costs,
    )
    if fitted.ranking is None or not fitted.ranking.impacts:
        return
    yield inference_drawing(
        f"ranking-{name}",
        f"Ranking of the nuisance parameters, {name}",
        f"How far μ moves with each nuisance parameter held one standard deviation off, before and after the fit, and the pulls, {on}.",
        f"Nuisance parameters of {name} by their impact on the signal strength, with pulls and constraints.",
        fitted.ranking,
    )


def _template_drawings(name: str, when: str, channels: Sequence[ChannelYields]) -> list[Drawing]:
    return [
        inference_drawing(
            f"templates-{name}.{channel.name}-{when}",
            f"{name}{where}, {when} the fit",
            f"Stacked templates {when} the fit with their uncertainty, statistics of the simulation included.",
            f"Stacked templates of {name}{where}, {when} the fit.",
            channel,
        )
        for channel in channels
        for where in (f", region {channel.name}" if len(channels) > 1 else "",)
    ]
