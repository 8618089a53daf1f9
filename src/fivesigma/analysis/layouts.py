"""Other forms in which an analysis meets its events: the files that users of its exercise have already.

Beside an analysis may lie a folder ``layouts``: each YAML there says what differs if the events come in files of other names,
columns or trees, and is laid over the analysis: keys into keys, anything else replaces, null removes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fivesigma.analysis.inference_schema import LimitPlane
from fivesigma.analysis.model_schema import Model
from fivesigma.analysis.schema import Configuration

__all__ = ["layouts_of", "with_files_beside"]


def layouts_of(analysis: Path) -> tuple[Path, ...]:
    """Return the layouts that lie beside an analysis, by name."""
    return tuple(sorted((analysis.parent / "layouts").glob("*.yaml")))


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
