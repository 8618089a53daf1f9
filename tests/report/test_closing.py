from __future__ import annotations

from fivesigma.report.closing import finding_views, outline, provenance_part


def test_the_serious_come_first_and_evidence_is_spelled_out() -> None:
    findings = [
        {"code": "A", "severity": "info", "subject": "", "message": "a"},
        {
            "code": "B",
            "severity": "serious",
            "subject": "zz",
            "message": "b",
            "evidence": {"z_local": 2.0, "bins": ["1", "2"]},
        },
    ]
    views = finding_views({"findings": findings})
    assert [view.code for view in views] == ["B", "A"]
    assert views[0].evidence == "z local 2.0\u00a0σ; bins 1, 2"
    assert finding_views({}) == ()


def test_the_configuration_is_an_outline_with_leaves_as_json() -> None:
    text = outline({"analysis": {"title": "H → ℓℓ", "blind": True}, "cuts": [1, 2.5], "none": {}, "null": None})
    assert text == 'analysis:\n  title: "H → ℓℓ"\n  blind: true\ncuts: [1, 2.5]\nnone: {}\nnull: null'


def test_names_of_packages_and_files_stay_as_they_are() -> None:
    part = provenance_part({"seed": 42, "versions": {"numpy": "2.4.6"}, "inputs": {"a.root": {"sha256": "0" * 64}}})
    assert [table.caption for table in part.tables] == ["Run", "Versions", "Inputs"]
    assert [row.head for table in part.tables for group in table.groups for row in group.rows] == [
        "Seed",
        "numpy",
        "a.root",
    ]
    assert provenance_part({}).tables == ()
