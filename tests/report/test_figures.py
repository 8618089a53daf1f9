from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.report.content import FigureEntry
from fivesigma.report.figures import figure_views, identifier


def entry(svg: str, name: str = "roc") -> FigureEntry:
    return FigureEntry(
        name=name,
        section="judgement",
        title="t",
        caption="",
        alt="a",
        svg=svg,
        files=("f/roc.svg", "f/roc.json", "f/x"),
    )


def test_the_image_is_the_svg_and_knows_its_size() -> None:
    svg = "<?xml version='1.0'?>\n<svg version='1.1'\n width='72pt' viewBox='0 0 72 36.0'>ℓ</svg>"
    (view,) = figure_views([entry(svg)])
    assert unquote(view.uri.removeprefix("data:image/svg+xml,")) == svg
    assert (view.width, view.height) == (96, 48)  # 72 points are an inch, an inch is 96 CSS pixels
    assert view.is_wide
    assert view.files == (("f/roc.svg", "SVG"), ("f/roc.json", "JSON"), ("f/x", "f/x"))


@pytest.mark.parametrize("svg", ['<svg a="1 & #">%41</svg>', "<svg a='\"'></svg>"])
def test_an_image_may_stand_between_double_quotes(svg: str) -> None:
    uri = str(figure_views([entry(svg)])[0].uri)
    assert not set('"<>&#\n') & set(uri)
    assert unquote(uri).removeprefix("data:image/svg+xml,") in (svg, svg.replace('"', "'"))


def test_a_size_that_is_not_told_is_left_out() -> None:
    (view,) = figure_views([entry("<svg></svg>")])
    assert view.width is None
    assert not view.is_wide


def test_figures_are_numbered_in_order(figures: tuple[FigureEntry, ...]) -> None:
    assert [view.number for view in figure_views(figures)] == list(range(1, len(figures) + 1))
    assert all(view.width and view.height for view in figure_views(figures))


@given(st.lists(st.text(), unique=True))
def test_different_names_have_different_identifiers_fit_for_a_link(names: list[str]) -> None:
    made = [identifier("figure", name) for name in names]
    assert len(set(made)) == len(names)
    assert all(re.fullmatch(r"figure-[A-Za-z0-9_-]*", one) for one in made)
