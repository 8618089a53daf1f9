"""Scores in bins, from which the calibration error and the Brier score of every bootstrap replica are sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.statistics.bootstrap import Multiplicities

__all__ = ["Balance", "BinnedScores", "noise"]

Balance: TypeAlias = Literal["equal", "yields"]
"""The mixture of the classes that scores are read under."""


@dataclass(frozen=True, slots=True)
class BinnedScores:
    """Events by bin and class, with what is summed of them: Σw, Σw p and Σw (p - y)²."""

    place: NDArray[np.intp]
    bins: int
    groups: tuple[NDArray[np.intp], ...]
    columns: tuple[Floats, ...]
    balance: Balance

    @classmethod
    def of(
        cls, score: Floats, is_signal: Bools, weight: Floats, place: NDArray[np.intp], balance: Balance
    ) -> BinnedScores:
        """Return the events of each class, signal first, by bin."""
        columns = np.stack([weight, weight * score, weight * np.square(score - is_signal)], axis=1)
        bins = int(place.max()) + 1
        groups = [
            np.flatnonzero(kind & (place == number)) for kind in (is_signal, ~is_signal) for number in range(bins)
        ]
        return cls(place, bins, tuple(groups), tuple(columns[group] for group in groups), balance)

    def measure(self, counts: Multiplicities) -> Floats:
        """Return calibration error and Brier score of r replicas, shape (r, 2); NaN where a class has no positive weight."""
        pairs = zip(self.groups, self.columns, strict=True)
        sums = np.stack([np.take(counts, group, axis=1) @ columns for group, columns in pairs], axis=1)
        sums = sums.reshape(len(counts), 2, self.bins, 3)
        totals = sums[..., 0].sum(axis=2)
        whole = (totals > 0).all(axis=1)
        sums, totals = sums[whole], totals[whole]
        if self.balance == "equal":
            sums = sums / totals[:, :, np.newaxis, np.newaxis]
        weight, summed, squares = np.moveaxis(sums.sum(axis=1), 2, 0)
        signal = sums[:, 0, :, 0]
        measured = np.full((len(counts), 2), np.nan)
        # share |mean score - fraction| of a bin is |Σw p - Σw of signal|, whatever the sign of its weight
        measured[whole, 0] = np.abs(summed - signal).sum(axis=1) / weight.sum(axis=1)
        measured[whole, 1] = squares.sum(axis=1) / weight.sum(axis=1)
        return measured


def noise(score: Floats, weight: Floats) -> float:
    """Return the mean of |Σw (p - y)| in a bin where each event is signal with probability p: √(2/π) of its deviation."""
    return float(np.sqrt(2 / np.pi * (np.square(weight) * score * (1 - score)).sum()))
