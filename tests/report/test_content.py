from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from fivesigma.report.content import FigureEntry, RunContent

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 36"></svg>'
FIGURE = FigureEntry(name="roc", section="judgement", title="ROC", caption="", alt="A curve.", svg=SVG)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"section": "end"}, "no section 'end'"),
        ({"alt": " "}, "no alternative text"),
        ({"svg": "<html></html>"}, "no <svg>"),
        ({"files": ("https://example.org/roc.pdf",)}, "relative"),
        ({"files": ("javascript:alert(1)",)}, "relative"),
        ({"files": ("/figures/roc.pdf",)}, "relative"),
    ],
)
def test_a_figure_is_checked_as_it_is_made(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(FIGURE, **change)


def test_figures_have_names_of_their_own(changed: Callable[..., RunContent]) -> None:
    with pytest.raises(ValueError, match=r"share the names \['roc'\]"):
        changed(figures=(FIGURE, FIGURE), hero="roc")


def test_the_hero_is_one_of_the_figures(changed: Callable[..., RunContent]) -> None:
    with pytest.raises(ValueError, match="no figure is called 'limit'"):
        changed(figures=(FIGURE,), hero="limit")
