"""An analysis and a folder of events, opened: files and columns are there, or it is said where such files would be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fivesigma.analysis.configuration import load_resolved, read_configuration
from fivesigma.analysis.lacking_columns import lacking
from fivesigma.analysis.layouts import layouts_of
from fivesigma.analysis.recipes import recipes
from fivesigma.analysis.schema import Configuration, Part, SampleConfiguration
from fivesigma.core.errors import DataError
from fivesigma.events.files import located
from fivesigma.events.formats.opening import SUFFIXES

__all__ = ["opened"]

_LOOKED_AT = 3
"""Files whose columns are looked at: enough to know an exercise by."""
_TOLD = 6
"""Columns that are not there, named before the rest is counted."""


def opened(path: Path, folder: Path, settings: Sequence[str] = ()) -> Configuration:
    """Return the configuration with plain samples only, whose files have the columns it names.

    Parameters
    ----------
    path, folder, settings
        As for `load_resolved`.

    Raises
    ------
    ConfigurationError
        As for `load_resolved`.
    DataError
        If files or columns are missing. A file that has the columns of a recipe which ships is told with its recipe, and with what it
        is called there.
    """
    try:
        config = load_resolved(path, folder, settings)
    except DataError as error:
        raise DataError("\n".join([str(error), *_known(path, folder)])) from error
    if lines := lacking(config, folder):
        more = [f"(and {len(lines) - _TOLD} more)"] if len(lines) > _TOLD else []
        raise DataError("\n".join([*lines[:_TOLD], *more, *_known(path, folder)]))
    return config


def _known(path: Path, folder: Path) -> list[str]:
    """Return of files in a folder which recipe would read them; nothing if one of them is just where the analysis looks for it."""
    told: dict[str, str] = {}
    for file in _files(folder):
        for recipe in recipes():
            for layout in layouts_of(recipe.path):
                config = read_configuration(recipe.path, layout)
                patterns = _patterns_that_fit(config, file)
                if recipe.path == path and any(_is_found(file, pattern, folder) for pattern in patterns):
                    return []
                if patterns and config.layout is not None:
                    called = " or ".join(patterns[:3])
                    said = (
                        f"{file} has the columns of {config.layout.title!r}, which `fivesigma run {recipe.name}` reads"
                    )
                    told.setdefault(recipe.name, f"{said}; there such files are called {called}")
    return list(told.values())


def _files(folder: Path) -> list[Path]:
    """Return some files of events in a folder, or else of each of the folders in it."""
    for depth in ("*", "*/*"):
        found = sorted(file for file in folder.glob(depth) if file.is_file() and file.name.lower().endswith(SUFFIXES))
        first = {file.parent: file for file in reversed(found)}
        if found:
            return list(dict.fromkeys([*first.values(), *found]))[:_LOOKED_AT]
    return []


def _patterns_that_fit(config: Configuration, file: Path) -> list[str]:
    """Return what files are called of the samples all of whose columns a file has."""
    found: dict[str, None] = {}
    for name, sample in config.samples.items():
        given = {key: getattr(sample, key) for key in Part.model_fields} | {"files": [str(file)], "metadata": None}
        alone = sample.model_copy(update={"parts": {name: Part(**given)}, "inject": None})
        if not lacking(config.model_copy(update={"samples": {name: alone}}), file.parent):
            found |= dict.fromkeys(_patterns(sample))
    return list(found)


def _patterns(sample: SampleConfiguration) -> list[str]:
    first = next(iter(sample.alternatives.values()), None)
    files: object = sample.files if sample.files is not None else first and first.files
    if isinstance(files, Mapping):
        files = next(iter(files.values()), None)
    return [files] if isinstance(files, str) else list(files) if isinstance(files, list) else []


def _is_found(file: Path, pattern: str, folder: Path) -> bool:
    try:
        return file in (found.path for found in located(pattern, folder))
    except DataError:
        return False
