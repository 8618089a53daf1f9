"""The page as text: well-formed, whole, escaped, and asking nothing of the network."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from fivesigma.core.version import DOCUMENTATION
from fivesigma.report.content import RunContent
from fivesigma.report.page import render

VOID = {"meta", "link", "img", "br", "hr", "input"}
SECTIONS = ["summary", "yields", "features", "models", "judgement", "inference", "findings", "provenance"]


class Page(HTMLParser):
    """Reads a page and keeps what the tests ask about; an unbalanced tag is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def attributes(self, name: str, tag: str = "") -> list[str]:
        return [attrs[name] or "" for found, attrs in self.tags if name in attrs and tag in ("", found)]


@pytest.fixture
def page(content: RunContent) -> Page:
    return Page(render(content))


@pytest.mark.parametrize("broken", ["<p><b></p></b>", "<p>", "</p>", "<p id=1 id=2></p>"])
def test_the_reader_of_these_tests_sees_a_broken_page(broken: str) -> None:
    with pytest.raises(AssertionError):
        Page(broken)


def test_no_id_twice_and_every_link_inside_leads_somewhere(page: Page) -> None:
    ids = page.attributes("id")
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    inside = [link[1:] for link in page.attributes("href") if link.startswith("#")]
    assert set(inside) == set(SECTIONS)
    assert set(inside) <= set(ids)
    assert set(page.attributes("aria-labelledby")) <= set(ids)


def test_nothing_is_fetched(page: Page, content: RunContent) -> None:
    sources = page.attributes("src")
    assert sources
    assert all(source.startswith("data:image/svg+xml,") for source in sources)
    files = {link for figure in content.figures for link in figure.files}
    outside = {link for link in page.attributes("href") if not link.startswith("#")} - files - {"data:,"}
    assert outside == {f"{DOCUMENTATION}reference/findings.html#{one['code']}" for one in content.results["findings"]}
    assert outside <= set(page.attributes("href", "a")), "only what is clicked leads away"
    assert [attrs for tag, attrs in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "run"},
        {"type": "text/plain", "id": "plotly"},
        {"id": "code"},
    ]
    assert not {tag for tag, _ in page.tags} & {"iframe", "object", "embed", "video", "audio", "form", "base"}
    style = re.search(r"<style>(.*?)</style>", render(content), re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "default-src 'none'" in page.attributes("content", "meta")[-1]


def test_no_handlers_and_no_scripts_in_attributes(page: Page) -> None:
    assert [name for _, attrs in page.tags for name in attrs if name.startswith("on")] == []


def test_text_of_the_user_is_escaped(content: RunContent, page: Page) -> None:
    assert "<script>" not in render(content)
    assert "tt̄ & <script>alert('top')</script>" in page.text


@pytest.mark.parametrize("field", ["name", "title", "caption", "alt"])
def test_text_of_figures_is_escaped(content: RunContent, changed: Callable[..., RunContent], field: str) -> None:
    figure = dataclasses.replace(content.figures[1], **{field: "\"><script>alert('x')</script>"})
    text = render(changed(figures=(content.figures[0], figure)))
    assert "<script>" not in text
    Page(text)


def test_an_svg_cannot_leave_its_image(content: RunContent, changed: Callable[..., RunContent]) -> None:
    figure = dataclasses.replace(content.figures[0], svg="<svg>\"><script>alert('x')</script></svg>")
    assert "<script>" not in render(changed(figures=(figure,)))


def test_it_opens_with_the_answer_and_its_figure(content: RunContent, page: Page) -> None:
    text = render(content)
    places = [text.index(f'id="{name}"') for name in SECTIONS]
    assert places == sorted(places)
    assert text.index('class="answer"') < text.index("Figure 1.") < text.index('id="yields"')
    assert content.figures[0].alt == page.attributes("alt", "img")[0]
    assert "From the template fit “shape”, one of 2 inferences of this run." in page.text


def test_every_figure_is_there_once_with_its_text_and_files(content: RunContent, page: Page) -> None:
    assert sorted(page.attributes("alt", "img")) == sorted(figure.alt for figure in content.figures)
    assert re.findall(r"Figure (\d+)\.", page.text) == [str(n) for n in range(1, len(content.figures) + 1)]
    assert all(figure.caption in page.text for figure in content.figures)


def test_it_can_be_used_without_eyes_or_mouse(page: Page) -> None:
    tags = Counter(tag for tag, _ in page.tags)
    assert (tags["main"], tags["nav"], tags["header"], tags["footer"], tags["h1"]) == (1, 1, 1, 1, 1)
    assert tags["h2"] == len(SECTIONS) - 1
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for tag, attrs in page.tags if tag == "th")
    assert tags["caption"] == tags["table"]
    scrolling = [attrs for _, attrs in page.tags if attrs.get("class") == "scroll"]
    assert len(scrolling) == tags["table"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in scrolling)
    assert page.tags[[tag for tag, _ in page.tags].index("body") + 1][1]["href"] == "#summary", (
        "first comes the skip link"
    )


def test_null_is_a_dash_that_says_why(content: RunContent, page: Page) -> None:
    assert {"blind or not asked", "nothing to divide by"} == set(page.attributes("title", "abbr"))


def test_findings_come_with_the_serious_first_and_their_number(page: Page) -> None:
    assert page.text.index("FS-FEW") < page.text.index("FS-OVERTRAINED") < page.text.index("FS-PSEUDO")
    assert "Findings 3" in page.text


def test_the_number_of_findings_is_marked_while_one_is_serious(content: RunContent) -> None:
    mark = '<span class="count serious">3</span>'
    assert mark in render(content)
    content.results["findings"][-1]["severity"] = "warning"
    text = render(content)
    assert mark not in text
    assert '<span class="count">3</span>' in text


def test_configuration_and_provenance_are_printed(page: Page) -> None:
    for part in (
        "fivesigma run higgs-4l",
        "scikit-learn",
        "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    ):
        assert part in page.text
    assert "hidden: [64, 64]" in page.text


def test_what_we_did_not_foresee_is_printed_too(
    content: RunContent, changed: Callable[..., RunContent], results: dict[str, Any]
) -> None:
    assert "Coverage 0.683" in Page(render(changed(results=results | {"null_experiments": {"coverage": 0.683}}))).text


def test_a_blind_page_shows_nothing_observed(
    changed: Callable[..., RunContent], blind: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    results, config = blind
    page = Page(render(changed(results=results, config=config)))
    assert "signal region blind" in page.text
    assert "The signal region is blind: with 10 fb⁻¹" in page.text
    assert "4.6 σ" not in page.text


@pytest.mark.parametrize("blind_run", [True, False])
def test_an_empty_run_has_a_page(blind_run: bool) -> None:
    nothing = RunContent(config={"analysis": {"blind": blind_run}}, results={}, cutflow={}, models={}, provenance={})
    text = Page(render(nothing)).text
    assert "No findings." in text
    assert text.count("Nothing was made for this section.") == 5


def test_same_content_same_page(content: RunContent) -> None:
    assert render(content) == render(content)


def test_the_page_stays_small(content: RunContent) -> None:
    assert len(render(content).encode()) < 5e6
