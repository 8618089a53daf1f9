"""The analyses that come with the package: one folder each, with a YAML and its events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fivesigma.core.errors import ConfigurationError, FivesigmaError, Problem, suggestion

__all__ = ["Recipe", "find_analysis", "recipe", "recipes"]

_FOLDER = Path(__file__).parents[1] / "recipes"
_YAML = "analysis.yaml"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A shipped analysis: its name, its YAML, and where its events lie."""

    name: str
    path: Path

    @property
    def events(self) -> Path:
        """The folder of its Parquet files."""
        return self.path.with_name("events")


def recipes() -> tuple[Recipe, ...]:
    """Return the recipes by name."""
    return tuple(Recipe(path.parent.name, path) for path in sorted(_FOLDER.glob(f"*/{_YAML}")))


def recipe(name: str) -> Recipe:
    """Return the recipe of a name.

    Raises
    ------
    FivesigmaError
        If there is none.
    """
    by_name = {each.name: each for each in recipes()}
    if name not in by_name:
        raise FivesigmaError(f"no recipe {name!r}{suggestion(name, by_name)}")
    return by_name[name]


def find_analysis(what: str) -> Path:
    """Return the YAML that a recipe's name or a path stands for.

    Raises
    ------
    ConfigurationError
        If it is neither.
    """
    by_name = {each.name: each.path for each in recipes()}
    if what in by_name:
        return by_name[what]
    path = Path(what)
    if path.is_file():
        return path
    if path.suffix in (".yaml", ".yml") or "/" in what:
        nearby = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        message = f"there is no such file{suggestion(path.name, nearby) if nearby else ''}"
        raise ConfigurationError([Problem(message=message, file=what)])
    message = f"no recipe {what!r}{suggestion(what, by_name)}, and no file of that name"
    raise ConfigurationError([Problem(message=message)])
