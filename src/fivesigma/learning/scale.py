"""The common score scale: a score as the fraction of background below it, so that a cut means the same in every fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, require_length
from fivesigma.core.errors import DataError

__all__ = ["ScoreScale"]

_ROUNDING = 1e-13
"""Of the spread of scores: what is closer differs by the order in which numbers were added."""


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """A monotone map from an estimator's score to [0, 1]: linear between the anchors ``raw`` → ``value``, each (m,)."""

    raw: Floats
    value: Floats

    def __post_init__(self) -> None:
        require_length(len(self.raw), value=self.value)

    @classmethod
    def fit(cls, score: Floats, is_background: Bools, weight: Floats) -> ScoreScale:
        """Return the scale on which background of the given scores is uniform.

        Parameters
        ----------
        score, is_background, weight
            Raw scores, classes and physics weights of validation events, each of shape (n,).

        Notes
        -----
        An anchor lies at each distinct background score (means over seeds that differ by rounding alone are one), at the background weight below it plus half of the weight at it.
        Two more, at the lowest and highest score of either class, carry 0 and 1, so that events beyond the last background
        event keep their order. Negative weights can make the sum dip; there the largest sum so far counts.

        Raises
        ------
        DataError
            If no background weight is there to measure against, or scores are no numbers.
        """
        if lost := int(np.count_nonzero(~np.isfinite(score))):
            raise DataError(f"{lost} of {len(score)} scores are no finite numbers: training has diverged")
        total = float(weight[is_background].sum())
        if total <= 0:
            raise DataError("the validation part has no background weight to put scores on the common scale")
        raw, place = _distinct(score[is_background])
        at = np.bincount(place, weights=weight[is_background], minlength=len(raw))
        value = np.clip(np.maximum.accumulate(np.cumsum(at) - at / 2) / total, 0.0, 1.0)
        low, high = float(score.min()), float(score.max())
        if low < raw[0]:
            raw, value = np.insert(raw, 0, low), np.insert(value, 0, 0.0)
        if high > raw[-1]:
            raw, value = np.append(raw, high), np.append(value, 1.0)
        return cls(raw, value)

    def __call__(self, score: Floats) -> Floats:
        """Return raw scores, shape (n,), on the common scale."""
        return np.interp(score, self.raw, self.value)


def _distinct(score: Floats) -> tuple[Floats, Ints]:
    """Return distinct scores (m,) in order, those that rounding alone tells apart as one, and which each score (n,) is."""
    raw, place = np.unique(score, return_inverse=True)
    begins = np.diff(raw, prepend=-np.inf) > _ROUNDING * (raw[-1] - raw[0])
    return raw[begins], (np.cumsum(begins) - 1)[place]
