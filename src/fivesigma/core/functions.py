"""The functions that expressions may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from fivesigma.core import kinematics

__all__ = ["FUNCTIONS", "Function"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of arrays and how many arguments it takes; ``most`` is None where there is no limit."""

    call: Callable[..., Any]
    least: int = 1
    most: int | None = 1
    multiple_of: int = 1

    def wrong_count(self, count: int) -> str | None:
        """Return how many arguments are right, in words, if ``count`` are wrong; else None."""
        if count >= self.least and (self.most is None or count <= self.most) and count % self.multiple_of == 0:
            return None
        if self.most is None:
            unit = f" in steps of {self.multiple_of}" if self.multiple_of > 1 else ""
            return f"{self.least} or more arguments{unit}"
        return f"{self.least} argument" + ("s" if self.least > 1 else "")


def _exactly(count: int, call: Callable[..., Any]) -> Function:
    return Function(call, count, count)


FUNCTIONS: dict[str, Function] = {
    **{
        name: Function(getattr(np, name))
        for name in ("abs", "sqrt", "exp", "log", "log10", "floor", "ceil", "isfinite")
    },
    **{name: Function(getattr(np, name)) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: Function(getattr(np, name)) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    "atan2": _exactly(2, np.atan2),
    "hypot": _exactly(2, np.hypot),
    "where": _exactly(3, np.where),
    "min": Function(lambda *arrays: reduce(np.minimum, arrays), 2, None),
    "max": Function(lambda *arrays: reduce(np.maximum, arrays), 2, None),
    "delta_phi": _exactly(2, kinematics.delta_phi),
    "delta_r": _exactly(4, kinematics.delta_r),
    "invariant_mass": Function(kinematics.invariant_mass, 6, None, 3),
    "transverse_mass": _exactly(4, kinematics.transverse_mass),
}
"""Functions by name; `fivesigma.core.four_leptons` adds those that take a collection of leptons."""
