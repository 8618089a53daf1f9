"""Who looked at data in signal regions, when, and with which configuration."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.schema import Configuration
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.finding import Finding
from fivesigma.core.identity import digest

__all__ = ["looked_at_before", "record_unblinding", "unblinding"]

_FILE = "unblinding.json"


def unblinding(directory: RunDirectory) -> list[dict[str, Any]]:
    """Return who looked before, an entry each time, the first first."""
    return list(directory.read_json(_FILE)) if (directory.root / _FILE).is_file() else []


def record_unblinding(directory: RunDirectory, config: Configuration) -> list[dict[str, Any]]:
    """Note who looks, when, and with which configuration, and return the record, which is never shortened.

    Raises
    ------
    FivesigmaError
        If the user has no name.
    """
    try:
        who = getpass.getuser()
    except (OSError, KeyError) as error:  # KeyError before Python 3.13
        raise FivesigmaError(
            "--unblind records who looked, but this user has no name; set the variable USER"
        ) from error
    entry = {
        "by": who,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "configuration": digest(config.model_dump()),
    }
    record = [*unblinding(directory), entry]
    directory.write_json(_FILE, record)
    return record


def looked_at_before(record: Sequence[Mapping[str, Any]], config: Configuration, *, blind: bool) -> Iterator[Finding]:
    """Yield a finding if data were looked at with another configuration, or with this one though the run is blind."""
    others = [entry for entry in record if blind or entry["configuration"] != digest(config.model_dump())]
    if others:
        first = others[0]
        what = "This run is blind again" if blind else "The configuration was another one then"
        yield Finding(
            code="looked-at-before",
            severity="warning",
            subject="data in signal regions",
            message=f"They were looked at before, first by {first['by']} at {first['at']}. {what}; no choice made since is blind.",
            evidence={"times": len(others)},
        )
