"""Pages of the reference that are made from the code, so that they cannot fall behind it."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from models import model_tables
from processes import process_cards

from fivesigma.analysis.schema import Configuration
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import FUNCTIONS, LIST_FUNCTIONS, Function
from fivesigma.learning.catalogue import available, classifier

__all__ = ["write_reference"]

ROOMS = (
    "core",
    "statistics",
    "events",
    "simulation",
    "learning",
    "evaluation",
    "inference",
    "searches",
    "plots",
    "report",
    "analysis",
)


def write_reference(source: Path) -> None:
    """Write all generated pages below ``source``/reference/generated."""
    target = source / "reference" / "generated"
    target.mkdir(parents=True, exist_ok=True)
    pages = {f"{room}.md": _room(room) for room in ROOMS}
    tables = {"functions.inc": _functions(), "schema.inc": _schema(), "classifiers.inc": _classifiers()}
    tables["processes.inc"] = process_cards()
    tables["models.inc"] = model_tables()
    for name, text in (pages | tables).items():
        path = target / name
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)


def _room(room: str) -> str:
    """Return the page of a room: what to use when, then its modules."""
    package = importlib.import_module(f"fivesigma.{room}")
    found = pkgutil.walk_packages(package.__path__, f"fivesigma.{room}.")
    modules = [module.name.removeprefix(f"fivesigma.{room}.") for module in found]
    parts = [f"# `fivesigma.{room}`", _rst(inspect.getdoc(package) or "")]
    for name in modules:
        parts += [f"## `{room}.{name}`", _rst(f".. automodule:: fivesigma.{room}.{name}\n   :members:")]
    return "\n\n".join(parts) + "\n"


def _rst(text: str) -> str:
    return f"```{{eval-rst}}\n{text}\n```"


def _functions() -> str:
    """Return the tables of functions that expressions may call."""
    of_numbers = {name: function for name, function in FUNCTIONS.items() if name not in LIST_FUNCTIONS}
    leptons = [f"- `{name}(lep)`" for name in FOUR_LEPTON_FUNCTIONS]
    parts = [
        "### Of numbers, and of each element of a list",
        _usage(of_numbers),
        "### Of a list, for each event",
        _usage(LIST_FUNCTIONS),
        "### Of four leptons",
        "They take the name of a collection and read `lep_pt_0` … `lep_charge_3`.",
        "\n".join(leptons),
    ]
    return "\n\n".join(parts) + "\n"


def _usage(functions: Mapping[str, Function]) -> str:
    rows = [f"| `{function.usage}` | {function.meaning} |" for function in functions.values()]
    return "\n".join(["| function | what it is |", "| --- | --- |", *rows])


def _schema() -> str:
    """Return a table for each section of a configuration."""
    schema = Configuration.model_json_schema()
    sections = []
    for key, value in schema["properties"].items():
        for place, model in _models(key, value, schema["$defs"]):
            required = model.get("required", [])
            rows = [_row(name, field, required=name in required) for name, field in model["properties"].items()]
            heading = [
                f"## {place}",
                "",
                model["description"],
                "",
                "| key | value | default | |",
                "| --- | --- | --- | --- |",
            ]
            sections.append("\n".join([*heading, *rows]))
    return "\n\n".join(sections) + "\n"


def _models(place: str, value: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what of the configuration a place holds: a section, one for each name, or one of several types."""
    if "$ref" in value:
        yield f"`{place}`", known[value["$ref"].rpartition("/")[2]]
    for kind, reference in value.get("discriminator", {}).get("mapping", {}).items():
        yield f"`{place}`, `type: {kind}`", known[reference.rpartition("/")[2]]
    entries = value.get("additionalProperties") or next(iter(value.get("patternProperties", {}).values()), None)
    if isinstance(entries, Mapping):
        yield from _models(f"{place}.NAME", entries, known)


def _row(name: str, field: Mapping[str, Any], *, required: bool) -> str:
    default = json.dumps(field.get("default"), ensure_ascii=False)
    default = "required" if required else "" if default == "null" else f"`{default}`"
    return f"| `{name}` | {_kind(field)} | {default} | {field.get('description', '')} |".replace("\n", " ")


def _kind(field: Mapping[str, Any]) -> str:
    """Return in words what a value may be."""
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"] if one.get("type") != "null")
    if choices := field.get("enum", [field["const"]] if "const" in field else []):
        return " or ".join(f"`{choice}`" for choice in choices)
    match field.get("type"):
        case "array":
            return f"list of {_kind(field['items'])}"
        case "object":
            entries = field.get("additionalProperties") or next(iter(field["patternProperties"].values()))
            return f"{_kind(entries)} by name"
        case kind:
            return {"string": "text", "boolean": "true or false", "integer": "whole number"}.get(str(kind), str(kind))


def _classifiers() -> str:
    """Return each classifier with its parameters and their defaults."""
    sections = []
    for use in available():
        adapter = classifier(use)
        parameters = ", ".join(f"`{name}`: `{_plain(value)}`" for name, value in adapter.parameters().items())
        summary, _, _ = (inspect.getdoc(adapter) or "").partition("\n")
        sections.append(f"`{use}`\n: {summary}\n  {parameters}")
    return "\n\n".join(sections) + "\n"


def _plain(value: object) -> str:
    return json.dumps(value) if isinstance(value, (bool, int, float, str, list, tuple, type(None))) else str(value)
