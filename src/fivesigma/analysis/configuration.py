"""A YAML file as a validated configuration; every problem at once, each with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fivesigma.analysis.consistency import inconsistencies
from fivesigma.analysis.inference_schema import INFERENCES, SYSTEMATICS, MassGrid
from fivesigma.analysis.layouts import layouts_of, with_files_beside
from fivesigma.analysis.model_schema import Range
from fivesigma.analysis.optional_models import with_installed_models
from fivesigma.analysis.resolve import UnresolvedError, resolve
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location, YamlSource, merged, read_yaml
from fivesigma.core.errors import ConfigurationError, DataError, Problem, suggestion

__all__ = ["load_configuration", "load_resolved", "read_configuration"]


_TAGS = {*INFERENCES, *SYSTEMATICS}
_KINDS = {"[key]", "str", "list[str]", "int", "float", "list[float]"}
_ALTERNATIVES = ("dict[", "constrained-", "function-", "list[", "literal[")
"""How pydantic names some of the alternatives of a union."""


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
    (`fivesigma.analysis.layouts`), it is read in that layout; the first that fits is taken.

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
    missing: dict[str, list[Problem]] = {}
    wrong: list[ConfigurationError] = []
    for layout in (None, *layouts_of(path)):
        try:
            source, config = _read(path, settings, layout)
            config = with_installed_models(config)
            _require_consistent(source, config)
            if not folder.is_dir():
                raise DataError(f"{folder}: there is no such folder")
            resolved = resolve(with_files_beside(config, folder, path.parent), folder)
        except UnresolvedError as error:
            title = "the events that come with it" if config.layout is None else config.layout.title
            missing[title] = [source.problem(place, message) for place, message in error.problems]
        except ConfigurationError as error:  # a setting may be meant for another layout
            wrong.append(error)
        else:
            _require_consistent(source, resolved, folder)
            return resolved
    if wrong:
        raise wrong[0]
    raise DataError(_told(folder, missing))


def _told(folder: Path, missing: Mapping[str, Sequence[Problem]]) -> str:
    if len(missing) == 1:
        (problems,) = missing.values()
        return "\n".join(map(str, problems))
    lines = [f"{folder} has the files of none of these:"]
    for title, problems in missing.items():
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        lines.append(f"- {title}: {problems[0].message}{more}")
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
        source = merged(source, read_yaml(layout))
    for setting in settings:
        _apply(source, setting)
    try:
        return source, Configuration.model_validate(source.values)
    except ValidationError as error:
        raise ConfigurationError(_problems(source, error)) from error


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


def _problems(source: YamlSource, error: ValidationError) -> list[Problem]:
    messages: dict[Location, list[str]] = {}
    for detail in error.errors(include_url=False):
        if _is_other_alternative(detail):
            continue  # what was meant is another, and what is wrong with that is said
        said = messages.setdefault(_location(detail), [])
        if (message := _message(detail)) not in said:
            said.append(message)
    return [source.problem(location, ", or: ".join(said)) for location, said in messages.items()]


def _location(detail: ErrorDetails) -> Location:
    """Return where an error is, without pydantic's names of alternatives and its mark for keys."""
    place = detail["loc"]
    tagged = place[:1] in (("inference",), ("systematics",))
    if _is_sought(detail) and place[5:6] == (Range.__name__,):
        place = (*place[:5], *place[6:])
    if _is_grid(detail) and place[4:5] == (MassGrid.__name__,):
        place = (*place[:4], *place[5:])
    return tuple(
        part
        for index, part in enumerate(place)
        if not (isinstance(part, str) and index > 1 and ((tagged and index == 2 and part in _TAGS) or _is_kind(part)))
    )


def _is_sought(detail: ErrorDetails) -> bool:
    """Return whether an error is in what a parameter is sought among."""
    place = detail["loc"]
    return place[:1] == ("models",) and place[2:4] == ("tune", "parameters") and len(place) > 5


def _is_grid(detail: ErrorDetails) -> bool:
    """Return whether an error is in mass hypotheses, a grid of them or a list."""
    place = detail["loc"]
    return place[:1] == ("inference",) and place[3:4] == ("masses",)


def _is_other_alternative(detail: ErrorDetails) -> bool:
    """Return whether an error says no more than that what was given is another alternative of a union."""
    given, kind = detail["input"], detail["type"]
    if kind == "list_type" and isinstance(given, Mapping):
        return _is_sought(detail) or _is_grid(detail)
    return kind == "model_type" and isinstance(given, list) and _is_grid(detail)


def _is_kind(part: str) -> bool:
    return part in _KINDS or part.startswith(_ALTERNATIVES)


def _message(detail: ErrorDetails) -> str:
    given, kind = detail["input"], detail["type"]
    place = _location(detail)
    if kind == "extra_forbidden":
        return f"there is no key {place[-1]!r}{suggestion(str(place[-1]), _keys(detail, place[:-1]))}"
    if kind == "missing":
        return "this key is missing"
    if kind == "union_tag_invalid":
        what = "systematic" if place[0] == "systematics" else "inference"
        return f"no {what} of type {given.get('type')!r}{suggestion(str(given.get('type')), _types(place))}"
    if kind == "union_tag_not_found":
        return f"`type` is missing; there are: {', '.join(_types(place))}"
    text = detail["msg"].removeprefix("Value error, ")
    if _is_sought(detail) and kind in ("list_type", "model_type"):
        text = "A range such as {low: 1, high: 2}, or a list of choices, says where a parameter is sought"
    if _is_grid(detail) and kind in ("list_type", "model_type"):
        text = "Hypotheses are a list, or a grid such as {start: 3000, stop: 5000, step: 100}"
    shown = repr(given)
    return (
        text
        if kind == "value_error"
        else f"{text[:1].lower()}{text[1:]}; given {shown if len(shown) < 80 else shown[:80] + ' ...'}"
    )


def _keys(detail: ErrorDetails, place: Location) -> list[str]:
    """Return the keys that may stand at a place of the schema."""
    model: type[BaseModel] = Configuration
    index = 0
    if place[:1] in (("inference",), ("systematics",)) and len(detail["loc"]) > 2:
        model, index = _tagged(place)[str(detail["loc"][2])], 2
    while index < len(place):
        field = model.model_fields.get(str(place[index]))
        if field is None:
            return []
        inner = _models_in(field.annotation)
        if not inner:
            return []
        model = inner[0]
        index += 2 if "dict" in str(field.annotation) else 1
    return list(model.model_fields)


def _tagged(place: Location) -> Mapping[str, type[BaseModel]]:
    return SYSTEMATICS if place and place[0] == "systematics" else INFERENCES


def _types(place: Location) -> list[str]:
    return sorted(_tagged(place))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for arg in get_args(annotation) for model in _models_in(arg)]
