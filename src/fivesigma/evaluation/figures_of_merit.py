"""What a cut on the score would bring: S/B, S/√B, purity, Asimov Z, approximate median significances (AMS).

Two different numbers go by the name AMS, and both are here under their own: of *yields*, with a regulator of 10 expected events
(the HiggsML challenge), and of *rates*, signal and background efficiency in place of yields, with a regulator of 0.001 (as
lessons have it); the second depends on no cross section or luminosity and is no significance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, table
from fivesigma.core.numbers import digits
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import HonestMaximum, honest_maximum, score_cuts
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.merits import (
    Merit,
    ams_name,
    ams_of_rates,
    ams_of_yields,
    asimov_merit,
    asimov_title,
    expected_limit_merit,
    expected_limit_title,
    merit_values,
    purity,
    signal_over_background,
    signal_over_root_background,
)
from fivesigma.evaluation.yields import yields_by_fold

__all__ = ["FigureOfMerit", "MeritScan", "figures_of_merit", "scan_merits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOfMerit:
    """One figure of merit against the cut.

    Attributes
    ----------
    name
        Identifier: "asimov_z", "ams_yields_10".
    title
        What axes call it.
    values
        Its value at each cut; None where the cut leaves too little background.
    best
        The maximum; None where no cut leaves enough background.
    """

    name: str
    title: str
    values: tuple[float | None, ...]
    best: HonestMaximum | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritScan:
    """Yields and figures of merit against the cut on a model's score.

    Attributes
    ----------
    model
        Its name.
    cuts
        Events at and above each are kept, shape (m,).
    signal, background
        Expected events, shape (m,).
    signal_error, background_error
        √Σw², from the number of simulated events, shape (m,).
    background_effective
        Effective number of background events, shape (m,).
    signal_efficiency, background_efficiency
        Shape (m,).
    background_uncertainty
        Relative, in the Asimov Z.
    floor
        The least effective number of background events that a cut must leave.
    figures
        The figures of merit.
    """

    model: str
    cuts: Floats
    signal: Floats
    background: Floats
    signal_error: Floats
    background_error: Floats
    background_effective: Floats
    signal_efficiency: Floats
    background_efficiency: Floats
    background_uncertainty: float
    floor: float
    figures: tuple[FigureOfMerit, ...]

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {}
        for figure in self.figures:
            best = figure.best
            if best is not None:
                rows[figure.title] = {
                    "cut": best.cut,
                    "signal": best.signal,
                    "background": best.background,
                    "value": best.value,
                    "read where it was chosen": best.naive_value,
                }
        return table(rows, self.model).html


def figures_of_merit(
    dataset: Dataset,
    scores: Scores,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    background_uncertainty: float = 0.1,
    regulators: Sequence[float] = (10.0,),
    rate_regulators: Sequence[float] = (0.001,),
    limit_level: float | None = None,
    floor: float = 10.0,
    seed: int = 0,
) -> MeritScan:
    """Return the figures of merit of a model against the cut on its common score scale.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each.
    signal, background
        Names of samples; all of that kind if None.
    background_uncertainty
        Relative, in the Asimov Z and in expected limits.
    regulators
        Of the AMS of yields, in expected events; one figure of merit each.
    rate_regulators
        Of the AMS of rates.
    limit_level
        Confidence level of the expected limit, "expected_limit" among the figures: 1 over it; it is left out if None.
    floor
        The least effective number of background events that a cut must leave.
    seed
        Of the intervals.

    Raises
    ------
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, scores, signal=signal, background=background)
    return scan_merits(
        scores.value[chosen.chosen],
        chosen.is_signal,
        chosen.weight,
        scores.fold[chosen.chosen],
        folds=scores.folds,
        model=scores.model,
        cuts=score_cuts(),
        merits=_merits(background_uncertainty, regulators, rate_regulators, limit_level),
        background_uncertainty=background_uncertainty,
        floor=floor,
        seed=seed,
    )


def scan_merits(
    score: Floats,
    is_signal: Bools,
    weight: Floats,
    fold: NDArray[np.integer],
    *,
    folds: int,
    model: str,
    cuts: Floats,
    merits: Sequence[tuple[str, str, Merit]],
    background_uncertainty: float = 0.1,
    floor: float = 10.0,
    seed: int = 0,
) -> MeritScan:
    """Return figures of merit, each given as (name, title, function), of events given as arrays of shape (n,)."""
    by_fold = yields_by_fold(score, is_signal, weight, fold, folds=folds, cuts=cuts)
    yields = by_fold.all()
    return MeritScan(
        model=model,
        cuts=cuts,
        signal=yields.signal,
        background=yields.background,
        signal_error=np.sqrt(yields.signal_squares),
        background_error=np.sqrt(yields.background_squares),
        background_effective=yields.background_effective,
        signal_efficiency=yields.signal / yields.all_signal,
        background_efficiency=yields.background / yields.all_background,
        background_uncertainty=background_uncertainty,
        floor=floor,
        figures=tuple(
            FigureOfMerit(
                name=name,
                title=title,
                values=merit_values(yields, merit, floor),
                best=honest_maximum(by_fold, merit, floor=floor, seed=seed),
            )
            for name, title, merit in merits
        ),
    )


def _merits(
    background_uncertainty: float,
    regulators: Sequence[float],
    rate_regulators: Sequence[float],
    limit_level: float | None,
) -> list[tuple[str, str, Merit]]:
    levels = [] if limit_level is None else [limit_level]
    return [
        ("asimov_z", asimov_title(background_uncertainty), asimov_merit(background_uncertainty)),
        ("s_over_b", "S / B", signal_over_background),
        ("s_over_sqrt_b", "S / √B", signal_over_root_background),
        ("purity", "S / (S + B)", purity),
        *(
            (ams_name("yields", value), f"AMS of yields, regulator {digits(value)}", ams_of_yields(value))
            for value in regulators
        ),
        *(
            (ams_name("rates", value), f"AMS of rates, regulator {digits(value)}", ams_of_rates(value))
            for value in rate_regulators
        ),
        *(
            (
                "expected_limit",
                expected_limit_title(level),
                expected_limit_merit(background_uncertainty, level),
            )
            for level in levels
        ),
    ]
