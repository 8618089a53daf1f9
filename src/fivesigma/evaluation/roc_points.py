"""The points of a ROC curve: the efficiencies of either class above each score, and how many background events stand behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.evaluation.classes import require_classes
from fivesigma.statistics.weighted import effective_numbers

__all__ = ["RocPoints", "roc_points"]

_POINTS = 500
_Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPoints:
    """All points of a ROC curve, from (0, 0) to (1, 1): a cut at each different score, the highest first.

    Attributes
    ----------
    signal_efficiency, background_efficiency
        The fractions of the weight at and above each cut, shape (p,).
    background_effective
        Effective number of background events there, shape (p,).
    """

    signal_efficiency: Floats
    background_efficiency: Floats
    background_effective: Floats

    @property
    def largest_fall(self) -> float:
        """How far either efficiency falls back at most; 0 for a curve that rises everywhere."""
        ends = (self.signal_efficiency, self.background_efficiency)
        return float(max((np.maximum.accumulate(end) - end).max() for end in ends))

    def at(self, places: _Places) -> RocPoints:
        """Return some of the points."""
        return RocPoints(
            signal_efficiency=self.signal_efficiency[places],
            background_efficiency=self.background_efficiency[places],
            background_effective=self.background_effective[places],
        )

    def thinned(self) -> RocPoints:
        """Return at most 500 of the points: half evenly along the curve, half evenly in the logarithm of the background."""
        return self.at(_thinned(self.signal_efficiency, self.background_efficiency))


def roc_points(score: Floats, is_signal: Bools, weight: Floats | None = None) -> RocPoints:
    """Return the curve alone, all of its points and no intervals; parameters and errors as for `fivesigma.evaluation.roc.roc_curve`."""
    weight = np.ones(len(score)) if weight is None else weight
    require_classes(is_signal, weight, score)
    order = np.argsort(-score, kind="stable")
    ranked, kind, weight = score[order], is_signal[order], weight[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(order) - 1)
    signal, background, squares = (
        np.concatenate([[0.0], np.cumsum(part)[last]])
        for part in (np.where(kind, weight, 0.0), np.where(kind, 0.0, weight), np.where(kind, 0.0, np.square(weight)))
    )
    return RocPoints(
        signal_efficiency=signal / signal[-1],
        background_efficiency=background / background[-1],
        background_effective=effective_numbers(background, squares),
    )


def _thinned(signal: Floats, background: Floats) -> _Places:
    if len(signal) <= _POINTS:
        return np.arange(len(signal))
    half = _POINTS // 2
    length = np.cumsum(np.abs(np.diff(signal, prepend=0.0)) + np.abs(np.diff(background, prepend=0.0)))
    rising = np.maximum.accumulate(background)
    first = rising[rising > 0][0]
    keep = np.concatenate(
        [
            np.searchsorted(length, np.linspace(0, length[-1], half)),
            np.searchsorted(rising, np.geomspace(first, 1, half - 1)),
            [len(signal) - 1],
        ]
    )
    return np.unique(np.minimum(keep, len(signal) - 1))
