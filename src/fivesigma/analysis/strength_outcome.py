"""What the uncertainties of a strength leave in ``results.json`` and on the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from fivesigma.analysis.drawing import Drawing, draw, inference_drawing
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import Outcome
from fivesigma.analysis.strength_inference import StrengthOfModels
from fivesigma.plots.style import numbers
from fivesigma.searches.classifier_systematics import StrengthRow
from fivesigma.searches.count_and_fit import CountAndFit

__all__ = ["keep_strength"]

_AGAINST = {"luminosity factor": "luminosity", "purity": "purity", "events": "the number of events"}


def keep_strength(context: RunContext, name: str, made: StrengthOfModels) -> Outcome:
    """Write the curves, draw them, and return what the uncertainties of a strength leave."""
    file = f"inference/{name}.json"
    context.directory.write_json(file, numbers([dataclasses.replace(scan, findings=()) for scan in made.scans]))
    rows = [_row(scan.best, beside) for scan, beside in zip(made.scans, made.comparisons, strict=True)]
    return Outcome(
        value={"type": "strength_uncertainty", "region": made.region, "table": rows, "reaching": _reaching(made)},
        findings=made.findings,
        figures=draw(context, list(_drawings(name, made)), "Drawing the uncertainties"),
        files=(file,),
    )


def _reaching(made: StrengthOfModels) -> dict[str, Any] | None:
    """Return what would reach the target above the first model's best cut; null for what cannot."""
    targets = {scan.target for scan in made.precision} - {None}
    if not targets:
        return None
    return {"target": targets.pop(), **{scan.quantity.replace(" ", "_"): scan.reached for scan in made.precision}}


def _row(row: StrengthRow, beside: CountAndFit) -> dict[str, Any]:
    fit = {"total": beside.fit, **beside.fit_parts}
    told: dict[str, Any] = numbers(row)
    return told | {"fit": numbers(fit), "gain": beside.gain}


def _drawings(name: str, made: StrengthOfModels) -> Iterator[Drawing]:
    if len(made.scans) > 1:
        yield inference_drawing(
            f"strength-{name}",
            f"Uncertainty of μ against the cut, {name}",
            "The whole uncertainty of a counted signal strength against the fraction of background that the cut takes away;"
            " points are at the cuts chosen on the other folds.",
            f"Uncertainty of the signal strength against the cut for every model of {name}.",
            list(made.scans),
        )
    yield inference_drawing(
        f"strength-fits-{name}",
        f"Counting against fitting, {name}",
        "The expected uncertainty of μ from a count at the best cut, and from a fit of the whole score with the same systematics,"
        " which the data of its other bins constrain.",
        f"Uncertainty of the signal strength from a count and from a fit for every model of {name}.",
        list(made.comparisons),
    )
    first = made.scans[0].model
    for precision in made.precision:
        yield inference_drawing(
            f"strength-{name}-{precision.quantity.replace(' ', '-')}",
            f"Uncertainty of μ against {_AGAINST[precision.quantity]}, {first}",
            f"Above the best cut on {first}, with the relative systematics that it has there: what statistics can still bring, and where"
            " systematics stop it.",
            f"Uncertainty of the signal strength against {_AGAINST[precision.quantity]} above the best cut on {first}.",
            precision,
        )
    for scan in made.scans:
        yield inference_drawing(
            f"strength-{name}-{scan.model}",
            f"What the uncertainty of μ is made of, {scan.model}",
            "Statistics and systematics of a counted signal strength against the cut; they add in quadrature. The line is at the"
            " cut chosen on the other folds.",
            f"Parts of the uncertainty of the signal strength against the cut on {scan.model}.",
            scan,
        )
    for shift in made.shifts:
        yield inference_drawing(
            f"strength-{name}-{shift.model}-{shift.systematic}",
            f"Scores under {shift.systematic}, {shift.model}",
            "Scores of nominal and of shifted events, by the same estimators. Errors of the ratio know that the events are the same.",
            f"Scores of {shift.model}, nominal and under {shift.systematic}.",
            shift,
        )
