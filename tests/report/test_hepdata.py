"""Submissions to HEPData, checked by what HEPData itself checks them with."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from fivesigma.report.content import RunContent
from fivesigma.report.hepdata import hepdata_submission

CLS = {
    "mu": [0.0, 0.5, 1.0],
    "expected": [[1.0, 0.1 * band, 0.01 * band] for band in range(1, 6)],
    "observed": [1.0, 0.2, 0.04],
    "limit_expected": [0.2, 0.3, 0.4, 0.6, 0.8],
    "limit_observed": 0.45,
    "level": 0.95,
}
SPECTRUM = {
    "name": "window",
    "binning": {"axes": [{"name": "trees", "edges": [0.0, 0.5, 1.0], "label": "trees score"}], "groups": []},
    "samples": [
        {"name": "higgs", "kind": "signal", "label": "H(125)"},
        {"name": "zz", "kind": "background", "label": ""},
    ],
    "values": [[1.0, 2.0], [10.0, 4.0]],
    "error": [1.5, 1.0],
    "observed": [12.0, 5.0],
    "postfit": True,
}
PLANE = {
    "type": "limit_plane",
    "observable": "trees",
    "parameters": ["m_stop", "m_lsp"],
    "level": 0.95,
    "published": [],
    "points": [
        {
            "parameters": {"m_stop": 250.0, "m_lsp": lsp},
            "signal": [f"stop_{lsp:g}"],
            "limit_expected": band,
            "limit_observed": None,
            "cross_section": 21.6,
            "cross_section_limit": band and {"expected": [21.6 * limit for limit in band], "observed": None},
            "z_expected": 2.6,
            "failure": None,
        }
        for lsp, band in ((170.0, [0.3, 0.5, 0.7, 1.0, 1.5]), (200.0, None))
    ],
}


def written(documents: dict[str, list[dict[str, Any]]], folder: Path) -> Path:
    for name, each in documents.items():
        with (folder / name).open("w", encoding="utf-8") as file:
            YAML().dump_all(each, file)
    return folder


def is_valid(folder: Path) -> bool:
    command = [str(Path(sys.executable).with_name("hepdata-validate")), "--directory", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def variables(document: dict[str, Any]) -> dict[str, list[Any]]:
    return {each["header"]["name"]: each["values"] for each in document["dependent_variables"]}


@pytest.fixture
def submission(content: RunContent) -> dict[str, list[dict[str, Any]]]:
    content.results["inference"]["limits"] = copy.deepcopy(PLANE)
    return hepdata_submission(content, {"cls-shape": CLS, "templates-shape.window-after": SPECTRUM})


def test_hepdata_takes_it(submission: dict[str, Any], tmp_path: Path) -> None:
    assert is_valid(written(submission, tmp_path))


def test_hepdata_does_not_take_what_is_broken(submission: dict[str, Any], tmp_path: Path) -> None:
    del submission["cls-shape.yaml"][0]["dependent_variables"][0]["values"][0]
    assert not is_valid(written(submission, tmp_path))


def test_tables_are_named_described_and_found(submission: dict[str, Any]) -> None:
    comment, *tables = submission["submission.yaml"]
    assert comment["comment"].startswith("H → ZZ* → 4ℓ at 13 TeV. Written by fivesigma")
    assert {table["data_file"] for table in tables} == set(submission) - {"submission.yaml"}
    names = [table["name"] for table in tables]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 64
    assert {"Cutflow", "shape: CLs", "shape.window-after: spectrum", "limits: upper limits over the grid"} <= set(names)
    assert all({"name": "cmenergies", "values": [13000.0]} in table["keywords"] for table in tables)


def test_yields_have_their_errors_and_luminosity(submission: dict[str, Any]) -> None:
    (document,) = submission["yields-samples-after-the-selection.yaml"]
    assert variables(document)["Yield"][0] == {"value": 12.8412, "errors": [{"symerror": 0.0814}]}
    assert [each["value"] for each in document["independent_variables"][0]["values"]][:2] == ["H(125)", "ZZ/γ*"]
    qualifiers = document["dependent_variables"][0]["qualifiers"]
    assert {"name": "LUMINOSITY", "value": 10.0, "units": "fb$^{-1}$"} in qualifiers


def test_a_cutflow_says_of_which_sample_each_row_is(submission: dict[str, Any]) -> None:
    (document,) = submission["yields-cutflow.yaml"]
    group, step = document["independent_variables"]
    assert (group["values"][1], step["values"][1]) == ({"value": "H(125)"}, {"value": "types: sum in 44, 48, 52"})


def test_curves_and_spectra(submission: dict[str, Any]) -> None:
    (curve,), (spectrum,) = submission["cls-shape.yaml"], submission["templates-shape.window-after.yaml"]
    assert [value["value"] for value in variables(curve)["Expected, median"]] == CLS["expected"][2]
    assert [value["value"] for value in variables(curve)["Observed (pseudo-data)"]] == CLS["observed"]
    assert spectrum["independent_variables"][0]["values"] == [{"low": 0.0, "high": 0.5}, {"low": 0.5, "high": 1.0}]
    assert variables(spectrum)["Total"] == [
        {"value": 11.0, "errors": [{"symerror": 1.5}]},
        {"value": 6.0, "errors": [{"symerror": 1.0}]},
    ]
    assert spectrum["independent_variables"][0]["header"] == {"name": "trees score"}
    assert set(variables(spectrum)) == {"H(125)", "zz", "Total", "Observed (pseudo-data)"}


def test_a_unit_stands_beside_the_name(content: RunContent) -> None:
    spectrum = copy.deepcopy(SPECTRUM)
    spectrum["binning"]["axes"][0]["label"] = "m [GeV]"
    (document,) = hepdata_submission(content, {"templates-shape": spectrum})["templates-shape.yaml"]
    assert document["independent_variables"][0]["header"] == {"name": "m", "units": "GeV"}


def test_a_limit_plane_has_every_parameter_and_no_number_where_a_fit_failed(submission: dict[str, Any]) -> None:
    (document,) = submission["inference-limits.yaml"]
    assert [each["header"]["name"] for each in document["independent_variables"]] == ["m_stop", "m_lsp"]
    first, failed = variables(document)["Expected limit on mu"]
    assert first["value"] == 0.7
    assert first["errors"][0]["asymerror"] == pytest.approx({"plus": 0.3, "minus": -0.2})
    assert failed == {"value": "-"}
    assert variables(document)["Expected limit on the cross-section"][0]["value"] == pytest.approx(21.6 * 0.7)
    assert not any(name.startswith("Observed") for name in variables(document))


def test_a_blind_run_submits_nothing_observed(
    content: RunContent, blind: tuple[dict[str, Any], dict[str, Any]], changed: Any, tmp_path: Path
) -> None:
    results, config = blind
    numbers = {"cls-shape": {**CLS, "observed": None}, "templates-shape": {**SPECTRUM, "observed": None}}
    made = hepdata_submission(changed(results=results, config=config), numbers)
    names = {name for file, (document, *_) in made.items() if file != "submission.yaml" for name in variables(document)}
    assert not [name for name in names if name.startswith("Observed") and name != "Observed events"]
    assert is_valid(written(made, tmp_path))
