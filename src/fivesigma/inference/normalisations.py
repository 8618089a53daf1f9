"""Normalisations that the fit finds out by itself, from regions where a background dominates.

A control region holds mostly one background; its data say how much of it there is, and the same factor holds in the signal
region. Nothing else constrains the factor, so what the extrapolation from one region to the other may get wrong is a
systematic of its own.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.systematics import Systematic

__all__ = ["FreeNormalisation", "require_not_signal", "require_told_apart"]

_SINGULAR = 1e-9
"""Least over largest eigenvalue of the overlaps of what free factors scale, below which data do not tell them apart."""
_PART = 0.05  # of the direction that data say nothing of, from which a factor is named


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


def require_told_apart(channels: Sequence[Mapping[str, Any]]) -> None:
    """Raise FivesigmaError where free factors of a workspace's channels, the signal strength among them, scale the same bins alike.

    To first order data then see their sum only; nothing else constrains them.
    """
    bins = sum(len(channel["samples"][0]["data"]) for channel in channels)
    scaled: dict[str, Any] = {}
    start = 0
    for channel in channels:
        for sample in channel["samples"]:
            where = slice(start, start + len(sample["data"]))
            for modifier in sample["modifiers"]:
                if modifier["type"] == "normfactor":
                    scaled.setdefault(modifier["name"], np.zeros(bins))[where] += sample["data"]
        start += len(channel["samples"][0]["data"])
    names, table = list(scaled), np.stack(list(scaled.values())) if scaled else np.zeros((0, bins))
    if len(names) < 2:
        return
    lengths = np.linalg.norm(table, axis=1)
    for name in np.asarray(names)[lengths == 0]:
        raise FivesigmaError(f"{name}: what this factor scales expects no events in any bin")
    table = table / lengths[:, None]
    sizes, directions = np.linalg.eigh(table @ table.T)
    if sizes[0] < _SINGULAR * sizes[-1]:
        alike = [name for name, part in zip(names, directions[:, 0], strict=True) if abs(part) > _PART]
        raise FivesigmaError(
            f"{', '.join(alike)}: the data cannot tell these factors apart, they scale the same bins alike; add a control region in"
            " which their parts differ, or constrain one of them"
        )
