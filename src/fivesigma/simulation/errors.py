"""What can go wrong with a generation."""

from __future__ import annotations

from fivesigma.core.errors import FivesigmaError

__all__ = ["SimulationError"]


class SimulationError(FivesigmaError):
    """Events could not be made: a card without an open channel, a selection nothing passes, a worker lost, a disk full."""
