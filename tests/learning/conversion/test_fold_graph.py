"""A fold as one graph: the mean over seeds, the common scale at each point of a grid, and scores that come from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest

from fivesigma.core.sample import SampleInfo
from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.fold_graph import fold_graph, input_names
from fivesigma.learning.conversion.graph import RAW, SCORE, Graph
from fivesigma.learning.conversion.parity import parity, run_graph
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fitted_model import model_inputs


@pytest.fixture(scope="module")
def grid(make_dataset):
    """A signal at three points of a grid."""
    dataset = make_dataset(600)
    points = [
        SampleInfo(name=f"s{m}", kind="signal", parameters={"mass": float(m), "width": 0.1}) for m in (10, 20, 30)
    ]
    sample = np.where(dataset.sample == 0, np.arange(len(dataset)) % 3, dataset.sample + 2).astype(np.int16)
    return replace(dataset, sample=sample, samples=(*points, *dataset.samples[1:]))


def test_the_mean_over_seeds(make_dataset):
    dataset = make_dataset(400)
    model = cross_fit("network", dataset, folds=2, seeds=3, prepare=["quantile", "pca"], hidden=[6], epochs=2)
    graph = fold_graph(model, 1).SerializeToString()
    assert parity(graph, model, 1, {(): dataset.X}).holds
    one = replace(model.fits[1], members=model.fits[1].members[:1])
    alone = replace(model, fits=(model.fits[0], one))
    assert not parity(graph, alone, 1, {(): dataset.X}).holds


def test_each_point_of_a_grid_has_its_scale(grid):
    model = cross_fit("lightgbm", grid, folds=2, parametrised=["mass", "width"], n_estimators=10)
    assert input_names(model) == ("a", "b", "c", "mass", "width")
    graph = fold_graph(model, 0).SerializeToString()
    inputs = {point: model_inputs(model.spec, grid, point) for point in model.points}
    assert len(inputs) == 3
    found = parity(graph, model, 0, inputs)
    assert found.holds
    # events of several points at once, and of none
    mixed = np.concatenate([inputs[(30.0, 0.1)][:5], inputs[(10.0, 0.1)][:5], inputs[(20.0, 0.1)][:2]])
    mixed[10, 3], mixed[11, 4] = 25, 0.2
    raw, score = run_graph(graph, mixed)
    assert np.isfinite(raw).all()
    np.testing.assert_array_equal(np.isnan(score), [False] * 10 + [True] * 2)
    fit = model.fits[0]
    expected = [*fit.scales[30.0, 0.1](fit.score(mixed[:5])), *fit.scales[10.0, 0.1](fit.score(mixed[5:10]))]
    np.testing.assert_allclose(score[:10], expected, atol=1e-5)


def test_scales_that_are_exchanged_are_found(grid):
    model = cross_fit("random_forest", grid, folds=2, parametrised=["mass"], n_estimators=5, max_depth=4)
    fit = model.fits[0]
    scales = dict(zip(fit.scales, reversed(fit.scales.values()), strict=True))
    exchanged = replace(model, fits=(replace(fit, scales=scales), model.fits[1]))
    inputs = {point: model_inputs(model.spec, grid, point) for point in model.points}
    found = parity(fold_graph(exchanged, 0).SerializeToString(), model, 0, inputs)
    assert found.raw < 1e-6
    assert not found.holds


@pytest.mark.parametrize("larger", [True, False])
def test_a_column_of_the_files(make_dataset, larger):
    dataset = make_dataset(400)
    model = cross_fit("column", dataset, folds=2, inputs=["a"], larger_is_signal=larger)
    graph = fold_graph(model, 0).SerializeToString()
    assert parity(graph, model, 0, {(): dataset.X[:, :1]}).holds
    np.testing.assert_array_equal(run_graph(graph, dataset.X[:, :1])[0], dataset.X[:, 0] * (1 if larger else -1))


def test_other_columns_at_each_point_are_no_graph(grid):
    columns = {f"bdt_{point.parameters['mass']:g}": grid.X[:, 0].astype(np.float64) for point in grid.samples[:3]}
    model = cross_fit(
        "column", replace(grid, observables=columns), folds=2, inputs=["bdt_{mass}"], parametrised=["mass"]
    )
    with pytest.raises(NotConvertibleError, match="other columns at each point"):
        fold_graph(model, 0)


def foreign(opset, outputs):
    """Return a model from elsewhere: 3 times the first of three inputs in double precision, or two classes."""
    make = onnx.helper
    three = make.make_node("Constant", [], ["w"], value=onnx.numpy_helper.from_array(np.array([[3.0], [0], [0]])))
    nodes = [three, make.make_node("MatMul", ["x", "w"], ["y"])]
    if outputs == 2:
        one = make.make_node("Constant", [], ["1"], value=onnx.numpy_helper.from_array(np.array(1.0)))
        nodes += [make.make_node("Sigmoid", ["y"], ["s"]), one, make.make_node("Sub", ["1", "s"], ["b"])]
        nodes.append(make.make_node("Concat", ["b", "s"], ["p"], axis=1))
    double = onnx.TensorProto.DOUBLE
    graph = make.make_graph(
        nodes,
        "foreign",
        [make.make_tensor_value_info("x", double, ["n", 3])],
        [make.make_tensor_value_info("p" if outputs == 2 else "y", double, ["n", outputs])],
    )
    return make.make_model(graph, ir_version=8, opset_imports=[make.make_opsetid("", opset)]).SerializeToString()


@pytest.mark.parametrize(("opset", "outputs"), [(17, 1), (13, 2)])
def test_a_model_from_elsewhere_becomes_part_of_the_graph(make_dataset, tmp_path, opset, outputs):
    dataset = make_dataset(400)
    path = tmp_path / "foreign.onnx"
    path.write_bytes(foreign(opset, outputs))
    model = cross_fit("onnx", dataset, folds=2, file=str(path))
    graph = fold_graph(model, 0).SerializeToString()
    assert parity(graph, model, 0, {(): dataset.X}).holds
    expected = 3.0 * dataset.X[:, 0].astype(np.float64)
    expected = expected if outputs == 1 else 1 / (1 + np.exp(-expected))
    np.testing.assert_allclose(run_graph(graph, dataset.X)[0], expected, rtol=1e-6)


def test_a_model_of_later_operators_says_so(make_dataset, tmp_path):
    path = tmp_path / "late.onnx"
    path.write_bytes(foreign(20, 1))
    model = cross_fit("onnx", make_dataset(400), folds=2, file=str(path))
    with pytest.raises(NotConvertibleError, match=r"late\.onnx cannot be part of another graph: opset 20 of ai\.onnx"):
        fold_graph(model, 0)


def test_what_onnxruntime_cannot_run_says_so():
    with pytest.raises(NotConvertibleError, match=r"onnxruntime cannot run it: .*No graph was found"):
        run_graph(onnx.ModelProto().SerializeToString(), np.zeros((2, 1), dtype=np.float32))


def test_a_graph_that_is_none_is_refused():
    graph = Graph()
    text = graph.cast("inputs", np.str_)
    with pytest.raises(ValueError, match="it would be no valid graph: "):
        graph.model(1, {RAW: text, SCORE: text}, {}, "")
