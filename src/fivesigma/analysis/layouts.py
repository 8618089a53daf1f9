"""Other forms in which an analysis meets its events: the files that users of its exercise have already.

Beside an analysis may lie a folder ``layouts``: each YAML there says what differs if the events come in files of other names,
columns or trees, and is laid over the analysis: keys into keys, anything else replaces, null removes.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["layouts_of"]


def layouts_of(analysis: Path) -> tuple[Path, ...]:
    """Return the layouts that lie beside an analysis, by name."""
    return tuple(sorted((analysis.parent / "layouts").glob("*.yaml")))
