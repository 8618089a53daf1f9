"""What passes a cut: expected signal and background and what simulation they come from, in all events and fold by fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.classes import require_classes
from fivesigma.statistics.bootstrap import multiplicities
from fivesigma.statistics.weighted import effective_numbers

__all__ = ["Direction", "FoldYields", "Yields", "replicated_yields", "yields_by_fold"]

Direction: TypeAlias = Literal[">=", "<"]
"""Whether a cut keeps what lies at and above it, or what lies below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yields:
    """What passes each of m cuts, and what there is before any.

    Attributes
    ----------
    signal, background
        Expected events, shape (m,).
    signal_squares, background_squares
        Sums of the squared weights, shape (m,).
    all_signal, all_background
        Expected events before the cut.
    """

    signal: Floats
    background: Floats
    signal_squares: Floats
    background_squares: Floats
    all_signal: float
    all_background: float

    def at(self, keep: Bools) -> Yields:
        """Return the yields of the cuts that a mask of shape (m,) keeps."""
        return Yields(
            signal=self.signal[keep],
            background=self.background[keep],
            signal_squares=self.signal_squares[keep],
            background_squares=self.background_squares[keep],
            all_signal=self.all_signal,
            all_background=self.all_background,
        )

    @property
    def background_effective(self) -> Floats:
        """Effective number of background events, (Σw)² / Σw², shape (m,)."""
        return effective_numbers(self.background, self.background_squares)

    def allowed(self, floor: float) -> Bools:
        """Return which cuts leave a positive background of at least ``floor`` effective events, shape (m,)."""
        return (self.background > 0) & (self.signal + self.background >= 0) & (self.background_effective >= floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldYields:
    """What passes each of m cuts in each of k folds.

    Attributes
    ----------
    cuts
        Shape (m,).
    directions
        Whether each keeps what lies at and above it, or what lies below.
    sums
        Σw of signal, of background, then Σw² of each: shape (4, k, m).
    totals
        Σw of signal and of background before the cut, shape (2, k).
    """

    cuts: Floats
    directions: tuple[Direction, ...]
    sums: Floats
    totals: Floats

    def of(self, folds: Bools, scale: float = 1.0) -> Yields:
        """Return the yields of the folds that a mask of shape (k,) keeps, weights multiplied by ``scale``."""
        signal, background, signal_squares, background_squares = self.sums[:, folds].sum(axis=1)
        all_signal, all_background = self.totals[:, folds].sum(axis=1) * scale
        return Yields(
            signal=signal * scale,
            background=background * scale,
            signal_squares=signal_squares * scale**2,
            background_squares=background_squares * scale**2,
            all_signal=float(all_signal),
            all_background=float(all_background),
        )

    def all(self) -> Yields:
        """Return the yields of all folds together."""
        return self.of(np.ones(self.sums.shape[1], dtype=np.bool_))

    def others(self, fold: int) -> Yields:
        """Return the yields of all folds but one, scaled by k / (k - 1)."""
        count = self.sums.shape[1]
        return self.of(np.arange(count) != fold, count / (count - 1))


def yields_by_fold(
    values: Floats,
    is_signal: Bools,
    weight: Floats,
    fold: NDArray[np.integer],
    *,
    folds: int,
    cuts: Floats,
    directions: tuple[Direction, ...] = (">=",),
) -> FoldYields:
    """Return what passes each cut, in each of the directions, in each fold.

    Parameters
    ----------
    values, is_signal, weight, fold
        Of the events, shape (n,); an event whose value is missing (NaN) passes no cut.
    folds
        How many folds there are, at least two.
    cuts
        Ascending, shape (m,).
    directions
        One or both; the cuts are tried in each.

    Raises
    ------
    FivesigmaError
        If there are fewer than two folds.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    require_classes(is_signal, weight, values=values, fold=fold)
    if folds < 2:
        raise FivesigmaError(f"an honest choice of a cut needs two folds or more, not {folds}")
    bins, there = len(cuts) + 1, ~np.isnan(values)
    place = fold.astype(np.int64) * bins + np.searchsorted(cuts, values, side="right")
    sums = [(power, mask) for power in (1, 2) for mask in (is_signal, ~is_signal)]
    filled = np.stack([_sums(place, weight, mask & there, power, folds * bins) for power, mask in sums])
    filled = filled.reshape(-1, folds, bins)
    totals = np.stack([_sums(fold, weight, mask, power, folds) for power, mask in sums])
    above = np.cumsum(filled[..., ::-1], axis=2)[..., ::-1][..., 1:]
    passing = {">=": above, "<": filled.sum(axis=2, keepdims=True) - above}
    return FoldYields(
        cuts=np.tile(cuts, len(directions)),
        directions=tuple(direction for direction in directions for _ in cuts),
        sums=np.concatenate([passing[direction] for direction in directions], axis=2),
        totals=totals[:2],
    )


def replicated_yields(
    values: Floats,
    is_signal: Bools,
    weight: Floats,
    fold: NDArray[np.integer],
    *,
    folds: int,
    cuts: Floats,
    replicas: int,
    seed: int,
) -> Iterator[FoldYields]:
    """Yield what passes each cut in each fold, in each bootstrap replica of the events.

    Parameters are those of `yields_by_fold`, and the replicas and seed of `fivesigma.statistics.bootstrap.multiplicities`: models
    judged on the same events with the same seed share them.
    """
    bins = len(cuts) + 1
    place = fold.astype(np.int64) * bins + np.searchsorted(cuts, values, side="right")
    kind, count = np.where(is_signal, 0, 1), folds * bins
    # Σw of signal and of background, then Σw² of each, as one product of multiplicities and a matrix of two entries an event
    columns = np.stack([kind * count + place, (2 + kind) * count + place], axis=1)
    starts = np.arange(0, 2 * len(weight) + 1, 2)
    entries = np.stack([weight, np.square(weight)], axis=1)
    matrix = sparse.csr_matrix((entries.ravel(), columns.ravel(), starts), shape=(len(weight), 4 * count)).T.tocsr()
    upwards: Direction = ">="
    for counts in multiplicities(len(weight), replicas, seed):
        filled = (matrix @ counts.T.astype(np.float64)).T.reshape(len(counts), 4, folds, bins)
        above = np.cumsum(filled[..., ::-1], axis=3)[..., ::-1]
        for sums in above:
            yield FoldYields(cuts=cuts, directions=(upwards,) * len(cuts), sums=sums[..., 1:], totals=sums[:2, :, 0])


def _sums(place: NDArray[np.integer], weight: Floats, mask: Bools, power: int, count: int) -> Floats:
    """Return Σw or Σw² of the masked events at each place."""
    return np.bincount(place[mask], weight[mask] ** power, minlength=count).astype(np.float64)
