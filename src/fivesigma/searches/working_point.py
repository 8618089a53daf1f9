"""Counting above a working point that was chosen on other events than it is read on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import HonestMaximum, honest_maximum, score_cuts
from fivesigma.evaluation.merits import Merit, asimov_merit
from fivesigma.evaluation.yields import FoldYields, yields_by_fold
from fivesigma.inference.counting import CountingResult, count
from fivesigma.inference.counting_scan import Method
from fivesigma.statistics.weighted import effective_events

__all__ = ["chosen_cuts", "count_above_working_point", "count_in_region"]


def count_in_region(
    dataset: Dataset,
    mask: Bools,
    *,
    background_uncertainty: float = 0.0,
    method: Method = "exact",
    show_data: bool = False,
    region: str = "",
) -> CountingResult:
    """Return significance and limit from the events that a mask of shape (n,) keeps.

    Parameters
    ----------
    dataset
        The events.
    mask
        The region.
    background_uncertainty
        Relative; the simulation's own error is added in quadrature.
    method
        How limits and the observed significance are made: "exact" or "asymptotic".
    show_data
        Whether data events are counted; not while they are blind.
    region
        The region's name, for messages.

    Raises
    ------
    DataError
        If no signal is expected there.
    """
    signal = float(dataset.weight[mask & dataset.signal].sum())
    weight = dataset.weight[mask & dataset.background]
    background = float(weight.sum())
    if signal <= 0:
        raise DataError(f"region {region!r}: the expected signal is {signal:.6g}; there is nothing to search for")
    if background < 0:
        raise DataError(f"region {region!r}: the weights of the background sum to {background:.6g}, below zero")
    return count(
        signal,
        background,
        background_uncertainty=background_uncertainty,
        background_events=effective_events(weight) if weight.any() else None,
        method=method,
        observed=float(np.count_nonzero(mask & dataset.data)) if show_data else None,
        region=region,
    )


def count_above_working_point(
    dataset: Dataset,
    scores: Scores,
    mask: Bools,
    *,
    background_uncertainty: float = 0.0,
    method: Method = "exact",
    merit: Merit | None = None,
    floor: float = 10.0,
    show_data: bool = False,
    region: str = "",
) -> CountingResult:
    """Return significance and limit from the events of a region above a cut in a model's score.

    The cut of fold j is the one with the largest figure of merit on the other folds, their yields scaled by k / (k - 1), among
    cuts that leave ``floor`` effective background events.

    Parameters
    ----------
    dataset, scores
        The events, and the model's out-of-fold score of each.
    mask, background_uncertainty, method, show_data, region
        As for `count_in_region`.
    merit
        The figure of merit; the Asimov significance, background uncertainty included, if None.
    floor
        Effective background events that a cut must leave where it is chosen.

    Raises
    ------
    DataError
        If no cut leaves enough background, or no signal is expected.
    """
    _, best = chosen_cuts(
        dataset, scores, mask, merit or asimov_merit(background_uncertainty), floor=floor, region=region
    )
    above = mask & (scores.value >= np.asarray(best.cuts)[scores.fold])
    result = count_in_region(
        dataset,
        above,
        background_uncertainty=background_uncertainty,
        method=method,
        show_data=show_data,
        region=region,
    )
    return replace(result, model=scores.model, cut=best.cut, cuts=best.cuts)


def chosen_cuts(
    dataset: Dataset, scores: Scores, mask: Bools, merit: Merit, *, floor: float = 10.0, region: str = ""
) -> tuple[FoldYields, HonestMaximum]:
    """Return what passes each cut in each fold of a region, and the cut of each fold that is best on the others.

    Parameters and errors are those of `count_above_working_point`; data have no part in it.
    """
    simulated = mask & (dataset.signal | dataset.background)
    yields = yields_by_fold(
        scores.value[simulated],
        dataset.signal[simulated],
        dataset.weight[simulated],
        scores.fold[simulated],
        folds=scores.folds,
        cuts=score_cuts(),
    )
    best = honest_maximum(yields, merit, floor=floor)
    if best is None:
        raise DataError(
            f"region {region!r}: no cut on {scores.model} leaves {floor:g} effective background events in every fold"
        )
    return yields, best
