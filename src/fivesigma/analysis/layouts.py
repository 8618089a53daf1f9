"""Other forms in which an analysis meets its events: the files that users of its exercise have already.

Beside an analysis may lie a folder ``layouts``: each YAML there says what differs if the events come in files of other names,
columns or trees, and is laid over the analysis: keys into keys, anything else replaces, null removes. A layout that differs
little from another is laid over that one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fivesigma.analysis.inference_schema import LimitPlane
from fivesigma.analysis.model_schema import Model
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import YamlSource, merged, read_yaml
from fivesigma.core.errors import ConfigurationError, DataError, Problem, suggestion
from fivesigma.events.files import located

__all__ = ["files_of_another", "laid_over", "layouts_of", "with_files_beside"]


def layouts_of(analysis: Path) -> tuple[Path, ...]:
    """Return the layouts that lie beside an analysis, by name."""
    return tuple(sorted((analysis.parent / "layouts").glob("*.yaml")))


def laid_over(analysis: YamlSource, layout: Path) -> YamlSource:
    """Return an analysis with a layout laid over it, and under that the layouts that it is itself laid over.

    Raises
    ------
    ConfigurationError
        If a layout cannot be read or is not there, or layouts lie over one another in a circle.
    """
    chain: dict[Path, YamlSource] = {}
    here: Path | None = layout
    while here is not None:
        if here in chain:
            raise ConfigurationError([Problem(message="lies over itself", path="layout.over", file=str(layout))])
        chain[here] = read_yaml(here)
        here = _under(here, chain[here])
    for source in reversed(chain.values()):
        analysis = merged(analysis, source)
    folders = _said_of(analysis).get("folders")
    if isinstance(folders, dict):
        analysis.values["samples"] = _in_folders(analysis.values.get("samples"), folders)
    return analysis


def _under(layout: Path, source: YamlSource) -> Path | None:
    """Return the layout that a layout is laid over, None if there is none."""
    over = _said_of(source).get("over")
    if not isinstance(over, str):
        return None
    there = sorted(path.name for path in layout.parent.glob("*.yaml"))
    if over not in there:
        message = f"there is no layout {over!r} beside it{suggestion(over, there)}"
        raise ConfigurationError([source.problem(("layout", "over"), message)])
    return layout.with_name(over)


def _said_of(source: YamlSource) -> dict[str, Any]:
    said = source.values.get("layout")
    return said if isinstance(said, dict) else {}


def _in_folders(value: Any, folders: dict[str, Any]) -> Any:
    """Return values with other folders at the head of names of files."""
    if isinstance(value, dict):
        return {key: _in_folders(inner, folders) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_folders(inner, folders) for inner in value]
    if isinstance(value, str):
        folder, slash, rest = value.partition("/")
        return f"{folders[folder]}/{rest}" if slash and folder in folders else value
    return value


def files_of_another(config: Configuration, folder: Path) -> str | None:
    """Return a file in the folder that says that it is not in the configuration's layout; None if there is none."""
    for pattern in config.layout.unless if config.layout is not None else ():
        with contextlib.suppress(DataError):  # which says that there is none
            return str(located(pattern, folder)[0].path)
    return None


def with_files_beside(config: Configuration, folder: Path, home: Path) -> Configuration:
    """Return the configuration with tables and models taken from beside the YAML where the folder of the events has none of that name.

    Tables of cross sections and of published limits, and trained models, belong to the analysis, whosever events it reads.
    """

    def placed(file: str) -> str:
        return str((home / file).resolve()) if not (folder / file).is_file() and (home / file).is_file() else file

    metadata, events = config.events.metadata, config.events
    if metadata is not None:
        events = events.model_copy(update={"metadata": metadata.model_copy(update={"file": placed(metadata.file)})})
    models = {name: _model(model, placed) for name, model in config.models.items()}
    inference = {
        name: _plane(one, placed) if isinstance(one, LimitPlane) else one for name, one in config.inference.items()
    }
    return config.model_copy(update={"events": events, "models": models, "inference": inference})


def _model(model: Model, placed: Callable[[str], str]) -> Model:
    file = model.parameters.get("file")
    return model.model_copy(update={"file": placed(file)}) if isinstance(file, str) and file else model


def _plane(plane: LimitPlane, placed: Callable[[str], str]) -> LimitPlane:
    tables = plane.published.items()
    published = {name: table.model_copy(update={"file": placed(table.file)}) for name, table in tables}
    return plane.model_copy(update={"published": published})
