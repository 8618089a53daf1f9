"""What parameters of LightGBM may be, which it says nothing of before it trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fivesigma.core.errors import suggestion

__all__ = ["DEFAULTS", "require_parameters"]


class _Number(NamedTuple):
    """What a parameter may be; it is also its default."""

    default: float
    above: float = -np.inf
    least: float = -np.inf
    most: float = np.inf

    def admits(self, value: object) -> bool:
        """Return whether a value may be set: of a whole number only another."""
        kinds = (int, np.integer) if isinstance(self.default, int) else (int, float, np.integer, np.floating)
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, kinds):
            return False
        return bool(self.above < value <= self.most and value >= self.least)

    def __str__(self) -> str:
        words = ["a whole number" if isinstance(self.default, int) else "a number"]
        words += [f"above {self.above:g}"] if self.above > -np.inf else []
        words += [f"from {self.least:g} on"] if self.least > -np.inf else []
        words += [f"up to {self.most:g}"] if self.most < np.inf else []
        return " ".join(words)


_NUMBERS = {
    "colsample_bytree": _Number(1.0, above=0, most=1),
    "early_stopping_rounds": _Number(10, least=1),
    "learning_rate": _Number(0.1, above=0),
    "max_bin": _Number(255, least=2),
    "max_depth": _Number(-1),
    "min_child_samples": _Number(20, least=0),
    "min_child_weight": _Number(1e-3, least=0),
    "min_split_gain": _Number(0.0, least=0),
    "n_estimators": _Number(300, least=1),
    "num_leaves": _Number(31, least=2, most=131072),
    "reg_alpha": _Number(0.0, least=0),
    "reg_lambda": _Number(0.0, least=0),
    "subsample": _Number(1.0, above=0, most=1),
    "subsample_for_bin": _Number(200000, least=1),
    "subsample_freq": _Number(0, least=0),
}
"""The limits are LightGBM's own."""
_BOOSTING = ("gbdt", "dart", "rf")
DEFAULTS: Mapping[str, Any] = {"boosting_type": "gbdt", **{name: number.default for name, number in _NUMBERS.items()}}
"""The parameters that may be set."""


def require_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if a parameter cannot be what it is."""
    for name, value in parameters.items():
        if name in _NUMBERS and not _NUMBERS[name].admits(value):
            raise ValueError(f"{name} must be {_NUMBERS[name]}, not {value!r}")
    boosting = parameters["boosting_type"]
    if boosting not in _BOOSTING:
        raise ValueError(f"no boosting_type {boosting!r}{suggestion(str(boosting), _BOOSTING)}")
    bagged = parameters["subsample"] < 1 and parameters["subsample_freq"] > 0
    if boosting == "rf" and not bagged and parameters["colsample_bytree"] == 1:
        raise ValueError(
            "trees of a forest (rf) differ by their events or inputs: set subsample below 1 with subsample_freq above 0,"
            " or colsample_bytree below 1"
        )
