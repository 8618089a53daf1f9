"""What may be wrong with the expected yields, and by how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
    "decorrelated",
    "restricted",
]

STATISTICS = "statistics"
"""The group of what the number of data events alone leaves uncertain."""
MC_STATISTICS = "mc_statistics"
"""The group of what the number of simulated events leaves uncertain."""
_TAKEN = {STATISTICS, MC_STATISTICS, "total"}


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
    regions
        In which regions it moves them; in all of them if None.
    correlated
        Whether one nuisance parameter moves all regions together; if not, each has its own, ``name_region``. Between samples
        one parameter is always shared; two systematics have two.
    group
        Under what its cost on the signal strength is counted; its own name if empty.
    """

    name: str
    samples: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    correlated: bool = True
    group: str = ""

    @property
    def of_group(self) -> str:
        """The group it counts under."""
        return self.group or self.name

    @property
    def parameters(self) -> Mapping[str, str]:
        """The group of each parameter that it makes, by the parameter's name."""
        return {self.name: self.of_group}

    def moves(self, sample: str, region: str | None = None) -> bool:
        """Return whether the systematic moves a sample, in a region if one is named."""
        here = region is None or self.regions is None or region in self.regions
        return here and (self.samples is None or sample in self.samples)

    def in_region(self, region: str) -> Systematic:
        """Return the part of it that is a region's own, under a name of its own."""
        return replace(self, name=f"{self.name}_{region}", regions=(region,), correlated=True, group=self.of_group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalisation(Systematic):
    """A relative uncertainty on yields, correlated between all bins and regions.

    Log-normal: at ±1 σ the yields are multiplied by ``1 + size`` and divided by it, so they stay positive.

    Attributes
    ----------
    size
        Relative uncertainty, above zero: 0.026 for 2.6 %.
    name, samples, regions, correlated, group
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
    symmetrise
        Whether half the difference of up and down is taken to either side, where there are both.
    smooth
        The statistical error, relative to the bin, to which the change of the shape is averaged over neighbouring bins: 0.01
        for 1 %. A shape that its statistical error explains is dropped, its total kept. As it is if None; see
        `fivesigma.inference.smoothing`.
    varied_as
        Under which name the templates were varied; its own if empty.
    name, samples, regions, correlated, group
        As for `Systematic`; with ``samples`` None it moves those that were varied.
    """

    combine: Combination = "two-sided"
    symmetrise: bool = False
    smooth: float | None = None
    varied_as: str = ""

    def __post_init__(self) -> None:
        if self.combine not in get_args(Combination):
            raise FivesigmaError(
                f"systematic {self.name!r}: combine is {' or '.join(get_args(Combination))}, not {self.combine!r}"
            )
        if self.symmetrise and self.combine == "one-sided":
            raise FivesigmaError(
                f"systematic {self.name!r}: a one-sided systematic is mirrored, nothing is to symmetrise"
            )
        if self.smooth is not None and not (math.isfinite(self.smooth) and self.smooth > 0):
            raise FivesigmaError(
                f"systematic {self.name!r}: smooth is the relative error to reach, as 0.01 for 1 %, not {self.smooth}"
            )

    @property
    def variation(self) -> str:
        """Under which name the templates were varied."""
        return self.varied_as or self.name

    def in_region(self, region: str) -> ShapeSystematic:
        """Return the part of it that is a region's own, under a name of its own."""
        return replace(
            self,
            name=f"{self.name}_{region}",
            regions=(region,),
            correlated=True,
            group=self.of_group,
            varied_as=self.variation,
        )


def check_systematics(
    systematics: Sequence[Systematic], samples: Sequence[str], regions: Sequence[str] | None = None
) -> None:
    """Raise FivesigmaError where a systematic names no sample or region there is, two bear one name, or a name is taken."""
    for systematic in systematics:
        what = f"systematic {systematic.name!r}"
        for kind, named, known in (("sample", systematic.samples, samples), ("region", systematic.regions, regions)):
            if named == ():
                raise FivesigmaError(f"{what} moves no {kind}; leave {kind}s out for all of them")
            for name in named or ():
                if known is not None and name not in known:
                    raise FivesigmaError(f"{what}: no {kind} {name!r}{suggestion(name, known)}")
    _check_names(decorrelated(systematics, regions or ()) if regions else systematics)


def decorrelated(systematics: Sequence[Systematic], regions: Sequence[str]) -> tuple[Systematic, ...]:
    """Return the systematics with each that is not correlated between ``regions`` as one for every region that it moves."""
    parts: list[Systematic] = []
    for systematic in systematics:
        if systematic.correlated:
            parts.append(systematic)
        else:
            parts += [systematic.in_region(name) for name in regions if name in (systematic.regions or regions)]
    return tuple(parts)


def restricted(systematics: Sequence[Systematic], samples: Sequence[str]) -> tuple[Systematic, ...]:
    """Return the systematics as far as they move one of ``samples``; those that name none of them are left out."""
    kept = []
    for systematic in systematics:
        moved = systematic.samples and tuple(name for name in systematic.samples if name in samples)
        if systematic.samples is None or moved:
            kept.append(replace(systematic, samples=moved))
    return tuple(kept)


def _check_names(systematics: Sequence[Systematic]) -> None:
    seen: dict[str, str] = {}
    for systematic in systematics:
        for name, group in systematic.parameters.items():
            if name in seen:
                raise FivesigmaError(_twice(name, systematic.name, seen[name]))
            seen[name] = systematic.name
            if name == "mu" or name.startswith(f"{MC_STATISTICS}_") or {name, group} & _TAKEN:
                raise FivesigmaError(
                    f"systematic {systematic.name!r}: the name or its group is taken by the fit itself"
                )


def _twice(name: str, one: str, other: str) -> str:
    if one == other == name:
        return f"two systematics are called {name!r}; one name, one nuisance parameter"
    return f"systematics {other!r} and {one!r} both make a parameter {name!r}; one name, one nuisance parameter"
