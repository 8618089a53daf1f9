"""How the losses of a model fell while it was trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fivesigma.core.errors import FivesigmaError

__all__ = ["LossCurves", "loss_curves", "require_finite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCurves:
    """Weighted mean losses of one model's estimators.

    Attributes
    ----------
    model
        The model's name.
    step
        What a loss is given for each of: "epoch", or "tree".
    training, validation
        For each fold, its losses, one each step.
    """

    model: str
    step: str
    training: tuple[tuple[float, ...], ...]
    validation: tuple[tuple[float, ...], ...]

    @property
    def lowest(self) -> tuple[int, ...]:
        """The step, from 1, at which each fold's validation loss was lowest."""
        return tuple(losses.index(min(losses)) + 1 for losses in self.validation)


def loss_curves(
    model: str, built: Sequence[Mapping[str, Any]], history: Sequence[Mapping[str, Sequence[float]]]
) -> LossCurves | None:
    """Return the losses of a model from what each fold's estimator was built as and its history; None if it has none."""
    folds = [fold for fold in history if fold.get("training") and fold.get("validation")]
    if not folds:
        return None
    return LossCurves(
        model=model,
        step="epoch" if any("epochs" in fold for fold in built) else "tree",
        training=tuple(tuple(fold["training"]) for fold in folds),
        validation=tuple(tuple(fold["validation"]) for fold in folds),
    )


def require_finite(history: Mapping[str, Sequence[float]]) -> None:
    """Raise FivesigmaError if a loss is none, which tells that training diverged, whatever the scores then look like."""
    for part, losses in history.items():
        if (
            lost := next((step for step, loss in enumerate(losses, start=1) if not math.isfinite(loss)), None)
        ) is not None:
            raise FivesigmaError(
                f"training diverges: the {part} loss is {losses[lost - 1]} at step {lost} of {len(losses)}"
            )
