"""Results to figure files, drawn by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import FigureNote
from fivesigma.core.parallel import Shared, iterate_map
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers, save
from fivesigma.report.content import FigureSection

__all__ = ["Drawing", "draw", "inference_drawing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A result to draw, and what the page says of its figure; ``detail`` as a `FigureNote` has it."""

    name: str
    section: FigureSection
    title: str
    caption: str
    alt: str
    result: Any
    detail: bool = False

    @property
    def note(self) -> FigureNote:
        """What the page says of the figure."""
        return FigureNote(
            name=self.name,
            section=self.section,
            title=self.title,
            caption=self.caption,
            alt=self.alt,
            detail=self.detail,
        )


def inference_drawing(name: str, title: str, caption: str, alt: str, result: Any) -> Drawing:
    """Return a drawing of the section on inference."""
    return Drawing(name=name, section="inference", title=title, caption=caption, alt=alt, result=result)


@dataclass(frozen=True, slots=True)
class _Item:
    drawing: Drawing
    context: Context
    root: Path


def draw(context: RunContext, drawings: Sequence[Drawing], what: str) -> tuple[FigureNote, ...]:
    """Write each figure as SVG and PDF, and the numbers drawn as JSON; return what the page says of them."""
    items = [_Item(drawing, context.figure_context, context.directory.root) for drawing in drawings]
    for done, (index, drawn) in enumerate(iterate_map(_draw, items, workers=context.workers), start=1):
        context.directory.write_json(f"figures/{drawings[index].name}.json", drawn)
        context.advance(what, done, len(items))
    return tuple(drawing.note for drawing in drawings)


def _draw(item: _Item, _shared: Shared) -> Any:
    drawing = item.drawing
    figure = plot(drawing.result, context=item.context)
    save(figure, item.root / "figures" / drawing.name)
    return numbers(drawing.result)
