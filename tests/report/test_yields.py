from __future__ import annotations

from typing import Any

from fivesigma.report.tables import Table
from fivesigma.report.yields import cutflow_table, sample_label, sample_table


def row(table: Table, head: str) -> dict[str, str]:
    (found,) = [row for group in table.groups for row in group.rows if row.head == head]
    texts = [cell.text + (f" ± {cell.error}" if cell.error else "") for cell in found.cells]
    return dict(zip([column.text for column in table.columns[1:]], texts, strict=True))


def test_samples_have_their_yields_and_pseudo_data_their_name(results: dict[str, Any], config: dict[str, Any]) -> None:
    table = sample_table(results["samples"], config)
    assert row(table, "H(125)") == {
        "Kind": "signal",
        "Raw events": "24\u202f891",
        "Yield": "12.84 ± 0.08",
        "Effective events": "24\u202f891",
        "Negative weights": "0\u00a0%",
    }
    assert row(table, "Pseudo-data")["Kind"] == "pseudo-data"
    assert row(table, "Pseudo-data")["Yield"] == "357", "a count of data is no estimate"


def test_backgrounds_are_summed_their_errors_in_quadrature() -> None:
    samples = {
        "a": {"kind": "background", "events": 3, "yield": 10.0, "yield_error": 0.3},
        "b": {"kind": "background", "events": 4, "yield": 20.0, "yield_error": 0.4},
        "s": {"kind": "signal", "events": 5, "yield": 1.0, "yield_error": 0.1},
    }
    total = row(sample_table(samples, {}), "Total background")
    assert (total["Raw events"], total["Yield"]) == ("7", "30.0 ± 0.5")
    del samples["b"]
    assert "Total background" not in [r.head for r in sample_table(samples, {}).groups[0].rows]


def test_a_blind_yield_is_missing_not_zero() -> None:
    table = sample_table({"data": {"kind": "data", "events": None, "yield": None, "yield_error": None}}, {})
    assert row(table, "data") == {"Kind": "data", "Raw events": "—", "Yield": "—"}


def test_steps_have_their_efficiency_and_that_of_all_before() -> None:
    steps = [
        {"step": "all", "events": 400, "total": 40.0, "error": 2.0},
        {"step": "z1", "events": 200, "total": 10.0, "error": 1.0, "efficiency_of_all": 0.25},
        {"step": "z2", "events": 100, "total": 5.0, "error": 0.5, "efficiency_of_all": 0.125},
    ]
    table = cutflow_table({"higgs": steps}, {"samples": {"higgs": {"label": "H(125)"}}})
    assert table.groups[0].title == "H(125)"
    assert list(row(table, "all").values()) == ["400", "40.0 ± 2.0", "", ""]
    assert list(row(table, "z2").values()) == ["100", "5.0 ± 0.5", "50\u00a0%", "12.5\u00a0%"]


def test_nothing_left_has_no_efficiency() -> None:
    steps = [{"step": step, "events": 0, "total": 0.0, "error": None} for step in ("all", "z1")]
    assert row(cutflow_table({"x": steps}, {}), "z1")["Step efficiency"] == "—"


def test_a_sample_without_a_label_is_called_by_its_name() -> None:
    assert sample_label("zz", {"samples": {"zz": {"label": None}}}) == "zz"
