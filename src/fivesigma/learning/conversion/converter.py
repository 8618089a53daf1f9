"""What a converter is, and what it raises where it can do nothing."""

from __future__ import annotations

from typing import Any, Protocol

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.conversion.graph import Graph

__all__ = ["Converter", "NotConvertibleError"]


class NotConvertibleError(FivesigmaError):
    """A model cannot be written as ONNX; the message says why."""


class Converter(Protocol):
    """Adds a trained classifier to a graph."""

    def __call__(self, graph: Graph, estimator: Any, X: str, /) -> str:
        """Return the name of what the classifier's ``score`` returns, float64 of shape (n, 1).

        Parameters
        ----------
        graph
            Where nodes are added.
        estimator
            The adapter, trained.
        X
            Name of the prepared inputs, float32 of shape (n, k).

        Raises
        ------
        NotConvertibleError
            If this one cannot be converted.
        """
        ...
