"""Results to figure files, drawn by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import FigureNote
from fivesigma.core.parallel import Shared, iterate_map
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers, save

__all__ = ["Drawing", "draw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A result to draw, what the page says of it, and options of the function that draws it."""

    note: FigureNote
    result: Any
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Item:
    drawing: Drawing
    context: Context
    root: Path


def draw(context: RunContext, drawings: Sequence[Drawing], what: str) -> tuple[FigureNote, ...]:
    """Write each figure as SVG and PDF, and the numbers drawn as JSON; return what the page says of them."""
    items = [_Item(drawing, context.figure_context, context.directory.root) for drawing in drawings]
    for done, (index, drawn) in enumerate(iterate_map(_draw, items, workers=context.workers), start=1):
        context.directory.write_json(f"figures/{drawings[index].note.name}.json", drawn)
        context.advance(what, done, len(items))
    return tuple(drawing.note for drawing in drawings)


def _draw(item: _Item, _shared: Shared) -> Any:
    drawing = item.drawing
    figure = plot(drawing.result, context=item.context, **drawing.options)
    save(figure, item.root / "figures" / drawing.note.name)
    return numbers(drawing.result)
