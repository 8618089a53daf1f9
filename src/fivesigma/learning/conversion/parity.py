"""How far what onnxruntime computes is from what a model computes itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import MissingExtraError, first_line
from fivesigma.learning.conversion.catalogue import trees_of
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import INPUTS, RAW, SCORE
from fivesigma.learning.conversion.trees import at_thresholds
from fivesigma.learning.fitted_model import FittedModel, Point

try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states
except ImportError as error:
    raise MissingExtraError("onnxruntime", "onnx") from error

__all__ = ["RAW_TOLERANCE", "SCORE_TOLERANCE", "Parity", "parity", "run_graph"]

RAW_TOLERANCE = 1e-5
"""Of the standard deviation of raw scores, or of a score's distance from their mean where that is larger."""
SCORE_TOLERANCE = 1e-6
"""Of the common scale, from 0 to 1, beyond what raw scores within their tolerance are mapped to."""
_REFUSALS = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NotImplemented,
    states.RuntimeException,
)
_AT_ONCE = 65536
_PROBES = 3000
_ERRORS_ONLY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Differences between a graph and its model.

    Attributes
    ----------
    events
        How many were compared, those among them that were put at thresholds of trees.
    raw
        The largest difference of raw scores, in standard deviations of these, or for a score that lies further out in its
        distance from their mean: single precision has no more digits for it.
    score
        The largest difference on the common scale.
    beyond
        How much of that a difference of raw scores within the tolerance does not explain: where many events have nearly one raw
        score, the last of its digits moves an event by much on the common scale.
    """

    events: int
    raw: float
    score: float
    beyond: float

    @property
    def holds(self) -> bool:
        """Whether raw scores are within their tolerance, and scores where these may be; a NaN is not."""
        return self.raw <= RAW_TOLERANCE and self.beyond <= SCORE_TOLERANCE


def run_graph(graph: bytes, X: Matrix) -> tuple[Floats, Floats]:
    """Return what onnxruntime makes of inputs (n, k): raw scores and scores on the common scale, each of shape (n,).

    Raises
    ------
    NotConvertibleError
        If it cannot run the graph.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = 1
    parts = [X[start : start + _AT_ONCE] for start in range(0, max(len(X), 1), _AT_ONCE)]
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        made = [session.run([RAW, SCORE], {INPUTS: np.ascontiguousarray(part, dtype=np.float32)}) for part in parts]
    except _REFUSALS as error:
        raise NotConvertibleError(f"onnxruntime cannot run it: {first_line(error)}") from error
    raw, score = (np.concatenate(pieces).astype(np.float64) for pieces in zip(*made, strict=True))
    return raw, score


def parity(graph: bytes, model: FittedModel, fold: int, at_points: Mapping[Point, Matrix]) -> Parity:
    """Compare a graph with the fold of a model that it was made from.

    Parameters
    ----------
    graph
        An ONNX file's content.
    model, fold
        What it should be.
    at_points
        Inputs (n, k) of some events as `fivesigma.learning.fitted_model.model_inputs` gives them, at each point of a grid.
    """
    fit = model.fits[fold]
    whole = {point: np.concatenate([X, *_probes(model, fold, X, point)]) for point, X in at_points.items()}
    raw, score = run_graph(graph, np.concatenate(list(whole.values())))
    ours = np.concatenate([fit.score(X) for X in whole.values()])
    reach = np.maximum(float(ours.std()) or 1.0, np.abs(ours - ours.mean()))
    ends = np.cumsum([len(X) for X in whole.values()])[:-1]

    def on_scale(values: Floats) -> Floats:
        parts = zip(whole, np.split(values, ends), strict=True)
        return np.concatenate([fit.scales[point](part) for point, part in parts])

    low, high = (on_scale(ours + side * RAW_TOLERANCE * reach) for side in (-1, 1))
    return Parity(
        events=len(raw),
        raw=_largest((raw - ours) / reach),
        score=_largest(score - on_scale(ours)),
        beyond=_largest(np.maximum(np.maximum(low - score, score - high), 0.0)),
    )


def _largest(difference: Floats) -> float:
    return float(np.abs(difference).max(initial=0.0))


def _probes(model: FittedModel, fold: int, X: Matrix, point: Point) -> Iterator[Matrix]:
    """Yield events at the thresholds of each estimator's trees, if it has trees and nothing is prepared."""
    fit = model.fits[fold]
    for member in fit.members if not fit.preparation.steps else ():
        if (trees := trees_of(model.spec.use, member)) is None:
            continue
        probes = at_thresholds(trees, X, seed=fold, most=_PROBES // len(fit.members))
        probes[:, X.shape[1] - len(point) :] = np.array(point, dtype=np.float32)
        yield probes
