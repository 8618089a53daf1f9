"""Classifiers that learn nothing here: what they have besides, and what is asked of their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.classifiers import ModelSpec

__all__ = ["ReadyMade", "check_ready_made", "require_scores"]


@runtime_checkable
class ReadyMade(Protocol):
    """What a classifier has besides that learns nothing here: it knows already how many inputs it takes."""

    def require_inputs(self, names: Sequence[str]) -> None:
        """Raise FivesigmaError unless it takes so many inputs."""
        ...


def check_ready_made(spec: ModelSpec, estimator: ReadyMade) -> None:
    """Raise FivesigmaError if a model that learns nothing here is asked to learn, or has other inputs than it takes."""
    learning = {"prepare": bool(spec.prepare), "seeds": spec.seeds > 1, "tune": spec.tune is not None}
    for name, asked in learning.items():
        if asked:
            raise FivesigmaError(f"{spec.use} learns nothing here, so it takes no {name}")
    estimator.require_inputs(spec.inputs)


def require_scores(scores: Floats) -> Floats:
    """Return scores, shape (n,), of which none may be missing.

    Raises
    ------
    DataError
        If one is NaN or infinite; it says how many are.
    """
    if lacking := int(np.count_nonzero(~np.isfinite(scores))):
        raise DataError(
            f"{lacking} of {len(scores)} events have no score: it is missing or infinite there; select events that have one"
        )
    return scores
