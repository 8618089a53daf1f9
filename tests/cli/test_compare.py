"""``fivesigma compare`` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fivesigma.cli.compare import compare


def run(folder: Path, seed: int, auc: float, **results: Any) -> Path:
    folder.mkdir()
    told = {
        "schema": 1,
        "models": {"trees": {"auc": {"value": auc, "low": auc - 0.01, "high": auc + 0.01}}},
        "findings": [],
    }
    (folder / "results.json").write_text(json.dumps({**told, **results}))
    (folder / "config.yaml").write_text(f"analysis: {{seed: {seed}, title: 'a [bold]b'}}\n")
    (folder / "provenance.json").write_text(json.dumps({"code": "aa", "versions": {}, "inputs": {}, "unblinding": []}))
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    return [str(run(tmp_path / name, seed, auc)) for name, seed, auc in (("one", 42, 0.9), ("two", 7, 0.93))]


def test_it_names_the_setting_and_what_it_did(runs: list[str]) -> None:
    done = CliRunner().invoke(compare, runs)
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    assert "analysis.seed 42 7" in lines
    assert "trees.auc 0.900 ± 0.010 0.930 ± 0.010 +3 errors" in [
        line.replace("\N{NO-BREAK SPACE}", " ") for line in lines
    ]


def test_numbers_of_settings_are_no_truth_values(tmp_path: Path) -> None:
    settings = ("{a: 1, b: true, c: null, d: 1.0, e: [1], f: word}", "{a: 0, b: false, c: 1, d: 0.0, e: [], f: other}")
    folders = [run(tmp_path / name, 42, 0.9) for name in ("one", "two")]
    for folder, text in zip(folders, settings, strict=True):
        (folder / "config.yaml").write_text(text)
    lines = CliRunner().invoke(compare, list(map(str, folders))).output.splitlines()
    words = [tuple(line.split()) for line in lines]
    assert {
        ("a", "1", "0"),
        ("b", "true", "false"),
        ("c", "null", "1"),
        ("d", "1.0", "0.0"),
        ("f", "word", "other"),
    } <= set(words)


def test_json_has_all_of_it(runs: list[str]) -> None:
    told = json.loads(CliRunner().invoke(compare, [*runs, "--json"]).stdout)
    assert told["settings"] == [{"key": "analysis.seed", "values": {"one": 42, "two": 7}}]
    assert told["numbers"][0]["change"] == pytest.approx(3)


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_no_width_breaks_it(runs: list[str], columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = CliRunner().invoke(compare, runs)
    assert done.exit_code == 0
    assert max(map(len, done.output.splitlines())) <= int(columns)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    many = [{"samples": {f"s{i}": {"yield": float(i + more)} for i in range(1, 31)}} for more in (0, 1)]
    folders = [str(run(tmp_path / name, 42, 0.9, **more)) for name, more in zip("ab", many, strict=True)]
    assert "15 more with --all" in CliRunner().invoke(compare, folders).output
    everything = CliRunner().invoke(compare, [*folders, "--all"]).output
    assert "more with --all" not in everything
    assert all(f"s{i}.yield" in everything for i in range(1, 31))
