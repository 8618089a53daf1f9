"""Whether files have the columns that a configuration names, seen before any event is read."""

from __future__ import annotations

from pathlib import Path

from fivesigma.analysis.sample_files import parts_of
from fivesigma.analysis.schema import Configuration
from fivesigma.core.errors import DataError
from fivesigma.events.read import lacking_columns

__all__ = ["lacking"]


def lacking(config: Configuration, folder: Path) -> tuple[str, ...]:
    """Return what is wrong with the columns of a resolved configuration's files, a line for each; of each part the first file is seen.

    Parameters
    ----------
    config
        The configuration, each of its samples with its files.
    folder
        What names of files are relative to.
    """
    columns = {**config.features.inputs, **config.features.observables}
    found: dict[str, None] = {}
    for name, sample in config.samples.items():
        try:
            for part in parts_of(config, name, folder, blind=config.analysis.blind):
                found |= dict.fromkeys(lacking_columns(part, sample.kind, columns))
        except DataError as error:
            found[str(error)] = None
    return tuple(found)
