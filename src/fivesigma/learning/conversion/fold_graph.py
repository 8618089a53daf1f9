"""One fold of a model as one ONNX graph, from inputs as files have them to the score on the common scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fivesigma.learning.catalogue import classifier
from fivesigma.learning.conversion.catalogue import converter
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import INPUTS, RAW, SCORE, Graph
from fivesigma.learning.conversion.interpolation import add_interpolation
from fivesigma.learning.conversion.prepared import add_preparation
from fivesigma.learning.fitted_model import FittedModel, Point
from fivesigma.learning.scale import ScoreScale

__all__ = ["fold_graph", "input_names"]


def input_names(model: FittedModel) -> tuple[str, ...]:
    """Return the names of the columns that the graphs of a model take, in their order: its inputs, then parameters of its grid."""
    return (*model.spec.inputs, *model.spec.parametrised)


def fold_graph(model: FittedModel, fold: int) -> Any:
    """Return the graph of what scores the events of one fold.

    Its one input, ``inputs``, is float32 of shape (n, k), NaN where an event lacks something. Its outputs are float32 of shape
    (n,): ``raw``, the mean of the estimators' own scores, and ``score``, that on the common scale. Of a model that is
    parametrised, ``score`` is NaN at parameters that are no point of the grid.

    Raises
    ------
    NotConvertibleError
        If there is no converter of something in it.
    """
    if fold not in range(model.folds):
        raise ValueError(f"fold {fold} of {model.folds}")
    if model.spec.parametrised and classifier(model.spec.use).trains_on == "nothing":
        raise NotConvertibleError(
            "it takes other columns at each point of the grid, and one graph takes the same for all"
        )
    graph, fit, names = Graph(), model.fits[fold], input_names(model)
    convert = converter(model.spec.use)
    prepared = add_preparation(graph, fit.preparation, INPUTS)
    raw, *others = [convert(graph, member, prepared) for member in fit.members]
    for other in others:
        raw = graph.add("Add", raw, other)
    if others:
        raw = graph.add("Div", raw, graph.constant(np.float64(len(fit.members))))
    score = _scaled(graph, fit.scales, raw, len(model.spec.inputs))
    flat = graph.constant(np.array([-1]))
    outputs = {RAW: raw, SCORE: score}
    about = {"model": model.name, "use": model.spec.use, "fold": str(fold), "folds": str(model.folds)}
    try:
        return graph.model(
            len(names),
            {name: graph.add("Reshape", graph.cast(out, np.float32), flat) for name, out in outputs.items()},
            {**about, "inputs": ", ".join(names)},
            f"{model.name}: the score of events of fold {fold}{_unseen(model)}",
        )
    except ValueError as error:
        raise NotConvertibleError(str(error)) from error


def _unseen(model: FittedModel) -> str:
    """Return what is known of the events that the estimators learned from: nothing, if it was elsewhere."""
    return "" if classifier(model.spec.use).trains_on == "nothing" else ", by estimators that saw none of them"


def _scaled(graph: Graph, scales: Mapping[Point, ScoreScale], raw: str, inputs: int) -> str:
    """Add the common scale, at each point of a grid its own."""
    if tuple(scales) == ((),):
        return _on_scale(graph, scales[()], raw)
    width = len(next(iter(scales)))
    here = graph.add("Gather", INPUTS, graph.constant(np.arange(inputs, inputs + width)), axis=1)
    score = graph.constant(np.float64(np.nan))
    for point, scale in scales.items():
        same = graph.add("Equal", here, graph.constant(np.array(point, dtype=np.float32)))
        is_here = graph.cast(graph.add("ReduceMin", graph.cast(same, np.int32), axes=[1], keepdims=1), np.bool_)
        score = graph.add("Where", is_here, _on_scale(graph, scale, raw), score)
    return score


def _on_scale(graph: Graph, scale: ScoreScale, raw: str) -> str:
    return add_interpolation(graph, raw, scale.raw[:, None], scale.value[:, None])
