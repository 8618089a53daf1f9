"""Names that must refer to something, and what to say where they do not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeAlias

from fivesigma.analysis.resolve import members_of
from fivesigma.analysis.sample_consistency import is_grid
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import suggestion

__all__ = ["Inconsistency", "members", "unknown", "unknown_samples", "which_point"]

Inconsistency: TypeAlias = tuple[Location, str]
"""A place, and what is wrong there."""


def unknown(
    names: Collection[str] | None, known: Collection[str], what: str, here: Location
) -> Iterator[Inconsistency]:
    """Yield names that are not known, each with the nearest one that is."""
    for name in names or ():
        if name not in known:
            yield here, f"no {what} {name!r}{suggestion(name, known)}"


def unknown_samples(
    config: Configuration, names: Collection[str] | None, what: str, here: Location, kinds: Collection[str] = ()
) -> Iterator[Inconsistency]:
    """Yield names that are no sample of a kind, no group of samples, and no point of a grid whose files are not yet known."""
    known = [name for name, sample in config.samples.items() if not kinds or sample.kind in kinds]
    grids = tuple(f"{name}_" for name in known if is_grid(config.samples[name]))
    points = [name for name in names or () if grids and name.startswith(grids)]
    yield from unknown(names, [*known, *config.groups, *points], what, here)
    for name in names or ():
        others = (member for member in members(config, [name]) if name in config.groups and member not in known)
        if (other := next(others, None)) is not None:
            yield here, f"the group {name!r} holds {other!r}, which is no {what}"


def members(config: Configuration, names: Collection[str] | None) -> list[str]:
    """Return the samples that names stand for, as far as they are known."""
    return [name for name in members_of(list(names or ()), config.groups) if name in config.samples]


def which_point(config: Configuration, here: Location, why: str) -> Iterator[Inconsistency]:
    """Yield a problem if signals are points of a grid, of which only one can be true."""
    points = [name for name, sample in config.samples.items() if sample.grid is not None]
    grids = [f"{name}_..." for name, sample in config.samples.items() if is_grid(sample)]
    if named := points or grids:
        yield here, f"{why}; `signal` names it, such as [{named[len(named) // 2]}]"
