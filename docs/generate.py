"""Pages of the reference that are made from the code, so that they cannot fall behind it."""

import importlib
import inspect
import pkgutil
from pathlib import Path

from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.core.functions import FUNCTIONS

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
    pages = {f"{room}.md": _room(room) for room in ROOMS} | {"functions.md": _functions()}
    for name, text in pages.items():
        path = target / name
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)


def _room(room: str) -> str:
    """Return the page of a room: what to use when, then its modules."""
    package = importlib.import_module(f"fivesigma.{room}")
    modules = [name for _, name, _ in pkgutil.iter_modules(package.__path__) if not name.startswith("_")]
    parts = [f"# `fivesigma.{room}`", _rst(inspect.getdoc(package) or "")]
    for name in modules:
        parts += [f"## `{room}.{name}`", _rst(f".. automodule:: fivesigma.{room}.{name}\n   :members:")]
    return "\n\n".join(parts) + "\n"


def _rst(text: str) -> str:
    return f"```{{eval-rst}}\n{text}\n```"


def _functions() -> str:
    """Return the tables of functions that expressions may call."""
    rows = [f"| `{name}` | {function.wrong_count(0)} |" for name, function in FUNCTIONS.items()]
    leptons = [f"- `{name}(lep)`" for name in FOUR_LEPTON_FUNCTIONS]
    return "\n".join(["| function | takes |", "| --- | --- |", *rows, "", *leptons]) + "\n"
