"""Scores that come from elsewhere: a column, or a model that is ONNX already."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx

from fivesigma.core.errors import first_line
from fivesigma.learning.adapters.column import Column
from fivesigma.learning.adapters.onnx_files import OnnxFile, open_onnx
from fivesigma.learning.adapters.onnx_model import OnnxModel
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import Graph

__all__ = ["add_column", "add_onnx"]

_TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64}


def add_column(graph: Graph, adapter: Column, X: str) -> str:
    """Add a column; it is the score, or its negative is."""
    score = graph.cast(X, np.float64)
    return score if adapter.larger_is_signal else graph.add("Neg", score)


def add_onnx(graph: Graph, adapter: OnnxModel, X: str) -> str:
    """Add the graph of a file; the score is its output, or the second of two."""
    file = open_onnx(**adapter.__getstate__())
    column = _column_of(file)
    try:
        model = onnx.load_model_from_string(file.content)
        output = graph.embed(model, graph.cast(X, _TYPES[file.takes.type]), file.gives.name)
    except ValueError as error:
        raise NotConvertibleError(f"{file.called} cannot be part of another graph: {first_line(error)}") from error
    output = graph.cast(output, np.float64)
    if column is None:
        return graph.add("Reshape", output, graph.constant(np.array([-1, 1])))
    return graph.add("Gather", output, graph.constant(np.array([column])), axis=1)


def _column_of(file: OnnxFile) -> int | None:
    """Return which column of an output is the score; None if it has one number for each event."""
    shape: Any = file.gives.shape
    if file.gives.type not in _TYPES or file.events is not None:
        raise NotConvertibleError(f"{file.called} gives {file.gives.type} of {file.events or 'any number of'} events")
    if len(shape) == 1 or shape[1] == 1:
        return None
    if shape[1] != 2:
        raise NotConvertibleError(f"{file.called} does not say whether it gives one score or two classes")
    return 1
