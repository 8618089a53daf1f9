"""What a scan for a resonance leaves in ``results.json`` and on the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from fivesigma.analysis.drawing import draw
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.scan_drawings import scan_drawings
from fivesigma.analysis.scan_inference import Scanned
from fivesigma.analysis.stages import Outcome
from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.mass_correlation import MassCorrelations
from fivesigma.evaluation.observable_dependence import Dependence
from fivesigma.plots.style import numbers
from fivesigma.searches.anomaly.results import NullExperiments, ScanPoint, WindowScan

__all__ = ["keep_scan"]


def keep_scan(context: RunContext, name: str, made: Scanned) -> Outcome:
    """Write the scan, draw it, and return what it leaves."""
    scan, file = made.scan, f"inference/{name}.json"
    context.directory.write_json(file, numbers(dataclasses.replace(scan, events=None, findings=())))
    value: dict[str, Any] = {
        "type": "cwola_scan",
        "observable": made.observable,
        "model": made.model,
        "score": scan.score,
        "features": list(scan.features),
        "range": list(scan.spectrum.range),
        "background": {"family": scan.family, "order": scan.order},
        "training": None if made.model is not None else _training(made),
        "efficiencies": list(scan.efficiencies),
        "windows": [row for window in scan.windows for row in _rows(window)],
        "trained": [_trained(window) for window in scan.windows],
        "skipped": [{"mass": one.window.mass, "reason": one.reason} for one in scan.skipped],
        "best": None if scan.best is None else _point(scan.best),
        "trials": scan.trials,
        "p_global": _global(scan.p_global),
        "bonferroni": _global(scan.bonferroni),
        "gross_vitells": _global(scan.gross_vitells),
        "null_experiments": [_null(one) for one in scan.null_experiments],
        "correlations": _correlations(made.correlations, made.decorrelated),
    }
    return Outcome(
        value=value,
        findings=scan.findings,
        figures=draw(context, list(scan_drawings(name, made)), "Drawing the scan"),
        files=(file,),
    )


def _training(made: Scanned) -> dict[str, Any]:
    options = made.options
    return {
        "use": options.use,
        "parameters": dict(options.parameters),
        "prepare": None if options.prepare is None else list(options.prepare),
        "folds": options.folds,
        "members": options.members,
        "decorrelated": options.decorrelate,
        "efficiency_of": options.efficiency_of,
    }


def _rows(window: WindowScan) -> Iterator[dict[str, Any]]:
    for excess in window.excesses:
        yield {
            "mass": window.window.mass,
            "low": window.window.low,
            "high": window.window.high,
            "efficiency": excess.efficiency,
            "selected": excess.selected,
            "observed": excess.observed,
            "expected": excess.expected,
            "expected_error": excess.expected_error,
            "order": excess.order,
            "p_local": excess.p_value,
            "log_p_local": excess.log_p,
            "z_local": excess.z,
        }


def _trained(window: WindowScan) -> dict[str, Any]:
    return {
        "mass": window.window.mass,
        "inside": window.inside,
        "below": window.below,
        "above": window.above,
        "auc": window.auc,
        "loss": window.loss,
    }


def _point(best: ScanPoint) -> dict[str, float]:
    return {
        "mass": best.mass,
        "efficiency": best.efficiency,
        "p_local": best.p_value,
        "log_p_local": best.log_p,
        "z_local": best.z,
    }


def _global(p: Estimate | None) -> dict[str, Any] | None:
    return None if p is None else {"value": p.value, "low": p.low, "high": p.high, "method": p.method}


def _null(one: NullExperiments) -> dict[str, Any]:
    return {
        "features": one.features,
        "experiments": len(one.largest_z),
        "members": one.members,
        "p_value": _global(one.p_value),
        "largest_z": [float(z) for z in one.largest_z],
        "mean_largest_absolute_z": float(one.largest_absolute_z.mean()),
        "expected_largest_absolute_z": one.expected_absolute_z,
        "width": _global(one.width),
    }


def _correlations(made: MassCorrelations, decorrelated: MassCorrelations | None) -> dict[str, Any]:
    left = {} if decorrelated is None else decorrelated.inputs.dependences
    rows = [
        {
            "feature": name,
            **_dependence(one),
            "kept": name in made.kept,
            "decorrelated": _dependence(left[name]) if name in left else None,
        }
        for name, one in made.inputs.dependences.items()
    ]
    return {"threshold": made.threshold, "features": rows}


def _dependence(one: Dependence) -> dict[str, Any]:
    return {
        "pearson": None if one.pearson is None else numbers(one.pearson),
        "distance": None if one.distance is None else one.distance.value,
    }
