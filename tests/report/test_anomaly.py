"""What the page says of a scan."""

import math
from typing import Any

import pytest

from fivesigma.report.anomaly import local_p, probability, scan_sentence, scan_tables
from fivesigma.report.cells import MISSING


def row(mass: float, efficiency: float, z: float, p: float, **other: Any) -> dict[str, Any]:
    counts = {"observed": 40.0, "expected": 20.0, "expected_error": 2.0}
    return {
        "mass": mass,
        "efficiency": efficiency,
        "z_local": z,
        "p_local": p,
        "log_p_local": math.log(p),
        **counts,
    } | other


def bound(value: float) -> dict[str, Any]:
    return {"value": value, "low": value, "high": value, "method": "Bonferroni"}


def null(features: str, largest: list[float], p: float) -> dict[str, Any]:
    return {
        "features": features,
        "experiments": len(largest),
        "members": 2,
        "p_value": {"value": p, "low": p / 2, "high": 2 * p, "method": "experiments"},
        "largest_z": largest,
        "mean_largest_absolute_z": 2.2,
        "expected_largest_absolute_z": 1.9,
        "width": {"value": 1.25, "low": 1.2, "high": 1.3, "method": "rms"},
    }


def scan(**other: Any) -> dict[str, Any]:
    rows = [
        row(3000, 0.1, 0.5, 0.3),
        row(3000, 0.02, -1.0, 0.84),
        row(3500, 0.1, 1.0, 0.16),
        row(3500, 0.02, 5.0, 2.9e-7),
    ]
    trained = {"inside": 500, "below": 400, "above": 300, "auc": 0.51, "loss": 0.7}
    return {
        "model": None,
        "features": ["a", "b"],
        "range": [2000.0, 8000.0],
        "background": {"family": "dijet", "order": 3},
        "training": {
            "use": "hist_gradient_boosting",
            "parameters": {"max_iter": 20},
            "prepare": None,
            "folds": 3,
            "members": 2,
            "decorrelated": False,
            "efficiency_of": "all",
        },
        "efficiencies": [0.1, 0.02],
        "windows": rows,
        "trained": [{"mass": 3000, **trained}, {"mass": 3500, **trained}],
        "skipped": [],
        "best": {key: rows[3][key] for key in ("mass", "efficiency", "z_local", "p_local", "log_p_local")},
        "trials": 4,
        "p_global": bound(1.2e-6),
        "bonferroni": bound(1.2e-6),
        "gross_vitells": None,
        "null_experiments": [],
        "correlations": {"threshold": None, "features": []},
    } | other


def nothing(**other: Any) -> dict[str, Any]:
    return scan(windows=[], best=None, trials=0, p_global=None, bonferroni=None, **other)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_bound_is_called_a_bound() -> None:
    text = plain(scan_sentence(scan(), pseudo=False))
    assert text.startswith(
        "the scan over 2 windows and 2 selections finds its largest excess at 3500 GeV among the 2 % of events"
    )
    assert "40 events in the window, 20" in text
    assert "locally 5" in text
    assert "Globally p ≤" in text
    assert "the local one times the 4 trials" in text
    assert "pseudo" not in text
    assert "pseudo-data (simulated events, not collisions)" in scan_sentence(scan(), pseudo=True)


@pytest.mark.parametrize(
    ("largest", "sign", "reached"), [([1.0, 2.0], "≤", 0), ([1.0, 5.0], "=", 1), ([6.0, 7.0], "=", 2)]
)
def test_pseudo_experiments_that_reach_the_excess_are_counted(largest: list[float], sign: str, reached: int) -> None:
    text = plain(scan_sentence(scan(null_experiments=[null("conditional", largest, (reached + 1) / 3)]), pseudo=False))
    assert f"Globally p {sign} " in text
    assert f"{reached} of 2 pseudo-experiments" in text
    assert "the excess is 4.0 σ" in text  # 5 in units of 1.25


def test_of_two_background_models_the_sentence_tells_the_worse() -> None:
    both = [null("independent", [1.0, 2.0], 0.33), null("conditional", [6.0, 2.0], 0.67)]
    for order in (both, both[::-1]):
        assert "1 of 2 pseudo-experiments" in scan_sentence(scan(null_experiments=order), pseudo=False)


def test_what_was_not_looked_at_and_what_could_not_be_fitted_are_told_apart() -> None:
    assert scan_sentence(nothing(trained=[]), pseudo=False) == "no window of the scan could be looked at."
    assert scan_sentence(nothing(), pseudo=False) == "no selection of the scan could be fitted."


def test_tables_of_nothing_have_no_global_p_value() -> None:
    procedure, correlations = scan_tables(nothing(trained=[]), "Observed")
    assert (procedure.caption, correlations.caption) == ("How the scan was made", "Inputs and the mass")
    windows, *_ = scan_tables(nothing(), "Observed")
    assert [cell for cell in windows.groups[0].rows[0].cells[2:] if cell != MISSING] == []


