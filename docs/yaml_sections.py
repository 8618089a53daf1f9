"""The tables of what a configuration may say: one for each section and for what is nested in it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fivesigma.analysis.schema import Configuration

__all__ = ["section_tables"]

_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number", "None": "anything"}


class _Place(NamedTuple):
    """Where of the configuration a section stands: its dotted path, and its type where there are several."""

    path: str
    kind: str = ""

    @property
    def heading(self) -> str:
        return f"`{self.path}`, `type: {self.kind}`" if self.kind else f"`{self.path}`"

    @property
    def link(self) -> str:
        return f"[`{self.path}`](#{re.sub(r'[^a-z0-9_ -]', '', self.heading.lower()).replace(' ', '-')})"


def section_tables() -> str:
    """Return a heading and a table for each section, and for each nested one after that which holds it.

    A section that stands in several places has its table in the first of them, and the others lead there.
    """
    schema = Configuration.model_json_schema()
    known: Mapping[str, Mapping[str, Any]] = schema["$defs"]
    places: dict[str, _Place] = {}
    for key, field in schema["properties"].items():
        _find(_Place(key), field, known, places)
    return "\n\n".join(_table(place, known[name], places) for name, place in places.items()) + "\n"


def _find(
    place: _Place, field: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], places: dict[str, _Place]
) -> None:
    """Note where the sections stand that a field holds, in the order in which they are read."""
    for where, name in _held(place, field):
        if name not in places:
            places[name] = where
            for key, inner in known[name]["properties"].items():
                _find(_Place(f"{where.path}.{key}"), inner, known, places)


def _held(place: _Place, field: Mapping[str, Any]) -> Iterator[tuple[_Place, str]]:
    """Yield the sections that a field holds: itself, one for each name, or one of several types."""
    if "$ref" in field:
        yield place, _name(field["$ref"])
    for kind, reference in field.get("discriminator", {}).get("mapping", {}).items():
        yield _Place(place.path, kind), _name(reference)
    for one in field.get("anyOf", ()):
        yield from _held(place, one)
    if (entries := _entries(field)) is not None:
        yield from _held(_Place(f"{place.path}.NAME"), entries)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _entries(field: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what a mapping holds under each of its names, None for what is no mapping."""
    entries = field.get("additionalProperties") or next(iter(field.get("patternProperties", {}).values()), None)
    return entries if isinstance(entries, Mapping) else None


def _table(place: _Place, model: Mapping[str, Any], places: Mapping[str, _Place]) -> str:
    required = model.get("required", [])
    rows = [_row(name, field, places, required=name in required) for name, field in model["properties"].items()]
    titles = ["| key | value | default | |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {place.heading}", "", model["description"], "", *titles, *rows])


def _row(name: str, field: Mapping[str, Any], places: Mapping[str, _Place], *, required: bool) -> str:
    default = json.dumps(field.get("default"), ensure_ascii=False)
    default = "required" if required else "" if default == "null" else f"`{default}`"
    return f"| `{name}` | {_kind(field, places)} | {default} | {field.get('description', '')} |".replace("\n", " ")


def _kind(field: Mapping[str, Any], places: Mapping[str, _Place]) -> str:
    """Return in words what a value may be; of a section, where its table stands."""
    if "$ref" in field:
        return places[_name(field["$ref"])].link
    if "anyOf" in field:
        return " or ".join(_kind(one, places) for one in field["anyOf"] if one.get("type") != "null")
    if choices := field.get("enum", [field["const"]] if "const" in field else []):
        return " or ".join(f"`{choice}`" for choice in choices)
    if field.get("type") == "array":
        return f"list of {_kind(field['items'], places)}"
    if (entries := _entries(field)) is not None:
        return f"{_kind(entries, places)} by name"
    kind = str(field.get("type"))
    return _WORDS.get(kind, kind)
