"""Preparation in a graph gives what preparation gives."""

from __future__ import annotations

import numpy as np
import pytest

from fivesigma.learning.conversion.converter import NotConvertibleError
from fivesigma.learning.conversion.graph import RAW, SCORE, Graph
from fivesigma.learning.conversion.parity import run_graph
from fivesigma.learning.conversion.prepared import add_preparation
from fivesigma.learning.preparation import STEPS, Preparation, learn_preparation


@pytest.fixture(scope="module")
def events():
    """Inputs of many scales, one constant, one missing here and there, one always."""
    generator = np.random.default_rng(4)
    X = (generator.normal(size=(700, 5)) * [1, 100, 1e-3, 0, 1]).astype(np.float32)
    X[::6, 1] = np.nan
    X[:, 4] = np.nan
    return X


def column(preparation, X, place):
    """Return a column of what a graph prepares, with all the digits that it has."""
    graph = Graph()
    prepared = add_preparation(graph, preparation, "inputs")
    one = graph.add("Gather", prepared, graph.constant(np.array(place)), axis=1)
    return run_graph(graph.model(X.shape[1], {RAW: one, SCORE: one}, {}, "").SerializeToString(), X)[0]


@pytest.mark.parametrize(
    "names", [[], *([name] for name in STEPS), ["quantile", "pca"], ["normalise", "standard"], ["min_max", "normalise"]]
)
@pytest.mark.parametrize("impute", [False, True])
def test_every_step(events, names, impute):
    preparation = learn_preparation(names, events, np.random.default_rng(1).uniform(0, 2, len(events)), impute=impute)
    expected = preparation(events)
    new = preparation(-3 * events)  # beyond what it was learnt from
    for place in range(expected.shape[1]):
        for given, prepared in ((events, expected), (-3 * events, new)):
            np.testing.assert_allclose(column(preparation, given, place), prepared[:, place], rtol=2e-7, atol=1e-12)


def test_a_step_that_nobody_converts_is_named():
    class Fold:
        """A step from elsewhere."""

    preparation = Preparation(names=("fold",), steps=(Fold(),), indicated=np.empty(0, dtype=np.int64))
    with pytest.raises(NotConvertibleError, match="step Fold of its preparation has no converter"):
        add_preparation(Graph(), preparation, "inputs")
