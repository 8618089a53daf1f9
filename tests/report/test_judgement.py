"""Tables of the judgement: each number stands where its head says."""

from __future__ import annotations

from typing import Any

from fivesigma.report.judgement import comparison_tables, importance_tables, model_tables
from fivesigma.report.models import judgement_tables
from fivesigma.report.tables import Table


def _estimate(value: float, error: float = 0.1) -> dict[str, Any]:
    return {"value": value, "low": value - error, "high": value + error}


def _rows(table: Table) -> dict[str, list[list[str]]]:
    return {
        group.title: [[row.head, *(cell.text for cell in row.cells)] for row in group.rows] for group in table.groups
    }


def _pair(value: float, verdict: str | None, better: str | None) -> dict[str, Any]:
    return {"difference": _estimate(value), "retrained": _estimate(value, 0.2), "verdict": verdict, "better": better}


def test_models_are_compared_with_the_best_whichever_way_round_the_pair_is() -> None:
    pairs = {
        "a - b": _pair(-0.3, "better", "b"),
        "a - c": _pair(0.1, None, None),
        "b - c": _pair(0.4, "better as trained", "b"),
    }
    (table,) = comparison_tables({"auc": pairs}, {"a": 0.6, "b": 0.9, "c": 0.5})
    assert [column.text for column in table.columns[1:]] == ["As trained", "Trained on other events", "Verdict"]
    assert _rows(table) == {
        "AUC, out of fold": [
            ["a − b", "−0.30", "−0.30", "b better"],
            ["c − b", "−0.40", "−0.40", "b better as trained"],
        ]
    }


def test_without_a_verdict_it_says_none() -> None:
    (table,) = comparison_tables({"asimov_z": {"a - b": _pair(0.05, None, None)}}, {"a": 0.6, "b": 0.5})
    assert _rows(table)["Asimov Z"][0][-1] == "none"


def test_inputs_stand_beside_what_each_model_loses_without_them() -> None:
    inputs = {
        "pt": {
            "separation": _estimate(0.2),
            "auc": _estimate(0.7),
            "correlation_with": {"m": {"spearman": _estimate(0.95)}},
        },
        "eta": {"separation": _estimate(0.0), "auc": _estimate(0.5), "correlation_with": {"m": {"spearman": None}}},
    }
    drops = {
        "separation": {"pt": _estimate(0.15, 0.01), "eta": _estimate(0.0, 0.01), "pt + eta": _estimate(0.2, 0.01)},
        "cut": None,
    }
    (table,) = importance_tables(inputs, drops)
    heads = ["", "Separation", "AUC alone", "ρ\u00a0with\u00a0m", "separation"]
    assert [column.text for column in table.columns] == heads
    rows = _rows(table)
    assert rows["Each by itself"] == [["pt", "0.20", "0.70", "0.95", "0.150"], ["eta", "0.00", "0.50", "—", "0.000"]]
    assert rows["Correlated ones together"] == [["pt + eta", "—", "—", "—", "0.200"]]


def test_spurious_signals_are_grouped_by_observable() -> None:
    cut = {"spurious_over_error": _estimate(1.5), "divergence": None}
    sides = {
        "a": {"m4l": {"background efficiency 0.1": cut}},
        "b": {"m4l": {"background efficiency 0.1": cut}, "m2": {}},
    }
    (table,) = model_tables("sculpting", sides)
    assert table.columns[1].text == "Keeps 10 %"
    assert [row[0] for row in _rows(table)["m4l"]] == ["a", "b"]


def test_what_does_not_apply_to_a_model_is_left_out() -> None:
    assert list(model_tables("calibration", {"a": None})) == []
    assert list(judgement_tables({"a": {"calibration": None, "significance_improvement": None}}, {"a": {}})) == []


def test_a_distance_stands_beside_that_of_independence() -> None:
    found = {"pearson": _estimate(0.5), "spearman": _estimate(0.4), "distance": {"value": 0.45, "independence": 0.02}}
    (table,) = model_tables("correlation_with", {"a": {"m4l": found}})
    assert _rows(table) == {"m4l": [["a", "0.50", "0.40", "0.450 (0.020)"]]}


def test_p_values_have_two_digits() -> None:
    found = {"p_signal": 0.005, "p_background": 1.0, "reading": "training events look different", "meaning": "..."}
    (table,) = model_tables("overtraining", {"a": found})
    assert _rows(table)[""] == [["a", "0.005", "1", "training events look different"]]
    estimators = [{"p_signal": 0.001, "p_background": 0.2}, {"p_signal": 0.4, "p_background": 0.0011}]
    (table,) = model_tables("overtraining", {"a": {**found, "estimators": estimators}})
    assert _rows(table)[""][0][1:3] == ["≤ 0.005", "1"]
    (table,) = model_tables("agreement", {"a": {"value": 59.848, "ndf": 11, "p_value": 9.894e-9}})
    assert [column.text for column in table.columns[1:]] == ["χ²", "Degrees of freedom", "p-value"]
    assert _rows(table)[""] == [["a", "59.85", "11", "9.9\u202f×\u202f10⁻⁹"]]
