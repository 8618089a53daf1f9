from __future__ import annotations

from typing import Any

from fivesigma.report.models import auc_table, built_table, judgement_tables


def test_the_difference_is_training_minus_out_of_fold(results: dict[str, Any]) -> None:
    table = auc_table(results["models"])
    cells = dict(zip([column.text for column in table.columns[1:]], table.groups[0].rows[1].cells, strict=True))
    assert (cells["AUC, out of fold"].text, cells["AUC, out of fold"].error) == ("0.9127", "0.0014")
    assert cells["Training − out of fold"].text == "0.0264"  # 0.9391 - 0.9127


def test_a_difference_with_an_interval_of_its_own_is_taken(results: dict[str, Any]) -> None:
    results["models"]["trees"]["auc_difference"] = {"value": 0.0264, "low": 0.0254, "high": 0.0274}
    assert auc_table(results["models"]).groups[0].rows[1].cells[2].error == "0.0010"


def test_a_model_without_an_auc_has_none() -> None:
    cells = auc_table({"trees": {"auc": None, "auc_train": None}}).groups[0].rows[0].cells
    assert {cell.text for cell in cells} == {"—"}


def test_models_stand_side_by_side_as_they_were_built() -> None:
    table = built_table({"trees": {"use": "x", "trees": 30}, "network": {"use": "y", "layers": "9 → 64 → 1"}})
    assert [column.text for column in table.columns] == ["", "trees", "network"]
    rows = {row.head: [cell.text for cell in row.cells] for row in table.groups[0].rows}
    assert rows == {"Kind of model": ["x", "y"], "Trees": ["30", ""], "Layers": ["", "9 → 64 → 1"]}


def test_judgement_compares_the_models_and_keeps_what_concerns_none(results: dict[str, Any]) -> None:
    tables = {table.caption: table for table in judgement_tables(results["judgement"], results["models"])}
    assert list(tables) == ["Classification at the working point", "Figures of merit", "Best single cuts"]
    assert [row.head for row in tables["Classification at the working point"].groups[0].rows] == list(results["models"])
    assert [group.title for group in tables["Figures of merit"].groups] == list(results["models"])


def test_single_numbers_of_a_judgement_become_one_table() -> None:
    (table,) = judgement_tables({"a": {"ks": 0.3}, "b": {"ks": 0.04}}, {"a": {}, "b": {}})
    assert [[cell.text for cell in row.cells] for row in table.groups[0].rows] == [["0.30"], ["0.04"]]
