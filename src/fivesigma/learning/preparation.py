"""What is done to inputs before a model sees them, learnt from the events that it trains on and from no other.

Steps that treat each input by itself leave what is missing (NaN) where it is. For models that make nothing of a NaN, and for steps
that mix inputs, it becomes the weighted median of the training events; a further input, for each that was ever missing there,
says where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Ints, Matrix
from fivesigma.learning.steps.missing import Impute
from fivesigma.learning.steps.mixing import Normalise, PrincipalComponents
from fivesigma.learning.steps.quantiles import Quantile
from fivesigma.learning.steps.scaling import MaxAbs, MinMax, Standard
from fivesigma.learning.steps.step import Step

__all__ = ["STEPS", "Preparation", "learn_preparation"]

STEPS: Mapping[str, type[Step]] = {
    "max_abs": MaxAbs,
    "min_max": MinMax,
    "normalise": Normalise,
    "pca": PrincipalComponents,
    "quantile": Quantile,
    "standard": Standard,
}
"""The steps that a user may name."""
_ALL: Mapping[str, type[Step]] = {**STEPS, "impute": Impute}
_AT_ONCE = 8192
"""So many events are prepared together as stay in a processor's cache from step to step."""


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
        inputs = X.shape[1]
        prepared = np.empty((len(X), inputs + len(self.indicated)), dtype=np.float32)
        for start in range(0, len(X), _AT_ONCE):
            part, into = X[start : start + _AT_ONCE], prepared[start : start + _AT_ONCE]
            Z = part.astype(np.float64)
            for step in self.steps:
                Z = step(Z)
            into[:, :inputs] = Z
            into[:, inputs:] = np.isnan(part[:, self.indicated])
        return prepared

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
        Inputs (n, k) and training weights (n,) of the training events; weights are not negative, and events of weight 0 teach
        nothing.
    impute
        Whether nothing may be missing in the end.
    """
    order = list(names)
    mixing = next((place for place, name in enumerate(order) if STEPS[name].mixes), None)
    if impute or mixing is not None:
        order.insert(len(order) if mixing is None else mixing, "impute")
    indicated = np.flatnonzero(np.isnan(X).any(axis=0)) if "impute" in order else np.empty(0, dtype=np.int64)
    counts = weight > 0
    Z, weight, steps = X[counts].astype(np.float64), weight[counts], list[Step]()
    for name in order:
        if steps:
            Z = steps[-1](Z)
        steps.append(_ALL[name].learn(Z, weight))
    return Preparation(names=tuple(order), steps=tuple(steps), indicated=indicated)
