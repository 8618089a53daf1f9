"""Histograms of pieces are numpy's of the events: at edges, outside, of any bins, whoever the events are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.events.formats.frames import frame
from fivesigma.events.missing import MissingValues
from fivesigma.events.read import EventFiles

numbers = st.sampled_from([-1e9, -1.0, -0.1, 0.0, 0.1, 0.2, 0.3, 1 / 3, 0.7, 1.0, np.nextafter(1.0, 2.0), 3.0, 1e9])


def files(**columns):
    return EventFiles(sources=(frame({name: np.asarray(column) for name, column in columns.items()}),))


@given(
    edges=st.one_of(
        st.sets(numbers, min_size=2).map(sorted),
        st.integers(1, 30).map(lambda bins: np.linspace(-0.1, 0.7, bins + 1)),
        st.just([-np.inf, 0.1, np.inf]),
    ),
    values=st.lists(numbers, min_size=1, max_size=40),
)
def test_bins_are_those_of_numpy(edges, values):
    weight = np.random.default_rng(1).normal(size=len(values))
    made = files(x=values, w=weight).weigh("w").histogram("x", edges)
    np.testing.assert_allclose(made.values, np.histogram(values, edges, weights=weight)[0], atol=1e-12)
    np.testing.assert_allclose(made.variances, np.histogram(values, edges, weights=weight**2)[0], atol=1e-12)
    assert made.events == len(values)
    assert made.values.sum() + made.outside == pytest.approx(weight.sum())


def test_events_without_a_value_are_outside_if_values_may_be_missing():
    with_gaps = files(x=[0.5, np.nan, 0.5])
    with pytest.raises(DataError, match="not there in 1 of 3"):
        with_gaps.histogram("x", [0, 1])
    made = dataclasses.replace(with_gaps, missing=MissingValues(everywhere=(np.nan,))).histogram("x", [0, 1])
    assert (made.values.tolist(), made.outside, made.events) == ([2.0], 1.0, 3)


def test_no_event_at_all_is_a_histogram_of_zeros():
    made = files(x=[0.5, 0.7]).select("x > 1").histogram("x", [0, 0.5, 1])
    assert (made.values.tolist(), made.variances.tolist(), made.events) == ([0.0, 0.0], [0.0, 0.0], 0)


@pytest.mark.parametrize("edges", [[1.0, 0.0], [0.0, 0.0, 1.0], [0.0, np.nan], [0.0], []])
def test_edges_that_do_not_rise_are_refused(edges):
    with pytest.raises(DataError, match="edges of bins are two or more numbers that rise"):
        files(x=[0.5]).histogram("x", edges)


def test_only_the_columns_of_the_histogram_are_read_of_data():
    # data without a column that numbers its events are identified by all they hold; a histogram need not know
    source = Watched(frame({name: np.ones(3) for name in "xyz"}))
    made = EventFiles(sources=(source,)).select("y > 0").histogram("x", [0, 2], kind="data")
    assert made.values.tolist() == [3.0]
    assert source.asked == {"x", "y"}


class Watched:
    """A source that remembers which columns it was asked for."""

    def __init__(self, source):
        self.source = source
        self.asked = set()

    def __getattr__(self, name):
        return getattr(self.source, name)

    def read(self, names, spans):
        self.asked |= set(names)
        return self.source.read(names, spans)
