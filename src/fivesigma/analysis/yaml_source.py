"""A YAML file and where each of its keys stands, so that a mistake can be pointed at."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from fivesigma.core.errors import ConfigurationError, Problem

__all__ = ["Location", "YamlSource", "merged", "read_yaml"]

Location = tuple[str | int, ...]
_LONGEST = 10_000_000
"""Characters of a file: more is no configuration, but a device or a file of events."""
_MOST = 100_000
"""Keys and items of a file, those of aliases counted each time: more is a mistake, or a bomb."""


@dataclass(frozen=True, slots=True)
class YamlSource:
    """Plain values, and the line (from 1) of each key by its path.

    ``others`` are the files of keys that another file gave, ``settings`` are keys that the command line gave.
    """

    file: str
    values: dict[str, Any]
    lines: dict[Location, int] = field(repr=False)
    others: dict[Location, str] = field(default_factory=dict, repr=False)
    settings: dict[Location, str] = field(default_factory=dict)

    def problem(self, location: Location, message: str) -> Problem:
        """Return a problem at a key, or at the nearest key around it that has a line."""
        near = location
        while near and near not in self.lines and near not in self.settings:
            near = near[:-1]
        path = ".".join(map(str, location))
        if near in self.settings:
            return Problem(message=message, path=path, file=f"--set {self.settings[near]}")
        return Problem(message=message, path=path, file=self.others.get(near, self.file), line=self.lines.get(near))


def read_yaml(path: Path) -> YamlSource:
    """Read a YAML file (version 1.2: ``no`` is a word, ``1.2e8`` a number).

    Raises
    ------
    ConfigurationError
        If the file is missing, is no YAML, says a key twice, or holds something else than keys and values.
    """
    lines: dict[Location, int] = {}
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise ConfigurationError([Problem(message=f"longer than {_LONGEST:,} characters", file=str(path))])
        tree = YAML(typ="rt").load(text)
        values = _plain(tree, (), lines)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([Problem(message=f"cannot be read: {_reason(error)}", file=str(path))]) from error
    except DuplicateKeyError as error:
        raise ConfigurationError([_marked(path, error, "the key is there twice")]) from error
    except MarkedYAMLError as error:
        raise ConfigurationError([_marked(path, error, "not YAML")]) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise ConfigurationError([Problem(message=f"not YAML: {error}", file=str(path))]) from error
    if not isinstance(values, dict):
        raise ConfigurationError(
            [Problem(message="an analysis is keys and values; this is not", file=str(path), line=1)]
        )
    return YamlSource(str(path), values, lines)


def merged(base: YamlSource, over: YamlSource) -> YamlSource:
    """Return one file's values with another's laid over them: keys into keys, anything else replaces; null removes a key."""
    whole = YamlSource(base.file, copy.deepcopy(base.values), dict(base.lines), dict(base.others))
    _lay(whole, over, whole.values, over.values, ())
    return whole


def _lay(whole: YamlSource, over: YamlSource, under: dict[str, Any], values: Mapping[str, Any], at: Location) -> None:
    for key, value in values.items():
        here = (*at, key)
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            _lay(whole, over, under[key], value, here)
            continue
        for lines in (whole.lines, whole.others):
            for place in [place for place in lines if place[: len(here)] == here]:
                del lines[place]
        if value is None:
            under.pop(key, None)
            continue
        under[key] = copy.deepcopy(value)
        there = {place: line for place, line in over.lines.items() if place[: len(here)] == here}
        whole.lines.update(there)
        whole.others.update(dict.fromkeys(there, over.file))


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not text in UTF-8"


def _marked(path: Path, error: MarkedYAMLError, what: str) -> Problem:
    mark = error.problem_mark
    said = (error.problem or "").splitlines()[0].partition(" with value ")[0] if error.problem else ""
    return Problem(message=f"{what}: {said}", file=str(path), line=mark.line + 1 if mark else None)


def _plain(node: Any, location: Location, lines: dict[Location, int]) -> Any:
    """Return ruamel's tree as plain values, noting the line of every key and item."""
    if isinstance(node, Mapping):
        return {_key(key): _child(node, key, (*location, _key(key)), lines) for key in node}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_child(node, index, (*location, index), lines) for index in range(len(node))]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def _key(key: Any) -> str:
    return str(key)


def _child(node: Any, key: Any, location: Location, lines: dict[Location, int]) -> Any:
    if len(lines) > _MOST:
        raise ValueError(f"more than {_MOST} keys and items, those of aliases counted each time")
    marks = getattr(getattr(node, "lc", None), "data", None)
    if marks and key in marks:
        lines[location] = marks[key][0] + 1
    return _plain(node[key], location, lines)
