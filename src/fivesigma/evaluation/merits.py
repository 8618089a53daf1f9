"""Figures of merit as functions of the yields that a cut leaves, each under the name that the field gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.numbers import digits
from fivesigma.evaluation.yields import Yields
from fivesigma.statistics import significance
from fivesigma.statistics.asymptotic_limits import asymptotic_expected_upper_limits
from fivesigma.statistics.quadrature import quadrature

__all__ = [
    "Merit",
    "ams_name",
    "ams_of_rates",
    "ams_of_yields",
    "asimov_merit",
    "asimov_title",
    "expected_limit_merit",
    "expected_limit_title",
    "improvement",
    "merit_values",
    "purity",
    "signal_over_background",
    "signal_over_root_background",
]

Merit: TypeAlias = Callable[[Yields], Floats]
"""A figure of merit: of yields with a positive background, its value for each cut, shape (m,)."""


def asimov_merit(background_uncertainty: float) -> Merit:
    """Return the Asimov Z with a relative uncertainty of the background."""

    def merit(yields: Yields) -> Floats:
        error = background_uncertainty * yields.background
        return significance.asimov_significance(yields.signal, yields.background, error)

    return merit


def asimov_title(background_uncertainty: float) -> str:
    """Return what axes call that."""
    return f"Asimov Z, {100 * background_uncertainty:g} % on B"


def expected_limit_merit(background_uncertainty: float, level: float = 0.95) -> Merit:
    """Return 1 over the median expected CLs limit on μ, largest where most is excluded.

    The background's uncertainty is the relative one and that of its finite simulation. The limit is asymptotic (arXiv:1007.1727,
    `fivesigma.statistics.asymptotic_limits`), which has none of the steps that an exact limit makes from count to count; where
    few events are expected it favours cuts that are a little tighter than the best ones, at a loss of 3 % at most.
    """

    def merit(yields: Yields) -> Floats:
        error = quadrature(background_uncertainty * yields.background, np.sqrt(yields.background_squares))
        return np.asarray(yields.signal / asymptotic_expected_upper_limits(yields.background, error, level)[2])

    return merit


def expected_limit_title(level: float = 0.95) -> str:
    """Return what axes call that."""
    return f"1 / expected {100 * level:g} % CL limit on μ"


def signal_over_background(yields: Yields) -> Floats:
    """Return S / B."""
    return yields.signal / yields.background


def signal_over_root_background(yields: Yields) -> Floats:
    """Return S / √B."""
    return significance.signal_over_root_background(yields.signal, yields.background)


def purity(yields: Yields) -> Floats:
    """Return S / (S + B)."""
    return yields.signal / (yields.signal + yields.background)


def improvement(yields: Yields) -> Floats:
    """Return the significance improvement ε_S / √ε_B: arXiv:1010.3698."""
    return yields.signal / yields.all_signal / np.sqrt(yields.background / yields.all_background)


def ams_of_yields(regulator: float) -> Merit:
    """Return the AMS of yields with a regulator in expected events."""
    return lambda yields: significance.approximate_median_significance(yields.signal, yields.background, regulator)


def ams_of_rates(regulator: float) -> Merit:
    """Return the AMS of efficiencies in place of yields, with a regulator of that kind.

    Where negative weights make the signal efficiency less than what takes all of the regulated background away, it counts as that:
    a cut as bad as any, which the yields need not show.
    """

    def merit(yields: Yields) -> Floats:
        background = yields.background / yields.all_background
        signal = np.maximum(yields.signal / yields.all_signal, -(background + regulator))
        return significance.approximate_median_significance_of_rates(signal, background, regulator)

    return merit


def ams_name(kind: Literal["yields", "rates"], regulator: float) -> str:
    """Return the identifier of an AMS: "ams_yields_10", another for each regulator."""
    return f"ams_{kind}_{digits(regulator)}"


def merit_values(yields: Yields, merit: Merit, floor: float) -> tuple[float | None, ...]:
    """Return the figure of merit at each cut, None where it leaves too little background."""
    allowed = yields.allowed(floor)
    values = iter(merit(yields.at(allowed)).tolist())
    return tuple(next(values) if good else None for good in allowed)
