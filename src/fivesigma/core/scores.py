"""What a fitted model says of each event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, require_length

__all__ = ["Scores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One score per event, made by an estimator that never saw the event.

    Attributes
    ----------
    model
        Name of the model.
    raw
        The estimator's own score, shape (n,).
    value
        The score on the common scale, shape (n,): the fraction of background that lies below it on the
        validation part of the estimator's fold, so that a cut means the same in every fold.
    fold
        Fold of the estimator that made the score, shape (n,).
    folds
        How many folds there are.
    """

    model: str
    raw: Floats
    value: Floats
    fold: NDArray[np.int8]
    folds: int

    def __post_init__(self) -> None:
        require_length(len(self.raw), value=self.value, fold=self.fold)
        if len(self.fold) and not 0 <= int(self.fold.min()) <= int(self.fold.max()) < self.folds:
            raise ValueError(f"fold numbers {self.fold.min()} to {self.fold.max()} for {self.folds} folds")

    def __len__(self) -> int:
        return len(self.raw)

    def where(self, mask: Bools) -> Scores:
        """Return the scores that a mask of shape (n,) keeps."""
        return Scores(
            model=self.model, raw=self.raw[mask], value=self.value[mask], fold=self.fold[mask], folds=self.folds
        )
