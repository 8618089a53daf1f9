"""ONNX files that score events: what one takes, what it gives, and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, MissingExtraError, first_line, suggestion

try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states
except ImportError as error:
    raise MissingExtraError("ONNX Runtime", "onnx") from error

__all__ = ["OnnxFile", "open_onnx"]

_SCORED_AT_ONCE = 65536
_FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64}
_MAPS = "seq(map(int64,tensor(float)))"
"""What converters of scikit-learn's classifiers make of probabilities unless told otherwise: a map from class to probability."""
_SUMS_TO_ONE = 1e-3
_ERRORS = (
    states.EPFail,
    states.EngineError,
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoModel,
    states.NotFound,
    states.NotImplemented,
    states.RuntimeException,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxFile:
    """A file's content, ready to run.

    Attributes
    ----------
    called
        Its name, for messages.
    content
        All of it.
    session
        What runs it, on one thread.
    takes, gives
        Its input, of shape (events, inputs), and the output that is the score.
    """

    called: str
    content: bytes
    session: Any
    takes: Any
    gives: Any

    @property
    def inputs(self) -> int | None:
        """How many inputs it takes; None if it does not say."""
        return self.takes.shape[1] if isinstance(self.takes.shape[1], int) else None

    @property
    def events(self) -> int | None:
        """How many events it takes at a time; None if any number."""
        return self.takes.shape[0] if isinstance(self.takes.shape[0], int) else None

    def scores(self, X: Matrix) -> Floats:
        """Return one score an event, shape (n,): the only one, or the probability of the second of two classes.

        Raises
        ------
        DataError
            If it cannot be run on such inputs, or gives something else.
        """
        at_once = self.events or _SCORED_AT_ONCE
        parts = [self._run(X[start : start + at_once]) for start in range(0, len(X), at_once)]
        return np.concatenate([*parts, np.empty(0)])

    def _run(self, X: NDArray[Any]) -> Floats:
        events, lacking = len(X), (self.events or len(X)) - len(X)
        fed = np.concatenate([X, np.zeros((lacking, X.shape[1]))], dtype=_FLOATS[self.takes.type])
        try:
            (given,) = self.session.run([self.gives.name], {self.takes.name: fed})
        except _ERRORS as error:
            raise DataError(f"{self.called} cannot be run on {X.shape[1]} inputs: {first_line(error)}") from error
        if self.gives.type == _MAPS:
            given = [[probability.get(0, np.nan), probability.get(1, np.nan)] for probability in given]
        return self._score_of(np.asarray(given, dtype=np.float64), len(fed))[:events]

    def _score_of(self, given: Floats, events: int) -> Floats:
        if given.shape in ((events,), (events, 1)):
            return given.reshape(events)
        name = f"{self.called}: output {self.gives.name!r}"
        if given.shape != (events, 2):
            raise DataError(
                f"{name} has shape {given.shape} of {events} events: neither one score nor two classes for each"
            )
        if np.abs(given.sum(axis=1) - 1).max(initial=0.0) > _SUMS_TO_ONE:
            raise DataError(f"{name} has two columns that are no probabilities of two classes: they do not sum to one")
        return given[:, 1]


def open_onnx(content: bytes, called: str, output: str | None = None) -> OnnxFile:
    """Return a file ready to run.

    Parameters
    ----------
    content, called
        What is in it, and its name for messages.
    output
        The name of the output that is the score; the only one that can be if None.

    Raises
    ------
    DataError
        If it is damaged, does not take one array of shape (events, inputs), or has no such output.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # what is wrong is raised
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _ERRORS as error:
        raise DataError(f"{called}: not an ONNX model that can be run: {first_line(error)}") from error
    takes, gives = _input_of(session, called), _output_of(session, called, output)
    return OnnxFile(called=called, content=content, session=session, takes=takes, gives=gives)


def _input_of(session: Any, called: str) -> Any:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        shown = ", ".join(f"{one.name} {one.type}" for one in inputs[:5]) + (", ..." if len(inputs) > 5 else "")
        raise DataError(f"{called} has {len(inputs)} inputs ({shown}); it must have one of shape (events, inputs)")
    (only,) = inputs
    if only.type not in _FLOATS or len(only.shape) != 2:
        raise DataError(
            f"{called}: its input {only.name!r} is a {only.type} of shape {only.shape}, not numbers of shape (events, inputs)"
        )
    return only


def _output_of(session: Any, called: str, asked: str | None) -> Any:
    outputs = {one.name: one for one in session.get_outputs()}
    able = [name for name, one in outputs.items() if one.type in {*_FLOATS, _MAPS}]
    if asked is None:
        if len(able) != 1:
            several = f"its outputs {', '.join(able)} could each be the score: name one as `output`"
            raise DataError(f"{called}: {several if able else 'none of its outputs is a score'}")
        return outputs[able[0]]
    if asked not in outputs:
        raise DataError(f"{called} has no output {asked!r}{suggestion(str(asked), outputs)}")
    if asked not in able:
        raise DataError(f"{called}: its output {asked!r} is a {outputs[asked].type}, not a score")
    return outputs[asked]
