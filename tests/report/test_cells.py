from __future__ import annotations

import pytest

from fivesigma.report.cells import MISSING, Cell, cell, interval, is_estimate, measured_cell, record_cells


def test_a_symmetric_interval_becomes_value_and_error() -> None:
    assert interval({"value": 0.827, "low": 0.708, "high": 0.946}) == Cell(text="0.83", error="0.12", kind="number")


def test_an_asymmetric_interval_shows_both_errors_rounded_by_the_smaller() -> None:
    made = interval({"value": 1.08, "low": 0.81, "high": 1.41, "method": "likelihood", "level": 0.68})
    assert made == Cell(text="1.08", up="+0.33", down="−0.27", kind="number", title="likelihood, 0.68")


def test_an_interval_beside_its_value_is_printed_as_it_is() -> None:
    assert interval({"value": 0.5, "low": 0.6, "high": 0.7}).text == "0.5 [0.6, 0.7]"
    assert interval({"value": 0.5, "low": 0.5, "high": 0.5}).text == "0.5"


def test_an_interval_with_one_end_at_its_value() -> None:
    made = interval({"value": 0.0, "low": 0.0, "high": 0.83})
    assert (made.text, made.up, made.down) == ("0.0", "+0.8", "−0.0")


@pytest.mark.parametrize("nothing", [None, {"value": None, "low": None, "high": None}, {"value": None, "error": None}])
def test_null_is_blind_or_not_asked(nothing: object) -> None:
    assert cell(nothing) == MISSING
    assert MISSING.title == "blind or not asked"


@pytest.mark.parametrize(
    ("key", "value", "text", "kind"),
    [
        ("", 12345, "12\u202f345", "number"),
        ("z_expected", 2.34, "2.3\u00a0σ", "number"),
        ("seconds", 65, "1\u00a0min\u00a05\u00a0s", "number"),
        ("negative_weight_fraction", 0.1213, "12.1\u00a0%", "number"),
        ("anything", 0.123456, "0.1235", "number"),
        ("blind", True, "yes", "text"),
        ("use", "network", "network", "text"),
        ("sha256", "60303ae22b998861bce3b28f33eec1be", "60303ae22b998861bce3b28f33eec1be", "code"),
        ("cuts", [0.91, 0.93, None], "0.91, 0.93, —", "text"),
        ("inputs", [], "none", "text"),
        ("evidence", {}, "none", "text"),
    ],
)
def test_values_by_their_field(key: str, value: object, text: str, kind: str) -> None:
    made = cell(value, key)
    assert (made.text, made.kind) == (text, kind)


def test_a_field_and_its_error_are_one_cell() -> None:
    cells = record_cells({"yield": 3.0712, "yield_error": 0.367, "events": 12, "other_error": 2.0})
    assert cells["yield"] == Cell(text="3.1", error="0.4", kind="number")
    assert list(cells) == ["yield", "events", "other_error"]
    assert record_cells({"yield": None, "yield_error": None}) == {"yield": MISSING}


def test_a_value_without_an_error_has_none() -> None:
    assert measured_cell(357.0, None) == measured_cell(357.0, 0.0) == Cell(text="357", kind="number")


def test_names_of_the_user_make_no_estimate() -> None:
    number = {"value": 0.5, "low": 0.4, "high": 0.6}
    assert is_estimate(number)
    assert is_estimate({"value": None, "error": None})
    inputs = {"value": number, "low": number, "high": number}
    assert not is_estimate(inputs)
    assert record_cells({"losses": inputs})["losses"].text == "value: 0.50, low: 0.50, high: 0.50"
