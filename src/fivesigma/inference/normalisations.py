"""Normalisations that the fit finds out by itself, from regions where a background dominates.

A control region holds mostly one background; its data say how much of it there is, and the same factor holds in the signal
region. Nothing else constrains the factor, so what the extrapolation from one region to the other may get wrong is a
systematic of its own.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.systematics import Systematic

__all__ = ["FreeNormalisation", "require_not_signal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeNormalisation(Systematic):
    """A factor on yields that only data constrain: 1 nominally, from 0 to ``highest`` (HistFactory's ``normfactor``).

    Attributes
    ----------
    highest
        The upper bound; a fit that ends there says so.
    name, samples, regions, correlated, group
        As for `Systematic`; ``samples`` must be named. The factor of all ``regions`` together; of each if not ``correlated``.
    """

    highest: float = 10.0

    def __post_init__(self) -> None:
        if not self.samples:
            raise FivesigmaError(f"free normalisation {self.name!r}: name the samples that it scales")
        if not (math.isfinite(self.highest) and self.highest > 1):
            raise FivesigmaError(
                f"free normalisation {self.name!r}: the upper bound must be above 1, not {self.highest}"
            )


def require_not_signal(systematics: Sequence[Systematic], signal: Collection[str]) -> None:
    """Raise FivesigmaError where a free normalisation scales the signal, which the strength does already."""
    for systematic in systematics:
        if isinstance(systematic, FreeNormalisation):
            for name in systematic.samples or ():
                if name in signal:
                    raise FivesigmaError(
                        f"free normalisation {systematic.name!r}: {name!r} is signal, which the strength scales already"
                    )
