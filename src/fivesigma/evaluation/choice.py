"""How a cut is chosen on other folds than those it is read on, so that the choice does not flatter the number.

For fold j the cut is the best one on the events of all other folds, whose yields are scaled by k / (k - 1); it is read on the
events of fold j. Summed over j every event is read once, with a cut it had no part in choosing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Bytes, Floats, UInts
from fivesigma.core.estimate import Estimate
from fivesigma.core.identity import derive_seed, fold_of
from fivesigma.evaluation.merits import Merit
from fivesigma.evaluation.yields import Direction, FoldYields, Yields
from fivesigma.statistics.bootstrap import percentile_interval, scaled_poisson

__all__ = ["HonestMaximum", "chosen_value", "halves", "honest_maximum", "score_cuts"]

_REPLICAS = 1000
_METHOD = "chosen on the other folds, read on this one; interval by scaled Poisson sums with the cuts held"


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


def score_cuts() -> Floats:
    """Return cuts on the common scale, shape (100,): even up to 0.98, then even in the logarithm of what is left."""
    return np.concatenate([np.linspace(0, 0.98, 50), 1 - np.geomspace(0.019, 1e-4, 50)])


def halves(ids: UInts, *, seed: int) -> Bytes:
    """Return which half of the events each is in, 0 or 1, shape (n,), by a hash of its identifier: the same for every model."""
    return fold_of(ids, seed=derive_seed(seed, "halves"), folds=2)


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
    naive = _best(yields.all(), merit, naive_floor)
    chosen = _chosen(yields, merit, floor)
    if naive is None or chosen is None:
        return None
    read = _read_at(yields, chosen)
    if not read.allowed(0.0)[0]:
        return None
    value = _read(read, merit, seed)
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


def chosen_value(yields: FoldYields, merit: Merit, floor: float) -> float | None:
    """Return the value of `honest_maximum` alone; None where that is."""
    chosen = _chosen(yields, merit, floor)
    if chosen is None or not (read := _read_at(yields, chosen)).allowed(0.0)[0]:
        return None
    return float(merit(read)[0])


def _chosen(yields: FoldYields, merit: Merit, floor: float) -> list[int] | None:
    """Return the place of each fold's cut, the best on the other folds; None if a fold has none."""
    choices = [_best(yields.others(fold), merit, floor) for fold in range(yields.sums.shape[1])]
    places = [choice[0] for choice in choices if choice is not None]
    return places if len(places) == len(choices) else None


def _read_at(yields: FoldYields, chosen: list[int]) -> Yields:
    """Return what passes each fold's own cut, all folds together."""
    folds = range(yields.sums.shape[1])
    return _summed([yields.of(np.arange(len(folds)) == fold).at(_only(yields, chosen[fold])) for fold in folds])


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
