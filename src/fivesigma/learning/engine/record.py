"""What is noted of each network as it trains, and when it has trained enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fivesigma.core.errors import FivesigmaError

__all__ = ["Record"]


@dataclass(slots=True)
class Record:
    """The losses of one network, epoch by epoch, and its best epoch, which counts from 1; 0 before the first."""

    training: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best_epoch: int = 0

    def add(self, training: float, validation: float, *, name: str) -> bool:
        """Note an epoch and return whether it is the best so far.

        Raises
        ------
        FivesigmaError
            If a loss is no longer a number; it calls the network as it is told to.
        """
        self.training.append(training)
        self.validation.append(validation)
        epoch = len(self.validation)
        for part, loss in (("training", training), ("validation", validation)):
            if not math.isfinite(loss):
                raise FivesigmaError(
                    f"{name} diverges: its {part} loss is {loss} in epoch {epoch}; try a smaller learning_rate"
                )
        if self.best_epoch and validation >= self.validation[self.best_epoch - 1]:
            return False
        self.best_epoch = epoch
        return True

    def goes_on(self, patience: int | None) -> bool:
        """Return whether the network may still improve."""
        return patience is None or len(self.validation) - self.best_epoch < patience
