"""What the intervals of this room say of themselves: how they were made, and that none of them trained anything again."""

from __future__ import annotations

__all__ = ["RETRAINING_LEFT_OUT", "bootstrap_method"]

RETRAINING_LEFT_OUT = "the randomness of retraining is left out"
"""Of every interval that holds the trained estimators as they are."""


def bootstrap_method(replicas: int, detail: str = "") -> str:
    """Return what an interval says that comes of a Poisson bootstrap of the events, with a detail if there is any."""
    bootstrap = f"Poisson bootstrap of the events, {replicas} replicas"
    return "; ".join([f"{bootstrap}, {detail}" if detail else bootstrap, RETRAINING_LEFT_OUT])
