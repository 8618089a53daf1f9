"""Which cut measures a signal strength best, chosen on other folds than those it is read on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import DataError
from fivesigma.evaluation.yields import FoldYields, Yields
from fivesigma.inference.strength_uncertainty import StrengthUncertainty, strength_uncertainty
from fivesigma.searches.strength_changes import Group, StrengthChanges

__all__ = ["chosen_places", "left_by", "mc_statistics_of", "read_at", "uncertainty_of"]


def uncertainty_of(yields: Yields, changes: Mapping[Group, Floats]) -> StrengthUncertainty:
    """Return δμ above each of m cuts from the events that each group of systematics changes, of shape (m,) each."""
    return strength_uncertainty(
        yields.signal,
        yields.background,
        luminosity=changes["luminosity"] / (yields.signal + yields.background),
        signal_efficiency=changes["signal"] / yields.signal,
        background_efficiency=changes["background"] / yields.background,
        detector=changes["detector"],
    )


def mc_statistics_of(yields: Yields) -> Floats:
    """Return δμ from the number of simulated events above each of m cuts, √Σw² / S, shape (m,)."""
    spread: Floats = np.sqrt(yields.signal_squares + yields.background_squares) / yields.signal
    return spread


def left_by(yields: Yields, floor: float) -> Bools:
    """Return which cuts leave signal, and background of at least ``floor`` effective events."""
    return yields.allowed(floor) & (yields.signal > 0)


def chosen_places(yields: FoldYields, changes: StrengthChanges, floor: float, model: str) -> list[int]:
    """Return the place of each fold's cut: that of the smallest total δμ on the other folds, their yields scaled by k / (k - 1).

    Raises
    ------
    DataError
        If on the other folds no cut leaves signal, and background of ``floor`` effective events.
    """
    return [_choice(yields, changes, fold, floor, model) for fold in range(yields.sums.shape[1])]


def read_at(yields: FoldYields, places: Sequence[int]) -> Yields:
    """Return what passes each fold's own cut, all folds together."""
    signal, background, signal_squares, background_squares = yields.sums[:, np.arange(len(places)), places].sum(
        axis=1, keepdims=True
    )
    all_signal, all_background = yields.totals.sum(axis=1)
    return Yields(
        signal=signal,
        background=background,
        signal_squares=signal_squares,
        background_squares=background_squares,
        all_signal=float(all_signal),
        all_background=float(all_background),
    )


def _choice(yields: FoldYields, changes: StrengthChanges, fold: int, floor: float, model: str) -> int:
    """Return the place of the cut with the smallest total δμ on the other folds, the first of equals."""
    others, count = yields.others(fold), yields.sums.shape[1]
    places = np.flatnonzero(left_by(others, floor))
    if not len(places):
        raise DataError(f"no cut on {model} leaves {floor:g} effective background events, and signal, in every fold")
    moved = changes.of(np.arange(count) != fold, count / (count - 1))
    total = uncertainty_of(others.at(left_by(others, floor)), changes.by_group(moved[:, places])).total
    return int(places[np.argmin(total)])
