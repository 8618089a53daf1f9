from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.report.cells import MISSING
from fivesigma.report.tables import Table, pairs, rows_of, tables_of


def texts(table: Table) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    return [
        (group.title, [(row.head, [cell.text for cell in row.cells]) for row in group.rows]) for group in table.groups
    ]


def test_flat_values_are_pairs() -> None:
    (table,) = tables_of("Run", {"seed": 42, "training_events": 12345, "weight": None})
    assert texts(table) == [("", [("Seed", ["42"]), ("Training events", ["12\u202f345"]), ("Weight", ["—"])])]


def test_records_are_rows_and_their_fields_columns() -> None:
    (table,) = tables_of("Report", {"trees": {"accuracy": 0.8, "recall": 0.77}, "network": {"accuracy": 0.8213}})
    assert [column.text for column in table.columns] == ["", "Accuracy", "Recall"]
    assert texts(table) == [("", [("trees", ["0.8000", "0.77"]), ("network", ["0.8213", ""])])]


def test_deeper_records_are_groups() -> None:
    value = {"trees": {"asimov": {"honest": 2.8, "naive": 2.97}}, "network": {"asimov": {"honest": 3.1, "naive": None}}}
    (table,) = tables_of("Merit", value)
    assert texts(table) == [("trees", [("asimov", ["2.8", "2.97"])]), ("network", [("asimov", ["3.1", "—"])])]


def test_a_list_of_records_is_named_by_what_tells_them_apart() -> None:
    (named,) = tables_of("Cuts", [{"input": "pt", "cut": 30.0}, {"input": "eta", "cut": 2.5}])
    assert texts(named) == [("", [("pt", ["30.0"]), ("eta", ["2.5"])])]
    (numbered,) = tables_of("Cuts", [{"input": "pt", "cut": 30.0}, {"input": "pt", "cut": 2.5}])
    assert [head for head, _ in texts(numbered)[0][1]] == ["1", "2"]


def test_records_that_share_no_field_are_not_squeezed_into_one_table() -> None:
    captions = [table.caption for table in tables_of("Fit", {"h0": {"chi2": 1.0}, "signal": {"mean": 2.0}})]
    assert captions == ["Fit · H0", "Fit · Signal"]


def test_estimates_are_leaves() -> None:
    (table,) = tables_of("AUC", {"auc": {"value": 0.827, "low": 0.708, "high": 0.946}})
    assert texts(table) == [("", [("AUC, out of fold", ["0.83"])])]


def test_errors_stand_below_each_other() -> None:
    table = rows_of("t", {"": {"a": {"x": {"value": 1.0, "error": 0.12}}, "b": {"x": {"value": 100.0, "error": 3.9}}}})
    assert table.error_widths == (4,)
    assert rows_of("t", {"": {}}).error_widths == ()


def test_a_value_of_no_field_is_printed_under_its_caption() -> None:
    assert texts(next(iter(tables_of("Range", [100, 160])))) == [("", [("Range", ["100, 160"])])]
    assert pairs("t", {"a": None}).groups[0].rows[0].cells == (MISSING,)


leaves = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text(max_size=5)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=3),
)


def words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(words, value.values()))
    if isinstance(value, list):
        return set().union(*map(words, value))
    return {value} if isinstance(value, str) else set()


@settings(max_examples=50)
@given(st.dictionaries(st.text(min_size=1, max_size=4), trees, max_size=4))
def test_anything_json_can_hold_is_printed_whole(value: dict[str, Any]) -> None:
    printed = [
        cell.text
        for table in tables_of("All", value)
        for group in table.groups
        for row in group.rows
        for cell in row.cells
    ]
    heads = [row.head for table in tables_of("All", value) for group in table.groups for row in group.rows]
    assert all(any(word in text for text in printed + heads) for word in words(value))


@settings(max_examples=50)
@given(trees)
def test_every_row_has_a_cell_a_column(value: Any) -> None:
    for table in tables_of("All", value):
        assert all(len(row.cells) == len(table.columns) - 1 for group in table.groups for row in group.rows)
