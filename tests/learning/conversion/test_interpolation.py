"""Maps in a graph are those of numpy, however many anchors there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fivesigma.learning.conversion.graph import RAW, SCORE, Graph
from fivesigma.learning.conversion.interpolation import add_interpolation
from fivesigma.learning.conversion.parity import run_graph

numbers = st.floats(-1e6, 1e6, width=32)


def mapped(X, raw, value):
    """Return the sum over columns of what a graph makes of inputs."""
    graph = Graph()
    Z = add_interpolation(graph, graph.cast("inputs", np.float64), raw, value)
    total = graph.cast(graph.add("ReduceSum", Z, graph.constant(np.array([1])), keepdims=0), np.float32)
    return run_graph(graph.model(X.shape[1], {RAW: total, SCORE: total}, {}, "").SerializeToString(), X)[0]


@settings(max_examples=40)
@given(
    st.lists(numbers, min_size=1, max_size=40, unique=True),
    arrays(np.float32, st.tuples(st.integers(1, 30), st.just(1)), elements=numbers),
    st.randoms(use_true_random=False),
)
def test_one_column(anchors, X, random):
    raw = np.sort(np.array(anchors, dtype=np.float64))
    value = np.array([random.uniform(0, 1) for _ in anchors])
    X = np.concatenate([X, raw.astype(np.float32)[:, None]])
    expected = np.interp(X[:, 0].astype(np.float64), raw, value)
    np.testing.assert_allclose(mapped(X, raw[:, None], value[:, None]), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("anchors", [1, 2, 3, 1000, 1024, 1025])
def test_columns_with_maps_of_their_own(anchors):
    generator = np.random.default_rng(anchors)
    raw = np.sort(generator.normal(size=(anchors, 3)), axis=0)
    value = generator.uniform(size=(anchors, 3))
    raw[anchors // 2 :, 1] = raw[anchors // 2, 1]  # the last of a column may be repeated
    value[anchors // 2 :, 1] = value[anchors // 2, 1]
    X = generator.normal(size=(500, 3)).astype(np.float32)
    expected = sum(np.interp(X[:, i].astype(np.float64), raw[:, i], value[:, i]) for i in range(3))
    np.testing.assert_allclose(mapped(X, raw, value), expected, rtol=1e-6, atol=1e-6)


def test_what_is_missing_stays_so():
    X = np.array([[np.nan], [0.5]], dtype=np.float32)
    np.testing.assert_array_equal(mapped(X, np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]])), [np.nan, 0.5])
