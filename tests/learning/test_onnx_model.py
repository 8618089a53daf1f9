"""Models from elsewhere, as ONNX files."""

from __future__ import annotations

import pickle

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor, make_tensor_value_info

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.adapters.onnx_model import OnnxModel
from fivesigma.learning.classifiers import ModelSpec
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.storage import load_model, save_model

FLOAT, DOUBLE, TEXT, WHOLE = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.STRING, TensorProto.INT64
Z = make_tensor_value_info("z", FLOAT, ["n", 1])
P = make_tensor_value_info("p", FLOAT, ["n", 2])
LABEL = make_tensor_value_info("label", WHOLE, ["n"])
MAPS = onnx.helper.make_value_info(
    "maps",
    onnx.helper.make_sequence_type_proto(
        onnx.helper.make_map_type_proto(WHOLE, onnx.helper.make_tensor_type_proto(FLOAT, None))
    ),
)
SOFTMAX = make_node("Softmax", ["z"], ["p"], axis=1)
ARGMAX = make_node("ArgMax", ["z"], ["label"], axis=1, keepdims=0)
ZIP_MAP = make_node("ZipMap", ["p"], ["maps"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])
ONE, TWO = ((2.0,), (-1.0,)), ((0.0, 2.0), (1.0, 0.0))

