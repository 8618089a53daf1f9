"""The best cut on one input alone, which a classifier has to beat: S/B and Asimov Z against the cut, both ways round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.evaluation.choice import HonestMaximum, honest_maximum
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.merits import Merit, asimov_merit, merit_values, signal_over_background
from fivesigma.evaluation.yields import Direction, FoldYields, Yields, yields_by_fold
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["CutScan", "SingleCut", "single_cuts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutScan:
    """Yields and figures of merit against a cut in one direction, each of shape (m,); None: too little background."""

    direction: Direction
    cuts: Floats
    signal: Floats
    background: Floats
    s_over_b: tuple[float | None, ...]
    asimov_z: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleCut:
    """A cut on one input.

    Attributes
    ----------
    feature
        The input's name.
    scans
        Figures of merit against the cut, keeping what lies at and above it, and keeping what lies below.
    best_asimov_z, best_s_over_b
        The maximum of each; None where no cut leaves enough background.
    no_cut_asimov_z
        Asimov Z of all events, which a cut must beat.
    background_uncertainty
        Relative, in the Asimov Z.
    """

    feature: str
    scans: tuple[CutScan, ...]
    best_asimov_z: HonestMaximum | None
    best_s_over_b: HonestMaximum | None
    no_cut_asimov_z: float
    background_uncertainty: float


def single_cuts(
    dataset: Dataset,
    *,
    features: Sequence[str] | None = None,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    background_uncertainty: float = 0.1,
    floor: float = 10.0,
    folds: int = 5,
    seed: int = 0,
    points: int = 60,
) -> tuple[SingleCut, ...]:
    """Return the best cut on each input, the strongest input by Asimov Z first.

    Parameters
    ----------
    dataset
        The events.
    features
        Names of inputs; all if None.
    signal, background
        Names of samples; all of that kind if None.
    background_uncertainty
        Relative, in the Asimov Z.
    floor
        The least effective number of background events that a cut must leave.
    folds, seed
        The cut of a fold is chosen on the others.
    points
        Cuts tried: that many quantiles of each class.

    Raises
    ------
    FivesigmaError
        If there is no such input.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, signal=signal, background=background)
    names = dataset.inputs if features is None else tuple(features)
    columns = dataset.matrix(names)[chosen.chosen].astype(np.float64)
    fold = fold_of(dataset.id[chosen.chosen], seed=seed, folds=folds)
    results = []
    for name, values in zip(names, columns.T, strict=True):
        cuts = _candidates(values, chosen.is_signal, chosen.weight, points)
        directions: tuple[Direction, ...] = (">=", "<")
        yields = yields_by_fold(
            values, chosen.is_signal, chosen.weight, fold, folds=folds, cuts=cuts, directions=directions
        )
        results.append(_single_cut(name, yields, background_uncertainty, floor, seed))
    return tuple(sorted(results, key=_strength, reverse=True))


def _single_cut(name: str, yields: FoldYields, background_uncertainty: float, floor: float, seed: int) -> SingleCut:
    asimov, together = asimov_merit(background_uncertainty), yields.all()
    whole = asimov(
        Yields(
            signal=np.array([together.all_signal]),
            background=np.array([together.all_background]),
            signal_squares=np.zeros(1),
            background_squares=np.zeros(1),
            all_signal=together.all_signal,
            all_background=together.all_background,
        )
    )
    directions = np.array(yields.directions)
    return SingleCut(
        feature=name,
        scans=tuple(_scan(yields, directions == way, asimov, floor) for way in dict.fromkeys(yields.directions)),
        best_asimov_z=honest_maximum(yields, asimov, floor=floor, seed=seed),
        best_s_over_b=honest_maximum(yields, signal_over_background, floor=floor, seed=seed),
        no_cut_asimov_z=float(whole[0]),
        background_uncertainty=background_uncertainty,
    )


def _scan(yields: FoldYields, keep: Bools, asimov: Merit, floor: float) -> CutScan:
    part = yields.all().at(keep)
    return CutScan(
        direction=yields.directions[int(np.argmax(keep))],
        cuts=yields.cuts[keep],
        signal=part.signal,
        background=part.background,
        s_over_b=merit_values(part, signal_over_background, floor),
        asimov_z=merit_values(part, asimov, floor),
    )


def _candidates(values: Floats, is_signal: Bools, weight: Floats, points: int) -> Floats:
    steps = np.linspace(0, 1, points)
    there = ~np.isnan(values)
    classes = [mask for mask in (is_signal & there, ~is_signal & there) if weight[mask].sum() > 0]
    return np.unique([weighted_quantile(values[mask], steps, weight[mask]) for mask in classes])


def _strength(result: SingleCut) -> float:
    return result.best_asimov_z.value.value if result.best_asimov_z is not None else -np.inf
