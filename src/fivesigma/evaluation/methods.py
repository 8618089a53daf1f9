"""What the intervals of this room say of themselves: how they were made, and that none of them trained anything again."""

from __future__ import annotations

__all__ = ["RETRAINING_LEFT_OUT", "bootstrap_method"]

RETRAINING_LEFT_OUT = "the randomness of retraining is left out"
"""Of every interval that holds the trained estimators as they are."""


def bootstrap_method(replicas: int, detail: str = "", *, trained: bool = True) -> str:
    """Return what an interval says that comes of a Poisson bootstrap of the events.

    Parameters
    ----------
    replicas
        How many there were.
    detail
        What else is to be said of them, if anything.
    trained
        Whether the number is that of trained estimators, and retraining so to be spoken of.
    """
    bootstrap = f"Poisson bootstrap of the events, {replicas} replicas"
    parts = [f"{bootstrap}, {detail}" if detail else bootstrap, *([RETRAINING_LEFT_OUT] if trained else [])]
    return "; ".join(parts)
