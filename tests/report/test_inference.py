from __future__ import annotations

from typing import Any

from fivesigma.report.inference import inference_parts, overview
from fivesigma.report.tables import Table


def tables(entries: dict[str, Any], kind: Any = "observed") -> dict[str, Table]:
    (part,) = inference_parts(entries, kind)
    return {table.caption: table for table in part.tables}


def heads(table: Table) -> list[str]:
    return [row.head for group in table.groups for row in group.rows]


def test_the_overview_has_limits_and_significances(results: dict[str, Any]) -> None:
    table = overview(results["inference"], "observed")
    texts = [[cell.text + cell.up + cell.down for cell in row.cells] for row in table.groups[0].rows]
    assert texts[0] == ["template fit", "4.3\u00a0σ", "4.6\u00a0σ", "0.42+0.18−0.12", "0.45"]
    assert texts[1] == ["counting experiment", "3.2\u00a0σ", "—", "0.61+0.32−0.19", "0.70"]


def test_pseudo_data_are_named_over_every_observed_number(results: dict[str, Any]) -> None:
    table = overview(results["inference"], "pseudo-data")
    assert [column.text for column in table.columns if "bserved" in column.text] == [
        "Observed significance (pseudo-data)",
        "Observed limit on μ (pseudo-data)",
    ]
    found = tables({"shape": results["inference"]["shape"]}, "pseudo-data")
    assert "Observed (pseudo-data)" in [
        column.text for column in found["Upper limit on μ at 95\u00a0%\u00a0CL"].columns
    ]
    assert {"Observed significance (pseudo-data)", "Fitted signal strength μ (pseudo-data)"} <= set(
        heads(found["Result"])
    )


def test_the_band_the_breakdown_and_the_rest(results: dict[str, Any]) -> None:
    found = tables({"shape": results["inference"]["shape"]})
    band = found["Upper limit on μ at 95\u00a0%\u00a0CL"].groups[0].rows[0].cells
    assert [cell.text for cell in band] == ["0.22", "0.30", "0.42", "0.60", "0.81", "0.45"]
    assert heads(found["Uncertainty on μ by its source"]) == ["number of data events", "zz_rate", "luminosity"], (
        "the largest first"
    )
    assert heads(found["Result"]) == [
        "Fitted signal strength μ",
        "Expected significance",
        "Observed significance",
        "Goodness of fit, p-value",
    ]


def test_null_stays_null(results: dict[str, Any]) -> None:
    entry = dict.fromkeys(results["inference"]["shape"]) | {"type": "template_fit"}
    found = tables({"shape": entry})
    assert {cell.text for table in found.values() for row in table.groups[0].rows for cell in row.cells} == {"—"}
    assert "Uncertainty on μ by its source" not in found


def test_other_types_are_printed_in_full() -> None:
    found = tables(
        {"scan": {"type": "unheard_of", "windows": [{"mass": 3500.0, "p_local": 0.01}], "null_experiments": 200}}
    )
    assert heads(found["Result"]) == ["Null experiments"]
    assert [cell.text for cell in found["Result · windows"].groups[0].rows[0].cells] == ["3500", "0.01"]
