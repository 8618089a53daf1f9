from __future__ import annotations

from typing import Any

from fivesigma.report.models import auc_table, built_table, judgement_tables


def test_areas_and_their_difference_have_errors(results: dict[str, Any]) -> None:
    table = auc_table(results["models"])
    cells = dict(zip([column.text for column in table.columns[1:]], table.groups[0].rows[1].cells, strict=True))
    assert (cells["AUC, out of fold"].text, cells["AUC, out of fold"].error) == ("0.9127", "0.0014")
    assert (cells["Training − out of fold"].text, cells["Training − out of fold"].error) == ("0.0264", "0.0010")


def test_a_model_without_an_auc_has_none() -> None:
    cells = auc_table({"trees": {"auc": None, "auc_train": None, "auc_difference": None}}).groups[0].rows[0].cells
    assert {cell.text for cell in cells} == {"—"}


def test_a_model_is_shown_as_asked_for_as_built_and_on_what_it_was_trained() -> None:
    inputs = ["a", "b", "c", "d"]
    record = {
        "use": "lightgbm",
        "inputs": inputs,
        "asked": {"num_leaves": 15, "hidden": [64, 64]},
        "built": {"trees": {"from": 95, "to": 1169}, "leaves": 20},
        "trained_on": {"training events": 31079, "classes": "equal"},
    }
    table = built_table({"all": record, "some": {**record, "inputs": inputs[:2], "asked": {}}})
    assert [column.text for column in table.columns][2:] == ["Inputs", "As asked", "As built", "Trained on"]
    rows = [[row.head, *(cell.text for cell in row.cells)] for row in table.groups[0].rows]
    built, trained = "trees 95 to 1169; leaves 20", "training events 31\u202f079; classes equal"
    assert rows == [
        ["all", "lightgbm", "all 4", "num_leaves 15; hidden 64, 64", built, trained],
        ["some", "lightgbm", "a, b", "as the library has it", built, trained],
    ]


def test_judgement_compares_the_models_and_keeps_what_concerns_none(results: dict[str, Any]) -> None:
    tables = {table.caption: table for table in judgement_tables(results["judgement"], results["models"])}
    assert list(tables) == ["Classification at the working point", "Figures of merit", "Best single cuts"]
    assert [row.head for row in tables["Classification at the working point"].groups[0].rows] == list(results["models"])
    assert [group.title for group in tables["Figures of merit"].groups] == list(results["models"])


def _best(value: float, cut: float) -> dict[str, Any]:
    bounds = {"value": value, "low": value - 0.1, "high": value + 0.1}
    return bounds | {"cut": cut, "keeps": ">=", "signal": 2.0, "background": 1.0, "naive_cut": 0.99, "naive_value": 1.7}


def test_best_values_have_their_cut_beside_them() -> None:
    judgement = {
        "trees": {"figures_of_merit": {"asimov_z": _best(1.5, 0.99194), "ams_rates_0.001": _best(2.1, 0.98)}},
        "single_cuts": {"m_z2": {"asimov_z": _best(0.5, 54.93), "s_over_b": None, "asimov_z_without_cut": 0.2}},
    }
    merits, cuts = judgement_tables(judgement, {"trees": {}})
    assert [column.text for column in merits.columns] == ["", "Value", "Cut", "Signal", "Background", "Naive"]
    assert [row.head for row in merits.groups[0].rows] == ["Asimov Z", "AMS of rates, regulator 0.001"]
    assert [row.cells[1].text for row in merits.groups[0].rows] == ["≥ 0.99194", "≥ 0.98"]
    assert "other folds" in merits.note
    assert [column.text for column in cuts.columns] == ["", "Asimov Z", "Keeping", "S/B", "Asimov Z without a cut"]
    assert [cell.text for cell in cuts.groups[0].rows[0].cells] == ["0.50", "≥ 54.93", "—", "0.2"]


def test_numbers_and_records_of_one_kind_stand_apart_and_models_together() -> None:
    point = {"signal": 1.0, "data": None, "physics": {"recall": 0.6}, "balanced": {"recall": 0.7}}
    judgement = {name: {"working_point": point} for name in ("a", "b")}
    numbers, rates = judgement_tables(judgement, {"a": {}, "b": {}})
    assert [row.head for row in numbers.groups[0].rows] == ["a", "b"]
    assert [(group.title, [row.head for row in group.rows]) for group in rates.groups] == [
        ("a", ["physics", "balanced"]),
        ("b", ["physics", "balanced"]),
    ]


def test_single_numbers_of_a_judgement_become_one_table() -> None:
    (table,) = judgement_tables({"a": {"ks": 0.3}, "b": {"ks": 0.04}}, {"a": {}, "b": {}})
    assert [[cell.text for cell in row.cells] for row in table.groups[0].rows] == [["0.30"], ["0.04"]]


def test_pseudo_data_of_a_working_point_are_called_that_and_data_that_are_none_have_no_column() -> None:
    point = {"signal": 1.0, "data": 3, "data_below": 4, "data_total": None}
    judgement = {name: {"working_point": point} for name in ("a", "b")}

    def heads(pseudo: bool) -> list[str]:
        (table,) = judgement_tables(judgement, {"a": {}, "b": {}}, pseudo=pseudo)
        assert [[cell.text for cell in row.cells[1:]] for row in table.groups[0].rows] == [["3", "4"]] * 2
        return [column.text for column in table.columns[1:]]

    assert heads(pseudo=True) == ["Signal", "Pseudo-data", "Pseudo-data below"]
    assert heads(pseudo=False) == ["Signal", "Data", "Data below"]
