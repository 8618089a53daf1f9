"""What is left of one piece of a file, and what is counted of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, UInts
from fivesigma.core.sample import Variation
from fivesigma.events.source import Columns
from fivesigma.events.summaries import Summary

__all__ = ["Selected", "Tally"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Events, Σw and Σw² after one step in one piece of a file, and events lost because a value is not there."""

    events: int
    total: float
    squares: float
    missing: int = 0

    @classmethod
    def of(cls, weight: Floats, rows: Ints, lost: int = 0) -> Tally:
        """Count the rows that are left, of weights of shape (n,)."""
        left = weight.take(rows)
        return cls(len(left), float(left.sum()), float(np.square(left).sum()), lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What is left of one piece of a file.

    Attributes
    ----------
    columns
        What is kept, each of shape (n,).
    weight, weights
        Weights, shape (n,), nominal and by variation.
    id
        Identifiers of the n events, or their rows in the piece if they have none.
    length
        Events of the piece as it was read.
    tallies
        One for each step: as read, then after each cut.
    passed
        For each of the m events that are not blind, or that a draw chooses from, how many cuts it passed before one failed, shape
        (m,); with ``roll``, the identifiers (or rows) of those events, and ``weighed``, their weights. Filled only where events
        are counted together.
    chosen, seen
        Which of the m events a draw chooses from, and which are not blind, shape (m,).
    content
        What duplicates among the m events agree in besides ``roll``, shape (m,); None of data, whose identifiers are enough.
    generated
        Σw of the generator by the sum that was declared for it (None where none was).
    summaries
        What the columns that expressions name look like, blind events left out; of the first piece of a source only.
    """

    columns: Columns
    weight: Floats
    weights: Mapping[Variation, Floats]
    id: UInts
    length: int
    tallies: tuple[Tally, ...]
    generated: Mapping[float | None, float]
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    passed: Any = None
    roll: UInts | None = None
    weighed: Floats | None = None
    chosen: Bools | None = None
    seen: Bools | None = None
    content: UInts | None = None
