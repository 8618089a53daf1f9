"""Thresholds are compared in single precision as libraries compare them in double, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.learning.conversion.catalogue import trees_of
from fivesigma.learning.conversion.fold_graph import fold_graph
from fivesigma.learning.conversion.graph import RAW, SCORE, Graph
from fivesigma.learning.conversion.parity import parity, run_graph
from fivesigma.learning.conversion.trees import LEAF, Tree, Trees, add_trees, at_thresholds, below, rounded_down
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fitted_model import model_inputs

single = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(single, st.floats(allow_nan=False, allow_infinity=False))
def test_at_most_a_double_is_at_most_the_float_below_it(x, threshold):
    x = np.float32(x)
    assert (np.float64(x) <= threshold) == bool(x <= rounded_down(np.array([threshold]))[0])


@given(single, st.integers(-2, 2))
def test_at_most_a_neighbour_is_told_apart(x, steps):
    """Thresholds next to an event, where rounding to the nearest goes wrong every other time."""
    x = np.float32(x)
    threshold = np.array([np.float64(x) + steps * np.spacing(np.float64(x))])
    assert (np.float64(x) <= threshold[0]) == bool(x <= rounded_down(threshold)[0])


@given(single, single)
def test_below_is_strictly_below(x, threshold):
    x, threshold = np.float32(x), np.array([threshold], dtype=np.float32)
    assert (x < threshold[0]) == (x <= below(threshold)[0])


def tree(**changes):
    """Return a tree: input 1 above 0.1 adds 5; else input 0 at most -2 adds 1, above adds 2, and where it is missing 2."""
    arrays = {
        "feature": np.array([1, 0, 0, 0, 0]),
        "threshold": np.array([0.1, -2.0, 0.0, 0.0, 0.0]),
        "left": np.array([1, 3, LEAF, LEAF, LEAF]),
        "right": np.array([2, 4, LEAF, LEAF, LEAF]),
        "missing_left": np.array([True, False, False, False, False]),
        "value": np.array([0.0, 0.0, 5.0, 1.0, 2.0]),
    }
    return Tree(**(arrays | changes))


def scored(ensemble, X):
    graph = Graph()
    raw = graph.add(
        "Reshape", graph.cast(add_trees(graph, ensemble, "inputs"), np.float32), graph.constant(-np.ones(1, int))
    )
    model = graph.model(X.shape[1], {RAW: raw, SCORE: raw}, {}, "trees")
    return run_graph(model.SerializeToString(), X)[0]


def test_by_hand():
    nan, up = np.nan, np.nextafter(np.float32(0.1), np.float32(-1))
    X = np.array([[-2, 0], [-1.5, 0], [nan, 0], [-3, nan], [0, 1], [0, 0.1], [0, up]], dtype=np.float32)
    # float32(0.1) is above 0.1
    expected = np.array([1, 2, 2, 1, 5, 5, 2])
    np.testing.assert_array_equal(scored(Trees(trees=(tree(),)), X), expected)
    np.testing.assert_array_equal(
        scored(Trees(trees=(tree(), tree()), base=1.0, factor=0.5), X), (1 + 2 * expected) / 2
    )
    probability = scored(Trees(trees=(tree(),), logistic=True), X)
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-expected)), rtol=1e-7)


def test_without_trees_the_score_is_the_base():
    np.testing.assert_array_equal(scored(Trees(trees=(), base=-3.0), np.full((2, 4), np.nan, np.float32)), [-3, -3])


def test_the_sum_over_many_trees_loses_no_digits():
    trees = (tree(value=np.array([0, 0, 0.1, 0, 0])),) * 5000
    X = np.array([[0, 1]], dtype=np.float32)
    assert scored(Trees(trees=trees), X)[0] == pytest.approx(500, rel=1e-6)
    # as XGBoost sums
    in_turn = np.add.accumulate(np.full(5000, 0.1, dtype=np.float32))[-1]
    assert abs(in_turn / 500 - 1) > 1e-5
    assert scored(Trees(trees=trees, in_single=True), X)[0] == in_turn


def test_probes_lie_at_thresholds_and_beside_them():
    X = np.zeros((4, 2), dtype=np.float32)
    probes = at_thresholds(Trees(trees=(tree(),)), X, seed=1, most=100)
    at = rounded_down(np.array([0.1]))[0]
    assert {*probes[:, 1]} == {0, at, np.nextafter(at, np.float32(1)), np.nextafter(at, np.float32(-1))}
    assert len(probes) == 6
    assert len(at_thresholds(Trees(trees=()), X, seed=1, most=100)) == 0


@pytest.mark.parametrize("use", ["hist_gradient_boosting", "lightgbm", "random_forest", "xgboost"])
def test_a_threshold_off_by_one_bit_is_found(make_dataset, small, use):
    """Events lie at thresholds of XGBoost; at those of the others none does, and it is the probes that find it."""
    dataset = make_dataset(400)
    model = cross_fit(use, dataset, folds=2, **small.get(use, {}))
    inputs = {(): model_inputs(model.spec, dataset)}
    graph = fold_graph(model, 0)
    assert parity(graph.SerializeToString(), model, 0, inputs).holds
    (values,) = (a for node in graph.graph.node for a in node.attribute if a.name == "nodes_values")
    moved = np.nextafter(np.array(values.floats, dtype=np.float32), np.float32(np.inf))
    del values.floats[:]
    values.floats.extend(moved.tolist())
    raw, _ = run_graph(graph.SerializeToString(), inputs[()])
    differ = np.abs(raw - model.fits[0].score(inputs[()])) > 1e-5
    assert differ.any() == (use == "xgboost")
    assert not parity(graph.SerializeToString(), model, 0, inputs).holds


def test_a_missing_value_sent_to_the_other_side_is_found(make_dataset):
    dataset = make_dataset(400)
    X = dataset.X.copy()
    X[::9, 0] = np.nan
    dataset = replace(dataset, X=X)
    model = cross_fit("hist_gradient_boosting", dataset, folds=2, max_iter=3)
    graph = fold_graph(model, 0)
    (sides,) = (a for node in graph.graph.node for a in node.attribute if a.name == "nodes_missing_value_tracks_true")
    other = [1 - side for side in sides.ints]
    del sides.ints[:]
    sides.ints.extend(other)
    assert not parity(graph.SerializeToString(), model, 0, {(): X}).holds


def test_lightgbm_takes_what_is_next_to_zero_for_zero(make_dataset):
    """Found by the probes: within 1e-35 of zero, LightGBM makes no difference."""
    dataset = make_dataset(400)
    X = dataset.X.copy()
    X[:, 1] = np.rint(X[:, 1])
    X[:, 0] += X[:, 1]
    dataset = replace(dataset, X=X)
    model = cross_fit("lightgbm", dataset, folds=2, n_estimators=20)
    member = model.fits[0].members[0]
    trees = trees_of("lightgbm", member)
    near = {abs(t) for each in trees.trees for t in each.threshold[each.left != LEAF] if abs(t) < 1e-30}
    assert near
    probes = at_thresholds(trees, X, seed=1, most=10**5)
    np.testing.assert_allclose(scored(trees, probes), member.score(probes), atol=1e-6)


def test_the_graph_says_what_it_is(make_dataset, small):
    model = cross_fit("random_forest", make_dataset(200), folds=2, name="forest", n_estimators=2, max_depth=2)
    graph = fold_graph(model, 1)
    onnx.checker.check_model(graph, full_check=True)
    assert (graph.ir_version, {o.domain: o.version for o in graph.opset_import}) == (8, {"": 17, "ai.onnx.ml": 3})
    assert {p.key: p.value for p in graph.metadata_props} == {
        "model": "forest",
        "use": "random_forest",
        "fold": "1",
        "folds": "2",
        "inputs": "a, b, c",
    }
