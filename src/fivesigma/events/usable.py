"""Numbers that can be summed and squared, and what is said where they cannot."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import DataError
from fivesigma.events.source import Source, Span

__all__ = ["LARGEST_WEIGHT", "require_finite", "tell", "within"]

LARGEST_WEIGHT = 1e100
"""A weight whose square still is a number."""


def require_finite(source: Source, span: Span, weight: Floats, what: str) -> None:
    """Raise DataError unless weights are numbers that can be summed and squared."""
    if within(weight, LARGEST_WEIGHT):
        return
    said = (
        "NaN or infinite"
        if not np.isfinite(weight).all()
        else f"up to {np.abs(weight).max():.3g}, too large to be squared,"
    )
    tell(source, span, ~(np.abs(weight) <= LARGEST_WEIGHT), what, said)


def tell(source: Source, span: Span, wrong: Bools, what: str, said: str) -> NoReturn:
    """Raise DataError that names the file and the first of the events where something is wrong."""
    first = source.position(span, int(np.argmax(wrong)))
    count = np.count_nonzero(wrong)
    raise DataError(f"{source.name}: {what} is {said} in {count} of {len(wrong)} events, the first of them {first}")


def within(values: Floats, largest: float) -> bool:
    """Return whether all values are numbers from -``largest`` to ``largest``: no array is made to say so."""
    return bool(values.min(initial=0.0) >= -largest and values.max(initial=0.0) <= largest)
