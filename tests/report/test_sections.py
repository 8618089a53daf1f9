"""Tables of the sections that need no run."""

from fivesigma.report.sections import inputs_table


def test_inputs_stand_beside_what_figures_call_them_and_who_sees_them() -> None:
    models = {"trees": {"inputs": ["pt", "eta"]}, "line": {"inputs": ["pt"]}}
    table = inputs_table("Inputs", {"pt": "lep_pt / 1000", "eta": "lep_eta"}, models, {"pt": "pT(ℓ) [GeV]"})
    assert [column.text for column in table.columns] == ["Name", "Computed as", "In figures", "Used by"]
    rows = [[row.head, *(cell.text for cell in row.cells)] for row in table.groups[0].rows]
    assert rows == [["pt", "lep_pt / 1000", "pT(ℓ) [GeV]", "all models"], ["eta", "lep_eta", "eta", "trees"]]


def test_without_titles_and_models_there_is_nothing_of_them() -> None:
    table = inputs_table("Observables", {"m": "mass"}, {}, {"pt": "pT"})
    assert [column.text for column in table.columns] == ["Name", "Computed as"]
