"""What scripts of the page are told, and that nothing else may run there."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import plotly.offline
import pytest

from fivesigma.core.explanations import explanations
from fivesigma.report.content import RunContent
from fivesigma.report.interactive import scripts
from fivesigma.report.page import render


def told(content: RunContent) -> dict[str, Any]:
    def no_constant(text: str) -> None:
        raise ValueError(f"{text} is not strict JSON")

    numbers: dict[str, Any] = json.loads(scripts(content).numbers, parse_constant=no_constant)
    return numbers


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_the_two_scripts_there_are_and_no_other(content: RunContent) -> None:
    text, made = render(content), scripts(content)
    policy = re.search(r"script-src (.*?);", text)
    code = re.search(r'<script id="code">(.*?)</script>', text, re.DOTALL)
    assert policy
    assert code
    assert policy[1].split() == [sha256(code[1]), sha256(plotly.offline.get_plotlyjs())]
    assert gzip.decompress(base64.b64decode(made.library)).decode() == plotly.offline.get_plotlyjs()


def test_it_is_the_same_bytes_every_time(content: RunContent) -> None:
    assert render(content) == render(content)


def test_text_of_the_user_ends_no_script(content: RunContent) -> None:
    content.config["features"]["titles"] = {"lep_pt_1": "</script><script>alert(1)</script>"}
    assert "<" not in scripts(content).numbers
    assert told(content)["titles"]["lep_pt_1"] == "</script><script>alert(1)</script>"


def test_results_are_told_as_they_are(content: RunContent) -> None:
    assert told(content)["files"] == {"results.json": content.results, "cutflow.json": content.cutflow}


def test_samples_have_the_colours_of_the_figures(content: RunContent) -> None:
    colours = {name: one["colour"] for name, one in told(content)["samples"].items()}
    assert colours == {"higgs": "#bd1f01", "zz": "#3f90da", "top": "#ffa90e", "pseudo": "black"}


def test_lines_of_significance_stand_at_their_p_values(content: RunContent) -> None:
    # one-sided tails of the normal distribution: Review of Particle Physics, Statistics, and CERN's 5 σ
    assert told(content)["tails"][:5] == pytest.approx(
        [0.158655, 0.0227501, 0.00134990, 3.16712e-5, 2.86652e-7], rel=1e-5
    )


def test_panels_and_charts_are_there_only_with_numbers(content: RunContent, changed: Callable[..., RunContent]) -> None:
    assert scripts(content).panels == {"features": ("histograms", "scatter"), "judgement": ("thresholds",)}
    bare = scripts(changed(numbers={}))
    assert bare.panels == {"features": (), "judgement": ()}
    assert bare.charts == {}
    assert "data-panel" not in re.sub(r"<script.*?</script>", "", render(changed(numbers={})), flags=re.DOTALL)


def test_findings_lead_to_what_explains_them() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+", code) for code in explanations()), "sphinx makes the same anchors of them"
