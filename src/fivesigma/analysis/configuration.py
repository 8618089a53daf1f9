"""A YAML file as a validated configuration; every problem at once, each with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fivesigma.analysis.consistency import inconsistencies
from fivesigma.analysis.lacking_columns import lacking
from fivesigma.analysis.layouts import files_of_another, laid_over, layouts_of, with_files_beside
from fivesigma.analysis.optional_models import with_installed_models
from fivesigma.analysis.resolve import UnresolvedError, resolve
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.schema_problems import problems_of
from fivesigma.analysis.schema_types import named_like
from fivesigma.analysis.yaml_source import YamlSource, read_yaml
from fivesigma.core.errors import ConfigurationError, DataError, Problem

__all__ = ["load_configuration", "load_resolved", "read_configuration"]


def load_configuration(path: Path, settings: Sequence[str] = (), layout: Path | None = None) -> Configuration:
    """Return the configuration that a file holds, checked in every way that needs no events.

    Parameters
    ----------
    path
        The YAML file.
    settings
        Changes as ``key=value`` with dotted keys, such as ``analysis.seed=7``.
    layout
        A YAML that is laid over it; see `fivesigma.analysis.layouts`.

    Raises
    ------
    ConfigurationError
        With everything that is wrong in it: file, line, path, what was given, and the nearest right name.
    """
    source, config = _read(path, settings, layout)
    config = with_installed_models(config)
    _require_consistent(source, config)
    return config


def load_resolved(path: Path, folder: Path, settings: Sequence[str] = ()) -> Configuration:
    """Return the configuration with plain samples only, each with the files that there are.

    If the folder has not the files that the configuration names, but those of one of the layouts that lie beside it
    (`fivesigma.analysis.layouts`), it is read in that layout: the first whose files and columns are there, else the first
    whose files are.

    Parameters
    ----------
    path, settings
        As for `load_configuration`.
    folder
        What names of files are relative to.

    Raises
    ------
    ConfigurationError
        As for `load_configuration`, and for what only shows when the points of signal grids are known.
    DataError
        If files are missing: all of them, at once.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: {'a file, not a folder' if folder.exists() else 'there is no such folder'}")
    fitting: list[Configuration] = []
    unfit: list[_Unfit] = []
    for layout in (None, *layouts_of(path)):
        form = _form(path, folder, settings, layout)
        if isinstance(form, _Unfit):
            unfit.append(form)
        elif not lacking(form, folder):
            return form
        else:
            fitting.append(form)
    if fitting:
        return fitting[0]  # what its columns lack is said by who reads them
    raise DataError(_told(folder, unfit))


@dataclass(frozen=True, slots=True)
class _Unfit:
    """What a form of the files lacks in a folder."""

    title: str
    problems: Sequence[Problem]


def _form(path: Path, folder: Path, settings: Sequence[str], layout: Path | None) -> Configuration | _Unfit:
    """Return the resolved configuration in one layout, or what is not there.

    What is wrong with a setting is raised if the files are there without it: it may be meant for another layout.
    """
    source, plain = _read(path, (), layout)
    title = "the events that come with it" if plain.layout is None else plain.layout.title
    try:
        source, config = _read(path, settings, layout) if settings else (source, plain)
        config = with_installed_models(config)
        _require_consistent(source, config)
        if other := files_of_another(config, folder):
            return _Unfit(title, [Problem(message=f"{other} belongs to another form of the files")])
        resolved = resolve(with_files_beside(config, folder, path.parent), folder)
        _require_consistent(source, resolved, folder)
    except UnresolvedError as error:
        return _Unfit(title, [source.problem(place, message) for place, message in error.problems])
    except ConfigurationError as error:
        if not settings or isinstance(_form(path, folder, (), layout), Configuration):
            raise
        return _Unfit(title, error.problems)
    return resolved


def _told(folder: Path, unfit: Sequence[_Unfit]) -> str:
    if len(unfit) == 1:
        return "\n".join(map(str, unfit[0].problems))
    lines = [f"{folder} has the files of none of these:"]
    for one in unfit:
        first, more = one.problems[0], len(one.problems) - 1
        lines.append(f"- {one.title}: {first.message}" + (f" (and {more} more)" if more else ""))
    return "\n".join(lines)


def _require_consistent(source: YamlSource, config: Configuration, folder: Path | None = None) -> None:
    found = inconsistencies(config, folder=folder)
    if wrong := [source.problem(location, message) for location, message in found]:
        raise ConfigurationError(wrong)


def read_configuration(path: Path, layout: Path | None = None) -> Configuration:
    """Return the configuration that a file holds, a layout laid over it, checked against the schema only: it needs no model's library."""
    return _read(path, (), layout)[1]


def _read(path: Path, settings: Sequence[str], layout: Path | None = None) -> tuple[YamlSource, Configuration]:
    source = read_yaml(path)
    if layout is not None:
        source = laid_over(source, layout)
    for setting in settings:
        _apply(source, setting)
    if isinstance(analysis := source.values.get("analysis"), dict):
        analysis.setdefault("name", named_like(path.stem))
    try:
        return source, Configuration.model_validate(source.values)
    except ValidationError as error:
        raise ConfigurationError(problems_of(source, error)) from error


def _apply(source: YamlSource, setting: str) -> None:
    """Set one key in the source's values; the value is read as YAML would read it."""
    key, equals, text = setting.partition("=")
    location = tuple(part.strip() for part in key.split("."))
    if not equals or not all(location):
        raise ConfigurationError([Problem(message=f"--set takes key=value with a dotted key, not {setting!r}")])
    *parents, last = location
    node: Any = source.values
    for parent in parents:
        node = node.setdefault(parent, {}) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise ConfigurationError([Problem(message=f"--set {setting}: {parent!r} holds a value, not keys")])
    node[last] = _value(text)
    for line in [place for place in source.lines if place[: len(location)] == location]:
        del source.lines[line]
    source.settings[location] = setting


def _value(text: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        return text