X = np.random.default_rng(1).normal(size=(700, 2)).astype(np.float32)
EXPECTED = 2 * X[:, 0].astype(np.float64) - X[:, 1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "theirs.onnx"


def written(path, nodes, inputs, outputs, weights=()):
    """Write a model."""
    graph = make_graph(nodes, "planted", inputs, outputs, list(weights))
    model = make_model(graph, opset_imports=[make_opsetid("", 17), make_opsetid("ai.onnx.ml", 3)], ir_version=9)
    model.producer_name = "elsewhere"
    path.write_bytes(model.SerializeToString())
    return str(path)


def linear(path, *after, weights=ONE, outputs=(Z,), events="n", inputs=2, number=FLOAT):
    """Write a model that multiplies inputs ``x`` by weights to ``z``, with further nodes after that."""
    kernel = np.asarray(weights)
    return written(
        path,
        [make_node("MatMul", ["x", "w"], ["z"]), *after],
        [make_tensor_value_info("x", number, [events, inputs])],
        outputs,
        [make_tensor("w", number, kernel.shape, kernel.ravel())],
    )


class TestScores:
    def test_of_one_column_are_that(self, path):
        np.testing.assert_allclose(OnnxModel(file=linear(path)).score(X), EXPECTED, rtol=1e-4, atol=1e-5)

    def test_of_one_number_an_event_are_that(self, path):
        axes = make_tensor("axes", WHOLE, [1], [1])
        file = written(
            path,
            [make_node("ReduceMax", ["x"], ["m"], axes=[1], keepdims=0)],
            [make_tensor_value_info("x", FLOAT, ["n", 2])],
            [make_tensor_value_info("m", FLOAT, ["n"])],
            [axes],
        )
        np.testing.assert_array_equal(OnnxModel(file=file).score(X), X.max(axis=1))

    def test_may_be_in_double_precision(self, path):
        file = linear(path, number=DOUBLE, outputs=[make_tensor_value_info("z", DOUBLE, ["n", 1])])
        np.testing.assert_array_equal(OnnxModel(file=file).score(X), EXPECTED)

    @pytest.mark.parametrize(
        ("after", "outputs", "taken"),
        [
            ([SOFTMAX], [P], "p"),
            ([SOFTMAX, ARGMAX], [LABEL, P], "p"),
            ([SOFTMAX, ARGMAX, ZIP_MAP], [LABEL, MAPS], "maps"),
        ],
    )
    def test_of_two_classes_are_the_probability_of_the_second(self, path, after, outputs, taken):
        model = OnnxModel(file=linear(path, *after, weights=TWO, outputs=outputs))
        np.testing.assert_allclose(model.score(X), 1 / (1 + np.exp(-EXPECTED)), rtol=1e-4)
        assert model.describe() == {"file": "theirs.onnx", "score": f"output '{taken}'", "made by": "elsewhere"}

    def test_of_several_outputs_are_the_one_asked_for(self, path):
        file = linear(path, make_node("Neg", ["z"], ["p"]), outputs=[Z, make_tensor_value_info("p", FLOAT, ["n", 1])])
        with pytest.raises(DataError, match="its outputs z, p could each be the score: name one as `output`"):
            OnnxModel(file=file)
        np.testing.assert_array_equal(
            OnnxModel(file=file, output="p").score(X), -OnnxModel(file=file, output="z").score(X)
        )

    @pytest.mark.parametrize("events", [1, 300])
    def test_a_model_of_a_fixed_number_of_events_scores_all(self, path, events):
        outputs = [make_tensor_value_info("z", FLOAT, [events, 1])]
        file = linear(path, events=events, outputs=outputs)
        np.testing.assert_allclose(OnnxModel(file=file).score(X), EXPECTED, rtol=1e-4, atol=1e-5)

    def test_of_no_events_are_none(self, path):
        assert OnnxModel(file=linear(path)).score(X[:0]).shape == (0,)

    def test_go_to_another_process(self, path):
        model = OnnxModel(file=linear(path))
        again = pickle.loads(pickle.dumps(model))  # noqa: S301 - as worker processes do
        np.testing.assert_array_equal(again.score(X), model.score(X))


class TestCrossFitted:
    def test_inputs_are_in_the_order_of_the_model(self, make_dataset, path):
        dataset = make_dataset(300)
        model = cross_fit("onnx", dataset, inputs=["b", "a"], file=linear(path), folds=3)
        expected = 2 * dataset.X[:, 1] - dataset.X[:, 0]
        np.testing.assert_allclose(model.score(dataset).raw, expected, rtol=1e-4, atol=1e-5)

    def test_a_run_holds_a_copy(self, make_dataset, path, tmp_path):
        dataset = make_dataset(300)
        model = cross_fit("onnx", dataset, inputs=["a", "b"], file=linear(path), folds=3)
        folder = tmp_path / "model"
        folder.mkdir()
        save_model(model, folder)
        path.unlink()
        again = load_model(folder)
        np.testing.assert_array_equal(again.score(dataset).value, model.score(dataset).value)
        assert again.fits[0].members[0].describe() == model.fits[0].members[0].describe()
        (folder / "fold_1.onnx").write_bytes(b"damaged")
        with pytest.raises(DataError, match=r"fold_1\.onnx: not a readable model: it is not the file that was written"):
            load_model(folder)

    def test_events_that_it_has_no_score_for_are_counted(self, make_dataset, path):
        dataset = make_dataset(300)
        dataset.X[:7, 0] = np.nan
        with pytest.raises(DataError, match="model 'theirs', which takes a, b: 7 of 600 events have no score"):
            cross_fit("onnx", dataset, inputs=["a", "b"], file=linear(path), name="theirs", folds=3)


class TestRefused:
    def test_other_inputs_than_it_takes(self, path):
        spec = ModelSpec(name="m", use="onnx", inputs=("a", "b", "c"), parameters={"file": linear(path)})
        with pytest.raises(FivesigmaError, match=r"theirs\.onnx takes 2 inputs in 'x', given are 3: a, b, c"):
            check_spec(spec)

    def test_other_inputs_than_it_can_be_run_on(self, path):
        """A file may leave open how many it takes."""
        file = linear(path, inputs="k")
        check_spec(ModelSpec(name="m", use="onnx", inputs=("a", "b", "c"), parameters={"file": file}))
        with pytest.raises(DataError, match=r"theirs\.onnx cannot be run on 3 inputs: .*"):
            OnnxModel(file=file).score(np.zeros((4, 3), dtype=np.float32))

    def test_several_inputs(self, path):
        each = [make_tensor_value_info(name, FLOAT, ["n", 1]) for name in "ab"]
        file = written(path, [make_node("Add", ["a", "b"], ["z"])], each, [Z])
        with pytest.raises(DataError, match=r"has 2 inputs \(a tensor\(float\), b tensor\(float\)\); it must have one"):
            OnnxModel(file=file)

    @pytest.mark.parametrize(("kind", "shape"), [(TEXT, ["n", 2]), (WHOLE, ["n", 2]), (FLOAT, ["n", 2, 2])])
    def test_an_input_of_something_else(self, path, kind, shape):
        info = make_tensor_value_info("x", kind, shape)
        file = written(path, [make_node("Identity", ["x"], ["z"])], [info], [make_tensor_value_info("z", kind, shape)])
        with pytest.raises(DataError, match=r"its input 'x' is a tensor\(.*\) of shape .*, not numbers of shape"):
            OnnxModel(file=file)

    def test_no_output_that_is_a_score(self, path):
        file = linear(path, ARGMAX, weights=TWO, outputs=[LABEL])
        with pytest.raises(DataError, match="none of its outputs is a score"):
            OnnxModel(file=file)
        with pytest.raises(DataError, match=r"its output 'label' is a tensor\(int64\), not a score"):
            OnnxModel(file=file, output="label")

    def test_an_output_that_is_not_there(self, path):
        with pytest.raises(DataError, match="has no output 'zz'; did you mean z"):
            OnnxModel(file=linear(path), output="zz")

    def test_three_classes(self, path):
        file = linear(path, weights=np.ones((2, 3)), outputs=[make_tensor_value_info("z", FLOAT, ["n", 3])])
        with pytest.raises(DataError, match=r"output 'z' has shape \(700, 3\) of 700 events"):
            OnnxModel(file=file).score(X)

    def test_two_columns_that_are_no_probabilities(self, path):
        file = linear(path, weights=TWO, outputs=[make_tensor_value_info("z", FLOAT, ["n", 2])])
        with pytest.raises(DataError, match="no probabilities of two classes: they do not sum to one"):
            OnnxModel(file=file).score(X)

    @pytest.mark.parametrize("content", [b"", b"damaged", b"\x08\x09"])
    def test_a_damaged_file(self, path, content):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"theirs\.onnx: not an ONNX model that can be run"):
            OnnxModel(file=str(path))

    def test_a_cut_file(self, path):
        linear(path)
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(DataError, match=r"theirs\.onnx: not an ONNX model that can be run"):
            OnnxModel(file=str(path))

    def test_operators_that_no_one_knows(self, path):
        unknown = make_node("Guess", ["x"], ["z"], domain="ai.onnx.ml")
        file = written(path, [unknown], [make_tensor_value_info("x", FLOAT, ["n", 2])], [Z])
        with pytest.raises(DataError, match=r"not an ONNX model that can be run: .*Guess"):
            OnnxModel(file=file)

    @pytest.mark.parametrize(
        ("parameters", "says"),
        [
            ({}, "onnx: give the path of the model as `file`"),
            ({"file": "nowhere/model.onnx"}, r"nowhere/model\.onnx: cannot be read: No such file"),
            ({"fiel": "model.onnx"}, "did you mean file"),
        ],
    )
    def test_no_file(self, parameters, says):
        with pytest.raises(FivesigmaError, match=says):
            check_spec(ModelSpec(name="m", use="onnx", inputs=("a",), parameters=parameters))
