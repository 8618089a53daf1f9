"""Figures as images inside the page.

Each becomes a ``data:`` image of its own: several SVGs written into one document would share their ids (matplotlib's
clip paths and glyphs), and an image runs no script and fetches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from markupsafe import Markup

from fivesigma.report.content import FigureEntry

__all__ = ["FigureView", "figure_views", "identifier"]

_PIXELS_PER_POINT = 96 / 72
_WIDE = 1.75
_LARGE = 800
"""Figures wider than 1.75 times their height, or than 800 pixels, get a row of their own."""
_KEPT = " '=:/,;()!*-.+?@$[]|"
"""What a ``data:`` image may hold as it is; paths, most of an SVG, then take a third less than in base 64."""
_VIEW_BOX = re.compile(r"""<svg[^>]*?\bviewBox=["']\s*\S+\s+\S+\s+([\d.]+)\s+([\d.]+)""", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """A figure as the page prints it; width and height in CSS pixels where the SVG tells them.

    ``chart`` is the kind of chart that scripts can draw in its place; empty where there is none.
    """

    identifier: str
    name: str
    number: int
    title: str
    caption: str
    alt: str
    uri: Markup
    files: tuple[tuple[str, str], ...]
    width: int | None
    height: int | None
    chart: str = ""
    detail: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether it wants a row of its own."""
        if self.width is None or self.height is None:
            return False
        return self.width > min(_WIDE * self.height, _LARGE)


def identifier(*names: str) -> str:
    """Return an id for an element, made of letters, digits and hyphens; other characters by their code."""
    return "-".join(re.sub(r"[^A-Za-z0-9]", lambda match: f"_{ord(match[0]):x}", name) for name in names)


def figure_views(figures: Iterable[FigureEntry], charts: Mapping[str, str] | None = None) -> tuple[FigureView, ...]:
    """Return the figures numbered from one, in the order given; ``charts`` has the kind of chart for those that have one."""
    kinds = charts or {}
    return tuple(_view(figure, number, kinds.get(figure.name, "")) for number, figure in enumerate(figures, start=1))


def _encoded(svg: str) -> Markup:
    """Return an SVG in a URI that may stand between double quotes as it is: every quote, bracket and ampersand is encoded."""
    return Markup(quote(svg if "'" in svg else svg.replace('"', "'"), safe=_KEPT))  # noqa: S704 (encoded)


def _view(figure: FigureEntry, number: int, chart: str) -> FigureView:
    box = _VIEW_BOX.search(figure.svg)
    width, height = (round(float(side) * _PIXELS_PER_POINT) for side in box.groups()) if box else (None, None)
    return FigureView(
        identifier=identifier("figure", figure.name),
        name=figure.name,
        number=number,
        title=figure.title,
        caption=figure.caption,
        alt=figure.alt,
        uri=Markup("data:image/svg+xml,") + _encoded(figure.svg),
        files=tuple((link, PurePosixPath(link).suffix.removeprefix(".").upper() or link) for link in figure.files),
        width=width,
        height=height,
        chart=chart,
        detail=figure.detail,
    )
