"""What may be wrong with the expected yields, and by how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from fivesigma.core.errors import FivesigmaError, suggestion

__all__ = [
    "MC_STATISTICS",
    "STATISTICS",
    "Combination",
    "Normalisation",
    "ShapeSystematic",
    "Systematic",
    "check_systematics",
    "restricted",
]

STATISTICS = "statistics"
"""The group of what the number of data events alone leaves uncertain."""
MC_STATISTICS = "mc_statistics"
"""The group of what the number of simulated events leaves uncertain."""


Combination: TypeAlias = Literal["two-sided", "one-sided"]
"""How the variations of a systematic combine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Systematic:
    """Something that may be wrong, with one nuisance parameter for all bins, regions and samples that it moves.

    Attributes
    ----------
    name
        What the nuisance parameter is called.
    samples
        Which samples it moves; all of them if None.
    group
        Under what its cost on the signal strength is counted; its own name if empty.
    """

    name: str
    samples: tuple[str, ...] | None = None
    group: str = ""

    @property
    def of_group(self) -> str:
        """The group it counts under."""
        return self.group or self.name

    def moves(self, sample: str) -> bool:
        """Return whether the systematic moves a sample."""
        return self.samples is None or sample in self.samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalisation(Systematic):
    """A relative uncertainty on yields, correlated between all bins and regions.

    Log-normal: at ±1 σ the yields are multiplied by ``1 + size`` and divided by it, so they stay positive.

    Attributes
    ----------
    size
        Relative uncertainty, above zero: 0.026 for 2.6 %.
    name, samples, group
        As for `Systematic`.
    """

    size: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.size) and self.size > 0):
            raise FivesigmaError(
                f"systematic {self.name!r}: the size must be above zero, as 0.1 for 10 %, not {self.size}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeSystematic(Systematic):
    """An uncertainty that templates were varied for: by weights, shifted events, or an alternative sample.

    In each region and sample the change is split into that of the total yield and that of the shape at the same total;
    `fivesigma.inference.shapes` tells how.

    Attributes
    ----------
    combine
        "two-sided": the variations "up" and "down" of this name are the templates at ±1 σ. "one-sided": there is a single
        variation, for +1 σ (for -1 σ if its label is "down"), which is mirrored: its total is divided into what it
        multiplies, its shape goes as far to the other side.
    name, samples, group
        As for `Systematic`; with ``samples`` None it moves those that were varied.
    """

    combine: Combination = "two-sided"

    def __post_init__(self) -> None:
        if self.combine not in get_args(Combination):
            raise FivesigmaError(
                f"systematic {self.name!r}: combine is {' or '.join(get_args(Combination))}, not {self.combine!r}"
            )


def check_systematics(systematics: Sequence[Systematic], samples: Sequence[str]) -> None:
    """Raise FivesigmaError where a systematic names no sample there is, two bear one name, or a name is taken."""
    seen: set[str] = set()
    for systematic in systematics:
        if systematic.name in seen:
            raise FivesigmaError(f"two systematics are called {systematic.name!r}; one name, one nuisance parameter")
        seen.add(systematic.name)
        if systematic.name == "mu" or {systematic.name, systematic.of_group} & {STATISTICS, MC_STATISTICS, "total"}:
            raise FivesigmaError(f"systematic {systematic.name!r}: the name or its group is taken by the fit itself")
        for name in systematic.samples or ():
            if name not in samples:
                raise FivesigmaError(f"systematic {systematic.name!r}: no sample {name!r}{suggestion(name, samples)}")
        if systematic.samples == ():
            raise FivesigmaError(f"systematic {systematic.name!r} moves no sample; leave samples out for all of them")


def restricted(systematics: Sequence[Systematic], samples: Sequence[str]) -> tuple[Systematic, ...]:
    """Return the systematics as far as they move one of ``samples``; those that name none of them are left out."""
    kept = []
    for systematic in systematics:
        moved = systematic.samples and tuple(name for name in systematic.samples if name in samples)
        if systematic.samples is None or moved:
            kept.append(replace(systematic, samples=moved))
    return tuple(kept)
