"""Runs beside each other."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.analysis.comparing import RunRecord, compare_records, compare_runs
from fivesigma.core.errors import DataError, FivesigmaError

RESULTS: dict[str, Any] = {
    "schema": 1,
    "fivesigma": "0.1.0",
    "samples": {"zz": {"kind": "background", "events": 400, "yield": 120.0, "yield_error": 6.0}},
    "models": {"trees": {"auc": {"value": 0.9, "low": 0.89, "high": 0.91}, "seconds": 3.1, "folds": 5}},
    "inference": {
        "count": {"type": "counting", "observed": None, "limit_expected": [0.2, 0.3, 0.4, 0.6, 0.9], "z_expected": 3.0}
    },
    "findings": [{"code": "few-effective-events", "subject": "zz", "severity": "warning", "message": "few"}],
}
CONFIG: dict[str, Any] = {"analysis": {"seed": 42, "blind": True}, "models": {"trees": {"use": "xgboost"}}}
PROVENANCE: dict[str, Any] = {"code": "aa", "versions": {"numpy": "2.4"}, "inputs": {"zz.root": "11"}, "unblinding": []}
RECORD = RunRecord(config=CONFIG, results=RESULTS, provenance=PROVENANCE)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
ESTIMATES = st.tuples(NUMBERS, st.floats(0.1, 10)).map(
    lambda pair: {"value": pair[0], "low": pair[0] - pair[1], "high": pair[0] + pair[1]}
)
ANYTHING = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.recursive(NUMBERS | ESTIMATES | st.none() | st.booleans() | st.text("xy", max_size=2), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3), max_leaves=8),
    max_size=4,
)  # fmt: skip


def record(results: dict[str, Any] | None = None, **config: Any) -> RunRecord:
    return RunRecord(config={**CONFIG, **config}, results=results or RESULTS, provenance=PROVENANCE)


def changed(**places: Any) -> RunRecord:
    """Return the record with other results at dotted places."""
    results = copy.deepcopy(RESULTS)
    for place, value in places.items():
        *path, last = place.split("__")
        inner = results
        for key in path:
            inner = inner[key]
        inner[last] = value
    return record(results)


@given(ANYTHING)
def test_a_run_does_not_differ_from_itself(results: dict[str, Any]) -> None:
    found = compare_records({"a": record(results), "b": record(copy.deepcopy(results))})
    assert (found.settings, found.origins, found.numbers, found.words, found.findings) == ((), (), (), (), ())


@given(ANYTHING, ANYTHING)
def test_what_differs_is_the_same_from_either_side(one: dict[str, Any], other: dict[str, Any]) -> None:
    there = compare_records({"a": record(one), "b": record(other)})
    back = compare_records({"b": record(other), "a": record(one)})
    assert {number.key for number in there.numbers} == {number.key for number in back.numbers}
    assert {word.key for word in there.words} == {word.key for word in back.words}
    assert there.unchanged == back.unchanged
    first = {number.key: number.values for number in there.numbers}
    assert all(dict(number.values) == dict(first[number.key]) for number in back.numbers)


def test_changes_are_in_units_of_the_first_runs_error_largest_first() -> None:
    auc = {"value": 0.92, "low": 0.9, "high": 0.94}
    other = changed(models__trees__auc=auc, samples__zz__yield=123.0, inference__count__z_expected=3.3)
    found = compare_records({"a": RECORD, "b": other})
    told = {one.key: (one.change, one.relative) for one in found.numbers}
    assert list(told) == ["models.trees.auc", "samples.zz.yield", "inference.count.z_expected"]
    assert told["models.trees.auc"][0] == pytest.approx(2)
    assert told["samples.zz.yield"] == pytest.approx((0.5, 0.025))
    assert told["inference.count.z_expected"] == (None, pytest.approx(0.1))


def test_the_median_limit_has_its_band_for_error() -> None:
    found = compare_records({"a": RECORD, "b": changed(inference__count__limit_expected=[0.2, 0.3, 0.46, 0.6, 0.9])})
    assert [(one.key, one.change) for one in found.numbers] == [
        ("inference.count.limit_expected[2]", pytest.approx(0.4))
    ]


def test_times_are_no_change() -> None:
    assert compare_records({"a": RECORD, "b": changed(models__trees__seconds=99.0)}).numbers == ()


def test_what_only_one_run_has_is_told_and_so_is_what_was_blind() -> None:
    other = changed(models__network={"auc": {"value": 0.8, "low": 0.7, "high": 0.9}}, inference__count__observed=12)
    words = {one.key: dict(one.values) for one in compare_records({"a": RECORD, "b": other}).words}
    assert words == {"models.network.auc": {"b": 0.8}, "inference.count.observed": {"a": None, "b": 12}}


def test_settings_code_inputs_and_findings_are_told() -> None:
    other = RunRecord(
        config={**CONFIG, "analysis": {"seed": 7, "blind": True}},
        results={**RESULTS, "findings": []},
        provenance={
            "code": "bb",
            "versions": {"numpy": "2.4"},
            "inputs": {"zz.root": "22"},
            "unblinding": [{"by": "x"}],
        },
    )
    found = compare_records({"a": RECORD, "b": other})
    assert [(one.key, dict(one.values)) for one in found.settings] == [("analysis.seed", {"a": 42, "b": 7})]
    assert [one.key for one in found.origins] == ["code", "unblinded", "inputs.zz.root"]
    assert [(one.key, dict(one.values)) for one in found.findings] == [("few-effective-events: zz", {"a": "warning"})]


def test_of_many_runs_the_largest_change_counts() -> None:
    runs = {"a": RECORD, "b": changed(samples__zz__yield=126.0), "c": changed(samples__zz__yield=102.0)}
    (only,) = compare_records(runs).numbers
    assert dict(only.values) == {"a": 120.0, "b": 126.0, "c": 102.0}
    assert only.change == pytest.approx(-3)


def write(folder: Path, record: RunRecord) -> Path:
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(record.results))
    (folder / "provenance.json").write_text(json.dumps(record.provenance))
    (folder / "config.yaml").write_text(json.dumps(record.config))
    return folder


def test_runs_of_the_same_name_are_called_by_their_paths(tmp_path: Path) -> None:
    paths = [write(tmp_path / name / "run", RECORD) for name in "xy"]
    assert compare_runs(*paths).runs == tuple(map(str, paths))


def test_one_run_is_no_comparison(tmp_path: Path) -> None:
    path = write(tmp_path / "run", RECORD)
    for runs in ((path,), (path, tmp_path / "." / "run")):
        with pytest.raises(FivesigmaError, match="two runs or more"):
            compare_runs(*runs)


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("results.json", '{"schema": 2}', "schema 2"),
        ("results.json", "{", "finished run"),
        ("results.json", "null", "no results"),
        ("results.json", '{"schema": 1, "samples": {"zz": {"yield": NaN}}}', "not readable"),
        ("results.json", '{"schema": 1, "findings": [{"code": "x"}]}', "damaged"),
        ("results.json", '{"schema": 1, "inference": {"count": {"limit_expected": [1.0]}}}', "damaged"),
        ("config.yaml", "a: [", "damaged"),
        ("config.yaml", "[]", "damaged"),
        ("provenance.json", "", "finished run"),
        ("provenance.json", "[]", "damaged"),
        ("provenance.json", '{"versions": [1]}', "damaged"),
    ],
)
def test_a_damaged_run_is_named(tmp_path: Path, file: str, text: str, problem: str) -> None:
    good, bad = write(tmp_path / "good", RECORD), write(tmp_path / "bad", RECORD)
    (bad / file).write_text(text)
    with pytest.raises(DataError, match=problem) as caught:
        compare_runs(good, bad)
    assert str(bad) in str(caught.value)
