"""What is done to inputs before a model sees them, learnt from the events that it trains on and from no other.

Steps that treat each input by itself leave what is missing (NaN) where it is. For models that make nothing of a NaN, and for steps
that mix inputs, it becomes the weighted median of the training events; a further input, for each that was ever missing there,
says where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Ints, Matrix
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["STEPS", "Preparation", "Step", "learn_preparation"]


class Step(Protocol):
    """One step: a frozen dataclass of arrays.

    Attributes
    ----------
    mixes
        Whether it makes new inputs of several, and so needs all of them to be there.
    """

    mixes: ClassVar[bool]

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Self:
        """Return the step as training events (n, k) of training weights (n,) have it."""
        ...

    def __call__(self, X: Floats) -> Floats:
        """Return inputs (n, k) as the next step sees them."""
        ...


@dataclass(frozen=True, slots=True)
class Impute:
    """The weighted median (k,) of each input, for what is missing; 0 of an input that always is."""

    mixes: ClassVar[bool] = False
    middle: Floats

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Self:
        """Return the medians of what is there."""
        there = ~np.isnan(X)
        return cls(np.array([_median(X[there[:, i], i], weight[there[:, i]]) for i in range(X.shape[1])]))

    def __call__(self, X: Floats) -> Floats:
        """Return inputs of which none is missing."""
        return np.where(np.isnan(X), self.middle, X)


@dataclass(frozen=True, slots=True)
class Standard:
    """Inputs less their weighted mean (k,), over their weighted deviation (k,); a constant input is only centred."""

    mixes: ClassVar[bool] = False
    mean: Floats
    deviation: Floats

    @classmethod
    def learn(cls, X: Floats, weight: Floats) -> Self:
        """Return mean and deviation of what is there."""
        there = ~np.isnan(X)
        total = np.maximum(weight @ there, np.finfo(np.float64).tiny)
        mean = weight @ np.where(there, X, 0.0) / total
        deviation = np.sqrt(weight @ np.where(there, np.square(X - mean), 0.0) / total)
        return cls(mean, np.where(deviation > 0, deviation, 1.0))

    def __call__(self, X: Floats) -> Floats:
        """Return inputs of mean 0 and deviation 1."""
        return (X - self.mean) / self.deviation


STEPS: Mapping[str, type[Step]] = {"standard": Standard}
"""The steps that a user may name."""
_ALL: Mapping[str, type[Step]] = {**STEPS, "impute": Impute}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The steps by name, in their order, and which inputs get an indicator of being missing, shape (m,)."""

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    indicated: Ints

    def __call__(self, X: Matrix) -> Matrix:
        """Return inputs (n, k) as the model sees them, (n, k' + m)."""
        if not self.steps:
            return X
        Z = X.astype(np.float64)
        for step in self.steps:
            Z = step(Z)
        return np.concatenate([Z, np.isnan(X[:, self.indicated])], axis=1, dtype=np.float32)

    @property
    def description(self) -> dict[str, str]:
        """What the page says of it."""
        scaled = " → ".join(name for name in self.names if name != "impute")
        told = {"prepared by": scaled} if scaled else {}
        if len(self.indicated):
            told["missing values"] = f"median, and an indicator for {len(self.indicated)} inputs"
        return told

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that was learnt, by name."""
        learnt = {
            f"{place}.{field.name}": getattr(step, field.name)
            for place, step in enumerate(self.steps)
            for field in fields(step)  # type: ignore[arg-type] # every step is a dataclass, which a protocol cannot say
        }
        return {"indicated": self.indicated, **learnt}

    @classmethod
    def from_arrays(cls, names: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> Preparation:
        """Return what `arrays` gave; KeyError if something is not among them."""
        kinds = [_ALL[name] for name in names]
        steps = [
            kind(**{field.name: arrays[f"{place}.{field.name}"] for field in fields(kind)})  # type: ignore[arg-type] # as above
            for place, kind in enumerate(kinds)
        ]
        return cls(names=tuple(names), steps=tuple(steps), indicated=arrays["indicated"])


def learn_preparation(names: Sequence[str], X: Matrix, weight: Floats, *, impute: bool) -> Preparation:
    """Return a preparation learnt from training events.

    Parameters
    ----------
    names
        Names of `STEPS`, in the order in which inputs go through them.
    X, weight
        Inputs (n, k) and training weights (n,) of the training events; weights are not negative.
    impute
        Whether nothing may be missing in the end.
    """
    order = list(names)
    mixing = next((place for place, name in enumerate(order) if STEPS[name].mixes), None)
    if impute or mixing is not None:
        order.insert(len(order) if mixing is None else mixing, "impute")
    indicated = np.flatnonzero(np.isnan(X).any(axis=0)) if "impute" in order else np.empty(0, dtype=np.int64)
    Z, steps = X.astype(np.float64), []
    for name in order:
        steps.append(_ALL[name].learn(Z, weight))
        Z = steps[-1](Z)
    return Preparation(names=tuple(order), steps=tuple(steps), indicated=indicated)


def _median(values: Floats, weight: Floats) -> float:
    """Return the weighted median; 0 of an input that is always missing."""
    return float(weighted_quantile(values, 0.5, weight)) if len(values) else 0.0
