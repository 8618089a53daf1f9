"""What the schema refuses, in words: the key, what was given, and the nearest right name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fivesigma.analysis.inference_schema import INFERENCES, SYSTEMATICS, MassGrid
from fivesigma.analysis.model_schema import Range
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location, YamlSource
from fivesigma.core.errors import Problem, suggestion

__all__ = ["problems_of"]

_TAGS = {*INFERENCES, *SYSTEMATICS}
_KINDS = {"[key]", "str", "list[str]", "int", "float", "list[float]"}
_ALTERNATIVES = ("dict[", "constrained-", "function-", "list[", "literal[")
"""How pydantic names some of the alternatives of a union."""


def problems_of(source: YamlSource, error: ValidationError) -> list[Problem]:
    """Return everything that the schema refuses in a file, each with its line and, where a key is unknown, the nearest right name."""
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
