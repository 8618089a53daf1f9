"""Pages of the reference that are made from the code, so that they cannot fall behind it."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from models import model_tables
from processes import process_cards
from yaml_sections import section_tables

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
    tables = {"functions.inc": _functions(), "schema.inc": section_tables(), "classifiers.inc": _classifiers()}
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
