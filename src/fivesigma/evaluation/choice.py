"""How a cut is chosen on other folds than those it is read on, so that the choice does not flatter the number.

For fold j the cut is the best one on the events of all other folds, whose yields are scaled by k / (k - 1); it is read on the
events of fold j. Summed over j every event is read once, with a cut it had no part in choosing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.classes import require_classes
from fivesigma.statistics.bootstrap import percentile_interval, scaled_poisson
from fivesigma.statistics.weighted import effective_numbers

__all__ = ["Direction", "FoldYields", "HonestMaximum", "Merit", "Yields", "honest_maximum", "yields_by_fold"]

Direction: TypeAlias = Literal[">=", "<"]
_REPLICAS = 1000
_METHOD = "chosen on the other folds, read on this one; interval by scaled Poisson sums with the cuts held"


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


Merit: TypeAlias = Callable[[Yields], Floats]
"""A figure of merit: of yields with a positive background, its value for each cut, shape (m,)."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestMaximum:
    """The largest value of a figure of merit, its cut chosen where it can't flatter, and the naive one beside it.

    Attributes
    ----------
    cuts, directions
        The choice for each fold.
    cut, direction
        The direction most folds chose, and the median of their cuts.
    value
        The figure of merit, each fold read with its own cut.
    signal, background
        The expected events it is made of.
    background_effective
        The effective number of background events among them.
    naive_cut, naive_direction, naive_value
        The maximum as chosen and read on the same events, with whatever background is left: biased upwards.
    """

    cuts: tuple[float, ...]
    directions: tuple[Direction, ...]
    cut: float
    direction: Direction
    value: Estimate
    signal: float
    background: float
    background_effective: float
    naive_cut: float
    naive_direction: Direction
    naive_value: float


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


def _sums(place: NDArray[np.integer], weight: Floats, mask: Bools, power: int, count: int) -> Floats:
    """Return Σw or Σw² of the masked events at each place."""
    return np.bincount(place[mask], weight[mask] ** power, minlength=count).astype(np.float64)


def honest_maximum(
    yields: FoldYields, merit: Merit, *, floor: float, naive_floor: float = 0.0, seed: int = 0
) -> HonestMaximum | None:
    """Return the maximum of a figure of merit, chosen on the other folds; None if no cut leaves enough background.

    Parameters
    ----------
    yields
        What passes each cut in each fold.
    merit
        The figure of merit.
    floor
        The least effective number of background events that a cut must leave where it is chosen.
    naive_floor
        The same for the naive choice, which asks for no more than some background if not told otherwise.
    seed
        Of the interval.
    """
    folds = range(yields.sums.shape[1])
    naive = _best(yields.all(), merit, naive_floor)
    choices = [_best(yields.others(fold), merit, floor) for fold in folds]
    chosen = [choice[0] for choice in choices if choice is not None]
    if naive is None or len(chosen) < len(choices):
        return None
    read = _summed([yields.of(np.arange(len(folds)) == fold).at(_only(yields, chosen[fold])) for fold in folds])
    value = _read(read, merit, seed) if read.allowed(0.0)[0] else None
    if value is None:
        return None
    directions = tuple(yields.directions[place] for place in chosen)
    direction = Counter(directions).most_common(1)[0][0]
    same = [float(yields.cuts[place]) for place in chosen if yields.directions[place] == direction]
    return HonestMaximum(
        cuts=tuple(float(yields.cuts[place]) for place in chosen),
        directions=directions,
        cut=float(np.median(same)),
        direction=direction,
        value=value,
        signal=float(read.signal[0]),
        background=float(read.background[0]),
        background_effective=float(read.background_effective[0]),
        naive_cut=float(yields.cuts[naive[0]]),
        naive_direction=yields.directions[naive[0]],
        naive_value=naive[1],
    )


def _best(yields: Yields, merit: Merit, floor: float) -> tuple[int, float] | None:
    """Return the place and value of the largest figure of merit among the allowed cuts, the first of equals."""
    places = np.flatnonzero(yields.allowed(floor))
    if not len(places):
        return None
    values = merit(yields.at(yields.allowed(floor)))
    return int(places[np.argmax(values)]), float(values.max())


def _only(yields: FoldYields, place: int) -> Bools:
    only: Bools = np.arange(len(yields.cuts)) == place
    return only


def _summed(parts: list[Yields]) -> Yields:
    return Yields(
        signal=np.sum([part.signal for part in parts], axis=0),
        background=np.sum([part.background for part in parts], axis=0),
        signal_squares=np.sum([part.signal_squares for part in parts], axis=0),
        background_squares=np.sum([part.background_squares for part in parts], axis=0),
        all_signal=sum(part.all_signal for part in parts),
        all_background=sum(part.all_background for part in parts),
    )


def _read(read: Yields, merit: Merit, seed: int) -> Estimate:
    """Return the figure of merit of one set of yields with its interval."""
    generator = np.random.default_rng(seed)
    replicas = Yields(
        signal=scaled_poisson(float(read.signal[0]), float(read.signal_squares[0]), _REPLICAS, generator),
        background=scaled_poisson(float(read.background[0]), float(read.background_squares[0]), _REPLICAS, generator),
        signal_squares=np.full(_REPLICAS, read.signal_squares[0]),
        background_squares=np.full(_REPLICAS, read.background_squares[0]),
        all_signal=read.all_signal,
        all_background=read.all_background,
    )
    values = merit(replicas.at(replicas.allowed(0.0)))
    return percentile_interval(float(merit(read)[0]), values, method=_METHOD)