def test_the_best_window_stands_out_and_a_selection_without_a_fit_is_a_dash() -> None:
    entry = scan()
    entry["windows"] = [one for one in entry["windows"] if (one["mass"], one["efficiency"]) != (3000, 0.02)]
    windows, _, p_values, _ = scan_tables(entry, "Observed")
    one, other = windows.groups[0].rows
    assert (one.strong, other.strong) == (False, True)
    assert one.cells[-2:] == (MISSING, MISSING)
    assert MISSING not in other.cells
    assert len({len(windows.columns) - 1, len(one.cells), len(other.cells)}) == 1
    assert [line.head for line in p_values.groups[0].rows] == ["Bonferroni: p × trials, at most 1"]


def test_every_column_of_the_windows_says_of_which_selection_it_is() -> None:
    windows, *_ = scan_tables(scan(), "Observed")
    heads = [column.text.replace("\N{NO-BREAK SPACE}", " ") for column in windows.columns]
    assert {"10 %: local Z", "2 %: local Z"} <= set(heads)
    assert len(set(heads)) == len(heads)


def test_every_global_p_value_has_a_row() -> None:
    nulls = [null("conditional", [1.0], 0.5), null("independent", [1.0], 0.5)]
    _, _, table, _ = scan_tables(scan(null_experiments=nulls, gross_vitells=bound(0.01)), "Observed")
    heads = [line.head for line in table.groups[0].rows]
    assert heads[1] == "Gross and Vitells"
    assert ["that follow" in heads[2], "independent" in heads[3]] == [True, True]
    assert {len(line.cells) for line in table.groups[0].rows} == {len(table.columns) - 1}


def test_inputs_that_are_left_out_are_told() -> None:
    rows = [
        {"feature": "a", "pearson": None, "distance": None, "kept": True, "decorrelated": None},
        {"feature": "b", "pearson": None, "distance": None, "kept": False, "decorrelated": None},
    ]
    *_, table = scan_tables(scan(correlations={"threshold": 0.1, "features": rows}), "Observed")
    assert [line.cells[-1].text for line in table.groups[0].rows] == ["yes", "no"]
    assert "above 0.1" in plain(table.note)


def test_inputs_that_were_decorrelated_show_what_is_left() -> None:
    left = {"pearson": None, "distance": 0.013}
    rows = [{"feature": "a", "pearson": None, "distance": 0.4, "kept": True, "decorrelated": left}]
    *_, table = scan_tables(scan(correlations={"threshold": None, "features": rows}), "Observed")
    assert [column.text for column in table.columns][3:5] == ["Linear, decorrelated", "Distance, decorrelated"]
    assert [line.text for line in table.groups[0].rows[0].cells][3] == "0.013"
    assert "saw the decorrelated inputs" in table.note


def test_how_the_scan_was_made_is_told() -> None:
    entry = scan(null_experiments=[null("conditional", [1.0], 0.5)])
    entry["training"]["decorrelated"] = True
    _, procedure, *_ = scan_tables(entry, "Observed")
    told = {line.head: plain(line.cells[0].text) for line in procedure.groups[0].rows}
    assert told["Classifier"] == "hist_gradient_boosting (max_iter 20)"
    assert told["Training"].startswith("3 folds, 2 members each")
    assert "quantiles among events of the same mass" in told["Inputs enter as"]
    assert told["Selections"] == "10 %, 2 % of the events of all masses, in each fold"
    assert told["Pseudo-experiments, conditional features"] == "1, with 2 members a fold"
    _, of_a_model, *_ = scan_tables(scan(training=None, model="trees"), "Observed")
    assert "of the model “trees”" in {line.cells[0].text for line in of_a_model.groups[0].rows}


def test_a_scatter_of_few_experiments_or_below_one_raises_no_excess() -> None:
    one = null("conditional", [1.0], 0.5)
    for width in (None, {"value": 0.9, "low": 0.8, "high": 1.0, "method": "rms"}):
        text = scan_sentence(scan(null_experiments=[one | {"width": width}]), pseudo=False)
        assert "scatter" not in text
    assert MISSING in next(scan_tables_global(one | {"width": None})).cells


def scan_tables_global(one: dict[str, Any]) -> Any:
    _, _, table, _ = scan_tables(scan(null_experiments=[one]), "Observed")
    return (line for line in table.groups[0].rows if "pseudo-experiments" in str(line.head))


def test_a_bound_has_no_interval() -> None:
    _, _, table, _ = scan_tables(scan(), "Observed")
    value, interval, *_ = table.groups[0].rows[0].cells
    assert value.text.startswith("≤ ")
    assert interval == MISSING


def test_probabilities_too_small_for_a_number_keep_their_exponent() -> None:
    assert probability(None) == "—"
    assert probability(0.0, -1000 * math.log(10)) == "10^−1000"
    assert probability(0.0) == probability(0.0, None)
    assert local_p({"p_local": 0.0, "log_p_local": -400 * math.log(10)}) == "10^−400"
    assert "10^" not in local_p({"p_local": 1e-8, "log_p_local": math.log(1e-8)})
