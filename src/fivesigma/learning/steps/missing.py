"""A value for what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["Impute"]


@dataclass(frozen=True, slots=True)
class Impute:
    """The weighted median (k,) of each input, for what is missing; 0 of an input that always is."""

    mixes: ClassVar[bool] = False
    middle: Floats

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Impute:
        """Return the medians of what is there."""
        there = ~np.isnan(X)
        return cls(np.array([_median(X[there[:, i], i], weight[there[:, i]]) for i in range(X.shape[1])]))

    def __call__(self, X: Floats) -> Floats:
        """Return inputs of which none is missing."""
        return np.where(np.isnan(X), self.middle, X)


def _median(values: Floats, weight: Floats) -> float:
    """Return the weighted median; 0 of an input that is always missing."""
    return float(weighted_quantile(values, 0.5, weight)) if len(values) else 0.0
