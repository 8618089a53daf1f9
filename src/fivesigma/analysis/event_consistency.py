"""What can be wrong with cuts and friends before any file is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from fivesigma.analysis.sample_files import own_cut
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import suggestion
from fivesigma.events.files import BESIDE, placeholders

__all__ = ["event_inconsistencies"]

Inconsistency = tuple[Location, str]
_ROWS = ("read", "duplicates removed")


def event_inconsistencies(config: Configuration) -> Iterator[Inconsistency]:
    """Yield what is wrong in the section ``events``, each with its place."""
    taken = {*_ROWS, *map(own_cut, config.samples)}
    for name in config.events.select:
        if name in taken:
            yield ("events", "select", name), "a row of the cutflow is called so already; call this cut something else"
    for number, friend in enumerate(config.events.friends):
        here: Location = ("events", "friends", number)
        if not friend.strip(" :"):
            yield here, "names neither a file nor a tree, such as BDT/{name} or :scores"
        for name in placeholders(friend.partition(":")[0]):
            if name not in BESIDE:
                yield here, f"no placeholder {name!r}{suggestion(name, BESIDE)}"
