"""What parity calls equal: single precision may lose an outlier's last digits, and nothing else may differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.learning.conversion.graph import INPUTS, RAW, SCORE, Graph
from fivesigma.learning.conversion.interpolation import add_interpolation
from fivesigma.learning.conversion.parity import parity
from fivesigma.learning.cross_fit import cross_fit


@pytest.fixture(scope="module")
def outliers(make_dataset):
    """Events of which a few lie a thousand deviations out."""
    dataset = make_dataset(1000)
    X = dataset.X.copy()
    X[::400, 0] *= 1000
    return replace(dataset, X=X)


@pytest.fixture(scope="module")
def model(outliers):
    """A model whose score is the first input."""
    return cross_fit("column", outliers, folds=2, inputs=["a"])


def compared(model, dataset, *, factor=1.0, offset=0.0, moved=0.0):
    """Return the parity of a graph whose score is off by a factor and an offset, and on the common scale by another."""
    graph, scale = Graph(), model.fits[0].scales[()]
    x = graph.cast(INPUTS, np.float64)
    raw = graph.add("Add", graph.add("Mul", x, graph.constant(np.float64(factor))), graph.constant(np.float64(offset)))
    score = add_interpolation(graph, raw, scale.raw[:, None], scale.value[:, None])
    score = graph.add("Add", score, graph.constant(np.float64(moved)))
    flat = graph.constant(np.array([-1]))
    outputs = {RAW: raw, SCORE: score}
    outputs = {name: graph.add("Reshape", graph.cast(each, np.float32), flat) for name, each in outputs.items()}
    content = graph.model(1, outputs, {}, "").SerializeToString()
    return parity(content, model, 0, {(): dataset.X[:, :1]})


def test_the_score_itself(model, outliers):
    found = compared(model, outliers)
    assert found.holds
    assert (found.events, found.raw) == (len(outliers), 0)


def test_an_outlier_may_lose_its_last_digits(model, outliers):
    assert compared(model, outliers, factor=1 + 2e-6).holds
    assert not compared(model, outliers, factor=1 + 2e-5).holds


def test_nothing_else_may_be_off(model, outliers):
    spread = outliers.X[:, 0].std()
    assert compared(model, outliers, offset=0.9e-5 * spread).holds
    assert not compared(model, outliers, offset=1.1e-5 * spread).holds


def test_a_scale_of_another_fold_is_found_though_raw_scores_are_equal(model, outliers):
    found = compared(model, outliers, moved=1e-5)
    assert found.raw == 0
    assert found.score == pytest.approx(1e-5, rel=0.01)
    assert not found.holds


def test_what_is_no_number_is_not_equal(model, outliers):
    assert not compared(model, outliers, offset=np.nan).holds
