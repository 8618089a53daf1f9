"""Tables show themselves, whatever is in them."""

import pytest

from fivesigma.core.display import band, facts, table
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding, remarks


def test_cells_are_rounded_as_physicists_do_it() -> None:
    estimate = Estimate(value=4.312, low=3.9, high=4.95, method="toys")
    shown = table({"a": {"Z": estimate, "n": 12345, "S": (21.4567, 0.1421), "seen": None, "good": True}})
    assert shown.rows == (("a", "4.3 +0.6 −0.4", "12\N{NARROW NO-BREAK SPACE}345", "21.46\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.14", "—", "yes"),)  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.9, 1.1, "1.00 ± 0.10"), (1.2, 1.4, "1 [1.2, 1.4]"), (1.0, 1.0, "1"), (0.9, 1.0, "1.00 +0.00 −0.10")],
)
def test_an_interval_is_never_bent(low: float, high: float, text: str) -> None:
    (row,) = facts("", {"x": Estimate(value=1.0, low=low, high=high, method="by hand")}).rows
    assert row == ("x", text)


def test_everything_is_escaped() -> None:
    bad = "<script>alert(1)</script> & co"
    shown = table({bad: {bad: bad}}, bad, notes=[bad])
    assert "<script" not in shown.html
    assert shown.html.count("&lt;script&gt;") == 5
    assert bad in repr(shown)


def test_columns_stand_below_each_other() -> None:
    text = repr(table({"trees": {"AUC": 0.9}, "a longer name": {"n": 7}}))
    assert text.splitlines() == ["               AUC  n", "trees          0.9   ", "a longer name       7"]


def test_a_table_of_nothing() -> None:
    assert table({}).html == '<table><thead><tr><th style="text-align:left"></th></tr></thead><tbody></tbody></table>'
    assert repr(facts("nothing", {})) == "nothing"


def test_findings_are_remarks() -> None:
    finding = Finding(code="bins-merged", severity="info", subject="x", message="two bins <are> one")
    assert remarks([finding]) == ("bins-merged: two bins <are> one",)
    assert "two bins &lt;are&gt; one" in finding._repr_html_()


def test_a_band_is_its_median_and_one_sigma() -> None:
    assert band((0.1, 0.2, 0.345, 0.5, 0.9)) == "0.345 [0.2, 0.5]"
