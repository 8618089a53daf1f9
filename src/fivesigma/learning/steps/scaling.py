"""Steps that shift and scale each input by itself. What is missing stays so; an input that always is passes as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["MaxAbs", "MinMax", "Standard"]


@dataclass(frozen=True, slots=True)
class Standard:
    """Inputs less their weighted mean (k,), over their weighted deviation (k,); a constant input is only centred."""

    mixes: ClassVar[bool] = False
    mean: Floats
    deviation: Floats

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Standard:
        """Return mean and deviation of what is there."""
        there = ~np.isnan(X)
        whole = bool(there.all())
        total = weight.sum() if whole else np.maximum(weight @ there, np.finfo(np.float64).tiny)
        # measured from an event of their own, equal values have exactly no deviation
        origin = np.nan_to_num(X[there.argmax(axis=0), np.arange(X.shape[1])])
        apart = X - origin
        mean = weight @ (apart if whole else np.where(there, apart, 0.0)) / total
        apart -= mean
        squares = np.square(apart, out=apart)
        deviation = np.sqrt(weight @ (squares if whole else np.where(there, squares, 0.0)) / total)
        return cls(origin + mean, np.where(deviation > 0, deviation, 1.0))

    def __call__(self, X: Floats) -> Floats:
        """Return inputs of mean 0 and deviation 1."""
        scaled: Floats = X - self.mean
        scaled /= self.deviation
        return scaled


@dataclass(frozen=True, slots=True)
class MinMax:
    """Inputs less their lowest value (k,), over how far the highest is from it, their width (k,); a constant input is 0."""

    mixes: ClassVar[bool] = False
    lowest: Floats
    width: Floats

    @classmethod
    def learn(cls, X: Floats, _weight: Floats) -> MinMax:
        """Return lowest value and width of what is there."""
        lowest, highest = (np.nan_to_num(extreme.reduce(X, axis=0)) for extreme in (np.fmin, np.fmax))
        return cls(lowest, np.where(highest > lowest, highest - lowest, 1.0))

    def __call__(self, X: Floats) -> Floats:
        """Return inputs from 0 to 1 in the events that train; others may lie beyond."""
        scaled: Floats = X - self.lowest
        scaled /= self.width
        return scaled


@dataclass(frozen=True, slots=True)
class MaxAbs:
    """Inputs over their largest absolute value (k,); zero stays where it is, and an input that is always zero as it is."""

    mixes: ClassVar[bool] = False
    largest: Floats

    @classmethod
    def learn(cls, X: Floats, _weight: Floats) -> MaxAbs:
        """Return the largest absolute values of what is there."""
        largest = np.nan_to_num(np.fmax(np.fmax.reduce(X, axis=0), -np.fmin.reduce(X, axis=0)))
        return cls(np.where(largest > 0, largest, 1.0))

    def __call__(self, X: Floats) -> Floats:
        """Return inputs from -1 to 1 in the events that train; others may lie beyond."""
        return X / self.largest
