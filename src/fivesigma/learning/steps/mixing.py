"""Steps that treat all inputs of an event together; none of them may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["Normalise", "PrincipalComponents"]

_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Normalise:
    """The inputs of each event over their Euclidean length, which becomes 1; an event of zeros stays as it is."""

    mixes: ClassVar[bool] = True

    @classmethod
    def learn(cls, _X: Floats, _weight: Floats) -> Normalise:
        """Return the step, which is the same whatever it is learnt from."""
        return cls()

    def __call__(self, X: Floats) -> Floats:
        """Return inputs of unit length."""
        length = np.linalg.norm(X, axis=1, keepdims=True)
        return np.asarray(X / np.where(length > 0, length, 1.0))


@dataclass(frozen=True, slots=True)
class PrincipalComponents:
    """Inputs less their weighted mean (k,), along the axes in which they are uncorrelated: the columns of ``axes`` (k, k).

    The axis of largest variance is the first. The largest component of each is positive; of several as large, the first.
    """

    mixes: ClassVar[bool] = True
    mean: Floats
    axes: Floats

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> PrincipalComponents:
        """Return mean and axes: the eigenvectors of the weighted covariance."""
        total = weight.sum()
        mean = weight @ X / total
        centred = X - mean
        covariance = (centred.T * weight) @ centred / total
        axes = np.linalg.eigh(covariance).eigenvectors[:, ::-1]
        # as large to rounding is as large: the sign must not hang on the last bit
        largest = np.argmax(np.round(np.abs(axes), _DIGITS), axis=0)
        return cls(mean, np.ascontiguousarray(axes * np.sign(axes[largest, np.arange(axes.shape[1])])))

    def __call__(self, X: Floats) -> Floats:
        """Return the components, in the order of their variances."""
        return np.asarray((X - self.mean) @ self.axes)
