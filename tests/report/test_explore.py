"""The page of events before any model: whole, escaped, closed, and honest about what is missing or blind."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from fivesigma.core.version import DOCUMENTATION
from fivesigma.report.content import FigureEntry
from fivesigma.report.explore import Exploration, render_exploration

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><path d="M0 0"/></svg>'


def entry(name):
    return FigureEntry(
        name=name, section="features", title=name, caption="As drawn.", alt="A picture.", svg=SVG, files=()
    )


def sample(kind, events, total):
    return {"kind": kind, "label": "", "pseudo": False, "events": events, "yield": total, "yield_error": total**0.5}


@pytest.fixture
def content():
    step = {"step": "read", "events": 300, "total": 12.5, "error": 0.7, "missing": 0}
    return Exploration(
        config={
            "analysis": {"name": "toy", "title": "A <b>toy</b>", "luminosity": 10, "energy": 13},
            "samples": {"h": {"label": "H → ℓℓ"}, "z": {"label": ""}},
            "features": {
                "inputs": {"pt": "lep_pt / 1000"},
                "observables": {"m": "mass"},
                "titles": {"pt": "pT [GeV]"},
            },
        },
        blind=True,
        samples={"h": sample("signal", 300, 12.5), "z": sample("background", 900, 400.0)},
        cutflow={"h": [step], "z": [step, {**step, "step": "pt > 20 & <x>", "events": 100, "total": 5.0}]},
        missing={"pt": {"h": 0.25, "z": 0.0}},
        figures={
            "distributions": [entry("yields"), entry("shapes")],
            "correlations": [entry("correlations")],
            "pairs": [entry("pairs")],
        },
        findings=[{"code": "few-effective-events", "severity": "warning", "subject": "h", "message": "Few events"}],
    )


class Page(HTMLParser):
    """The text, the tags and the attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def test_all_that_is_known_is_there(content):
    page = Page(render_exploration(content))
    for words in (
        "A <b>toy</b>",
        "signal region blind",
        "H → ℓℓ",
        "pt > 20 & <x>",
        "lep_pt / 1000",
        "Missing values",
        "25",
        "few-effective-events",
        "Few events.",
    ):
        assert words in page.text, words
    assert [attrs["id"] for tag, attrs in page.tags if tag == "section"] == [
        "samples",
        "distributions",
        "correlations",
        "pairs",
        "findings",
    ]
    assert [int(n) for n in re.findall(r"Figure (\d)\.", page.text)] == [1, 2, 3, 4]


def test_links_lead_to_sections_and_only_findings_lead_outside(content):
    text = render_exploration(content)
    page = Page(text)
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    explained = {f"{DOCUMENTATION}reference/findings.html#few-effective-events"}
    assert {attrs["href"] for tag, attrs in page.tags if tag == "a"} <= {f"#{name}" for name in ids} | explained
    assert all(attrs["src"].startswith("data:") for tag, attrs in page.tags if tag == "img")
    assert [attrs["id"] for tag, attrs in page.tags if tag == "script"] == ["run", "plotly", "code"]
    assert not [tag for tag, _ in page.tags if tag in ("iframe", "object")]
    assert "default-src 'none'" in text


def test_what_there_is_nothing_of_is_not_mentioned(content):
    bare = replace(content, missing={}, findings=[], blind=False)
    text = Page(render_exploration(bare)).text
    assert "Missing values" not in text
    assert "blind" not in text
    assert "No findings." in text
