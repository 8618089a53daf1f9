"""What a mass fit leaves in ``results.json`` and on the page."""

from __future__ import annotations

import dataclasses
from typing import Any

from fivesigma.analysis.drawing import Drawing, draw, inference_drawing
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import Outcome
from fivesigma.inference.mass.spurious import SpuriousScan
from fivesigma.plots.style import numbers
from fivesigma.searches.mass_search import MassStage

__all__ = ["keep_mass_fit"]


def keep_mass_fit(context: RunContext, name: str, made: MassStage) -> Outcome:
    """Write the fits, draw them, and return what they leave."""
    result, file = made.result, f"inference/{name}.json"
    context.directory.write_json(file, numbers(dataclasses.replace(result, findings=())))
    fits = result.fits
    value: dict[str, Any] = {
        "type": "mass_fit",
        "stage": made.stage,
        "observable": fits.spectrum.name,
        "model": None if made.cut is None else made.cut.model,
        "cut": None if made.cut is None else made.cut.cut,
        "cuts": None if made.cut is None else list(made.cut.cuts),
        "range": list(result.range),
        "signal": result.signal,
        "background_events": result.background_events,
        "signal_shape": {"family": result.signal_shape.family, **numbers(result.signal_shape.parameters)},
        "background": {"family": result.background.family, "order": result.background.order},
        "cost": fits.cost,
        "chi2_h0": fits.without.chi2,
        "chi2_h1": fits.with_signal.chi2,
        "ndf_h0": fits.without.ndf,
        "z": result.z,
        "z_with_spurious_signal": result.z_with_spurious_signal,
        "z_simulation": result.z_simulation,
        "z_observed": result.z_observed,
        "p_toys": result.p_toys,
        "signal_yield": numbers(result.signal_yield),
        "spurious_signal": _spurious(result.spurious_signal),
    }
    return Outcome(
        value=value,
        findings=tuple(dataclasses.replace(finding, subject=name) for finding in result.findings),
        figures=draw(context, _drawings(name, made), "Drawing the fits"),
        files=(file,),
    )


def _spurious(scan: SpuriousScan) -> dict[str, Any]:
    """Return what is found in background alone at the signal's mass, and where it is largest."""
    at, largest = scan.at_signal, scan.largest
    return {
        "events": at.events,
        "error": at.error,
        "ratio": at.ratio,
        "ratio_error": at.ratio_error,
        "largest_ratio": largest.ratio,
        "largest_at": largest.mass,
    }


def _drawings(name: str, made: MassStage) -> list[Drawing]:
    on = "the data" if made.result.fits.cost == "poisson" else "weighted simulation"
    return [
        inference_drawing(
            f"mass-{name}",
            f"Mass fit, {made.stage}",
            f"Fits without and with a peak to {on}; below, the distance of each bin from the fit without, in units of its error.",
            f"Mass spectrum with fits without and with signal, {made.stage}.",
            made.result,
        ),
        inference_drawing(
            f"spurious-{name}",
            f"Spurious signal, {made.stage}",
            "What the fit finds in simulated background alone against the mass at which it seeks a peak, in units of the error"
            " that data leave; errors are of the simulation's statistics.",
            f"Spurious signal against mass, {made.stage}.",
            made.result.spurious_signal,
        ),
    ]
