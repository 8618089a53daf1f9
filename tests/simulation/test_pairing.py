"""Against loops over itertools, on any rows of events."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.simulation.objects.pairing import nearest, pairs, ranked

EVENTS = st.lists(st.integers(0, 5), max_size=12).map(sorted).map(lambda row: np.array(row, dtype=np.int64))
# few values, so that objects of equal size come about
SIZES = st.floats(0, 3).map(lambda x: round(x, 1))


@given(EVENTS, EVENTS)
def test_pairs_are_those_of_a_double_loop(one, other):
    first, second = pairs(one, other)
    expected = [(i, j) for i, j in product(range(len(one)), range(len(other))) if one[i] == other[j]]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected
    assert first.dtype == second.dtype == np.int64


@given(st.lists(st.tuples(st.integers(0, 5), SIZES), max_size=20))
def test_nearest_is_the_smallest_distance_of_each_first_member(rows):
    first, distance = np.array([row[0] for row in rows], dtype=np.int64), np.array([row[1] for row in rows])
    found = nearest(first, distance)
    assert first[found].tolist() == sorted(set(first.tolist()))
    for position in found:
        assert distance[position] == min(distance[first == first[position]])


@given(st.lists(st.tuples(st.integers(0, 4), SIZES), max_size=20), st.integers(1, 6))
def test_ranked_is_sorting_event_by_event(rows, count):
    event, size = np.array([row[0] for row in rows], dtype=np.int64), np.array([row[1] for row in rows])
    at, present = ranked(event, size, events=5, count=count)
    assert at.shape == present.shape == (count, 5)
    for number in range(5):
        largest = sorted(size[event == number], reverse=True)[:count]
        assert present[:, number].sum() == len(largest)
        assert present[: len(largest), number].all()
        chosen = at[: len(largest), number]
        assert size[chosen].tolist() == largest
        assert (event[chosen] == number).all()
        assert len(set(chosen.tolist())) == len(chosen)
    assert (at[~present] == 0).all()


def test_no_events_at_all():
    none = np.zeros(0, dtype=np.int64)
    at, present = ranked(none, np.zeros(0), events=0, count=3)
    assert at.shape == present.shape == (3, 0)
