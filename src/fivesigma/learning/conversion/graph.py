"""An ONNX graph as it is built: nodes and constants under names of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fivesigma.core.errors import MissingExtraError, first_line
from fivesigma.core.version import __version__

try:
    import onnx
    from onnx import TensorProto, compose, helper, numpy_helper
except ImportError as error:
    raise MissingExtraError("ONNX", "onnx") from error

__all__ = ["INPUTS", "IR_VERSION", "ML", "OPSETS", "RAW", "SCORE", "Graph"]

ML = "ai.onnx.ml"
"""The domain of the operators of machine learning, trees among them."""
OPSETS: Mapping[str, int] = {"": 17, ML: 3}
IR_VERSION = 8
"""With these opsets, what onnxruntime 1.17 reads, and every later one."""
INPUTS, RAW, SCORE = "inputs", "raw", "score"


class Graph:
    """A graph that grows; what its methods return are names of tensors, to be given to further nodes."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._opsets = dict(OPSETS)

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def add_arrays(
        self, operator: str, X: str, domain: str, arrays: Mapping[str, NDArray[Any] | list[bytes]], **attributes: Any
    ) -> str:
        """Add a node of one input with long lists as attributes, of which `add` would look at every number by itself."""
        name = self.add(operator, X, domain=domain, **attributes)
        for key, values in arrays.items():
            attribute = self._nodes[-1].attribute.add(name=key)
            if isinstance(values, list):
                attribute.type = onnx.AttributeProto.STRINGS
                attribute.strings.extend(values)
            elif values.dtype.kind == "f":
                attribute.type = onnx.AttributeProto.FLOATS
                attribute.floats.extend(values.tolist())
            else:
                attribute.type = onnx.AttributeProto.INTS
                attribute.ints.extend(values.tolist())
        return name

    def constant(self, values: NDArray[Any] | np.generic) -> str:
        """Add a constant of the type that the values have and return its name."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def cast(self, tensor: str, dtype: DTypeLike) -> str:
        """Add a change of type."""
        return self.add("Cast", tensor, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def embed(self, model: Any, X: str, output: str) -> str:
        """Add the nodes of another model of one input, fed by ``X``, and return the name of one of its outputs.

        Raises
        ------
        ValueError
            If it needs later opsets than ours; what operators of an earlier one mean here, `model` checks.
        """
        for opset in model.opset_import:
            if self._opsets.setdefault(opset.domain, opset.version) < opset.version:
                raise ValueError(f"opset {opset.version} of {opset.domain or 'ai.onnx'}, above {OPSETS[opset.domain]}")
        prefix = f"e{len(self._nodes)}_"
        part = compose.add_prefix(model, prefix).graph
        self._nodes.append(helper.make_node("Identity", [X], [part.input[0].name], name=part.input[0].name))
        wanted = f"{prefix}{output}"
        self._nodes += _needed(part.node, wanted)
        self._constants += part.initializer
        return wanted

    def model(self, inputs: int, outputs: Mapping[str, str], about: Mapping[str, str], doc: str) -> Any:
        """Return the whole as an ONNX model, checked.

        Parameters
        ----------
        inputs
            How many inputs an event has: the graph's one input is `INPUTS`, float32 of shape (events, inputs).
        outputs
            Tensors by the name that they get outside, each float32 of shape (events,).
        about
            What the model says of itself.
        doc
            What it is, in words.

        Raises
        ------
        ValueError
            If it is larger than a file of this kind may be, or no valid graph: something embedded is none.
        """
        nodes = [*self._nodes, *(helper.make_node("Identity", [inner], [name]) for name, inner in outputs.items())]
        graph = helper.make_graph(
            nodes,
            "fivesigma",
            [helper.make_tensor_value_info(INPUTS, TensorProto.FLOAT, ["events", inputs])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["events"]) for name in outputs],
            self._constants,
            doc_string=doc,
        )
        model = helper.make_model(
            graph,
            ir_version=IR_VERSION,
            opset_imports=_imports(self._opsets),
            producer_name="fivesigma",
            producer_version=__version__,
        )
        helper.set_model_props(model, dict(about))
        if model.ByteSize() >= onnx.checker.MAXIMUM_PROTOBUF:
            raise ValueError(f"it would be {model.ByteSize() / 1e9:.1f} GB, and an ONNX file holds 2 GB at most")
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            raise ValueError(f"it would be no valid graph: {first_line(error)}") from error
        return model


def _needed(nodes: Sequence[Any], output: str) -> list[Any]:
    """Return the nodes, in their order, that an output is made by."""
    needed, kept = {output}, []
    for node in reversed(nodes):
        if not needed.isdisjoint(node.output):
            needed.update(node.input)
            kept.append(node)
    return kept[::-1]


def _imports(opsets: Mapping[str, int]) -> Sequence[Any]:
    return [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
