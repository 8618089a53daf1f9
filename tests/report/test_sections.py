from __future__ import annotations

from collections.abc import Callable

from fivesigma.report.content import RunContent
from fivesigma.report.sections import inputs_table, sections


def features(content: RunContent) -> dict[str, list[str]]:
    (section,) = [section for section in sections(content, {}) if section.identifier == "features"]
    return {row.head: [cell.text for cell in row.cells] for row in section.parts[0].tables[0].groups[0].rows}


def test_inputs_say_how_they_are_computed_and_by_whom_they_are_used(content: RunContent) -> None:
    assert features(content)["lep_pt_1"] == ["lep_pt_1 / 1.0", "all models"]
    assert features(content)["m_z1"] == ["m_z1 / 1.0", "trees, network"]


def test_an_input_nobody_uses_is_seen(content: RunContent, changed: Callable[..., RunContent]) -> None:
    one = {**content.models["trees"], "inputs": ["m_z1"]}
    assert features(changed(models={"one": one}))["m_z2"][1] == "no model"


def test_inputs_may_be_a_list_of_columns(changed: Callable[..., RunContent]) -> None:
    assert features(changed(config={"features": {"inputs": ["pt"]}}, models={})) == {"pt": ["pt"]}


def test_sections_keep_their_order(content: RunContent) -> None:
    names = [section.identifier for section in sections(content, {})]
    assert names == ["yields", "features", "models", "judgement", "inference"]


def test_inputs_stand_beside_what_figures_call_them_and_who_sees_them() -> None:
    models = {"trees": {"inputs": ["pt", "eta"]}, "line": {"inputs": ["pt"]}}
    table = inputs_table("Inputs", {"pt": "lep_pt / 1000", "eta": "lep_eta"}, models, {"pt": "pT(ℓ) [GeV]"})
    assert [column.text for column in table.columns] == ["Name", "Computed as", "In figures", "Used by"]
    rows = [[row.head, *(cell.text for cell in row.cells)] for row in table.groups[0].rows]
    assert rows == [["pt", "lep_pt / 1000", "pT(ℓ) [GeV]", "all models"], ["eta", "lep_eta", "eta", "trees"]]


def test_without_titles_and_models_there_is_nothing_of_them() -> None:
    table = inputs_table("Observables", {"m": "mass"}, {}, {"pt": "pT"})
    assert [column.text for column in table.columns] == ["Name", "Computed as"]
