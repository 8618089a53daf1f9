"""Pairs of objects of the same event, among flat arrays of many events."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints

__all__ = ["nearest", "pairs", "ranked"]


def pairs(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of the same event, shapes (k,), from two rows of event numbers that never fall."""
    start, end = np.searchsorted(other, one, "left"), np.searchsorted(other, one, "right")
    count = end - start
    first = np.repeat(np.arange(len(one)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return first, np.repeat(start, count) + within


def nearest(first: Ints, distance: Floats) -> Ints:
    """Return which pairs, by their position, are the nearest of their first member: one for each that has a pair."""
    order = np.lexsort((distance, first))
    return order[np.unique(first[order], return_index=True)[1]]


def ranked(event: Ints, size: Floats, *, events: int, count: int) -> tuple[Ints, Bools]:
    """Return the positions of the largest, second largest, ... object of each event, and whether there is one.

    Parameters
    ----------
    event
        Number of the event that an object belongs to, 0 to events - 1, shape (n,), in any order.
    size
        What makes an object large, shape (n,).
    events
        How many events there are.
    count
        How many objects of each are wanted.

    Returns
    -------
    positions, present
        Each of shape (count, events); a position where nothing is present is 0.
    """
    order = np.lexsort((-size, event))
    number = np.bincount(event, minlength=events)
    rank = np.arange(count)[:, np.newaxis]
    present = rank < number
    at = np.where(present, np.cumsum(number) - number + rank, 0)
    return np.where(present, order[at] if len(order) else 0, 0), present
