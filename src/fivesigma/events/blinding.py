"""Data events that nobody looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.core.expressions import Expression

__all__ = ["Blinding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinding:
    """Which data events are never looked at: ``condition`` over ``observables`` and ``inputs``, expressions over columns.

    Inputs are rounded to single precision as a `Dataset` rounds them, so that a region is the same here as there.
    """

    condition: Expression
    observables: Mapping[str, Expression]
    inputs: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The columns needed to decide."""
        named = {**self.inputs, **self.observables}
        direct = self.condition.names - set(named)
        return direct.union(*(named[name].names for name in self.condition.names & set(named)))

    def hidden(self, columns: Mapping[str, Any], length: int) -> Bools:
        """Return which events, shape (n,), are blind."""
        values = {}
        for name in self.condition.names & {*self.inputs, *self.observables}:
            is_input = name in self.inputs
            value = (self.inputs if is_input else self.observables)[name].values(columns, length)
            values[name] = value.astype(np.float32).astype(np.float64) if is_input else value
        return self.condition.mask({**columns, **values}, length)
