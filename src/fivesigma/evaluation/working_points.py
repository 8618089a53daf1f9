"""Which cut a model is read at, and by how much the best of many cuts flatters where it is read on the events that chose it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from fivesigma.core.finding import Finding
from fivesigma.evaluation.choice import HonestMaximum, Merit
from fivesigma.evaluation.figures_of_merit import MeritScan, asimov_merit
from fivesigma.statistics.significance import approximate_median_significance, signal_over_root_background

__all__ = ["Maximised", "merit_of", "naive_cut_flatters", "working_point"]

Maximised: TypeAlias = Literal["asimov_z", "s_over_sqrt_b", "ams"]
"""What a working point maximises; the AMS is that of yields."""


def merit_of(maximise: Maximised, *, background_uncertainty: float, regulator: float) -> Merit:
    """Return the figure of merit of that name.

    Parameters
    ----------
    maximise
        Its name.
    background_uncertainty
        Relative, of the Asimov Z.
    regulator
        Of the AMS, in events.
    """
    match maximise:
        case "asimov_z":
            return asimov_merit(background_uncertainty)
        case "s_over_sqrt_b":
            return lambda yields: signal_over_root_background(yields.signal, yields.background)
        case "ams":
            return lambda yields: approximate_median_significance(yields.signal, yields.background, regulator)


def working_point(scan: MeritScan, maximise: Maximised, regulator: float) -> HonestMaximum | None:
    """Return the cut that a model is read at, chosen on other folds; None if none leaves enough background."""
    name = f"ams_yields_{regulator:g}" if maximise == "ams" else maximise
    return next((figure.best for figure in scan.figures if figure.name == name), None)


def naive_cut_flatters(points: Iterable[tuple[str, str, HonestMaximum]]) -> tuple[Finding, ...]:
    """Return what the maximum read on the events that chose it adds to the honest one, where it lies above its interval.

    Parameters
    ----------
    points
        For each model its name, what the figure of merit is called, and the maximum.
    """
    return tuple(
        Finding(
            code="naive-cut-flatters",
            severity="info",
            subject=model,
            message=f"the best {title} of all cuts on {model}, read on the events that chose it, is {best.naive_value:.3g};"
            f" chosen on other folds it is {best.value}",
            evidence={
                "naive": best.naive_value,
                "naive_cut": best.naive_cut,
                "honest": best.value.value,
                "low": best.value.low,
                "high": best.value.high,
            },
        )
        for model, title, best in points
        if best.naive_value > best.value.high
    )
