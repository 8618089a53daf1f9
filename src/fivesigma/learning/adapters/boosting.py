"""What adapters to libraries of boosted trees share."""

from __future__ import annotations

import numpy as np

from fivesigma.learning.classifiers import Part

__all__ = ["looks", "met_missing"]

_EVERY = 10


def met_missing(part: Part) -> dict[str, str]:
    """Return what the page says of missing values, if there are any among the events."""
    return {"missing values": "each split sends them to the better side"} if np.isnan(part.X).any() else {}


def looks(trees: int) -> bool:
    """Return whether the training loss is looked at after a tree, of which there were ``trees`` before it: after every tenth.

    To look after each would take a sixth of the time of training, and nothing is decided by it.
    """
    return trees % _EVERY == 0
