"""Which cut a model is read at, and by how much the best of many cuts flatters where it is read on the events that chose it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.finding import Finding
from fivesigma.evaluation.figures_of_merit import FigureOfMerit, MeritScan
from fivesigma.evaluation.merits import (
    Merit,
    ams_name,
    ams_of_yields,
    asimov_merit,
    expected_limit_merit,
    signal_over_root_background,
)

__all__ = ["Maximised", "maximised", "merit_of", "naive_cut_flatters"]

Maximised: TypeAlias = Literal["asimov_z", "s_over_sqrt_b", "ams", "expected_limit"]
"""What a working point maximises; the AMS is that of yields, and an expected limit is best where it is least."""


def merit_of(maximise: Maximised, *, background_uncertainty: float, regulator: float, level: float = 0.95) -> Merit:
    """Return the figure of merit of that name.

    Parameters
    ----------
    maximise
        Its name.
    background_uncertainty
        Relative, of the Asimov Z and the expected limit.
    regulator
        Of the AMS, in events.
    level
        Confidence level of the expected limit.
    """
    match maximise:
        case "asimov_z":
            return asimov_merit(background_uncertainty)
        case "s_over_sqrt_b":
            return signal_over_root_background
        case "ams":
            return ams_of_yields(regulator)
        case "expected_limit":
            return expected_limit_merit(background_uncertainty, level)


def maximised(scan: MeritScan, maximise: Maximised, regulator: float) -> FigureOfMerit:
    """Return the figure of merit whose best cut is the one that a model is read at.

    Raises
    ------
    FivesigmaError
        If it was not computed, for that regulator.
    """
    name = ams_name("yields", regulator) if maximise == "ams" else maximise
    for figure in scan.figures:
        if figure.name == name:
            return figure
    raise FivesigmaError(f"no figure of merit {name!r}{suggestion(name, [figure.name for figure in scan.figures])}")


def naive_cut_flatters(points: Mapping[str, FigureOfMerit]) -> tuple[Finding, ...]:
    """Return what the maximum read on the events that chose it adds to the honest one, where it lies above its interval.

    Parameters
    ----------
    points
        For each model the figure of merit that its cut maximises.
    """
    return tuple(
        Finding(
            code="naive-cut-flatters",
            severity="info",
            subject=model,
            message=f"{figure.title}: the best of all cuts on {model}, read on the events that chose it, is {best.naive_value:.3g};"
            f" chosen on other folds it is {best.value}",
            evidence={
                "naive": best.naive_value,
                "naive_cut": best.naive_cut,
                "honest": best.value.value,
                "low": best.value.low,
                "high": best.value.high,
            },
        )
        for model, figure in points.items()
        if (best := figure.best) is not None and best.naive_value > best.value.high
    )
