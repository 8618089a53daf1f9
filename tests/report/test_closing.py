from __future__ import annotations

from fivesigma.report.closing import finding_groups, outline, provenance_part


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
    groups = finding_groups(findings)
    assert [group.code for group in groups] == ["B", "A"]
    assert groups[0].findings[0].evidence == "z local 2.0\u00a0σ; bins 1, 2"
    assert finding_groups(None) == ()


def test_findings_of_one_code_that_are_equally_bad_stand_together() -> None:
    severities = {"a": "info", "b": "warning", "c": "info", "d": "warning"}
    findings = [
        {"code": "poor-fit", "severity": severity, "subject": name, "message": f"of {name}"}
        for name, severity in severities.items()
    ]
    worse, better = finding_groups([*findings, {**findings[0], "code": "unused-input"}])[:2]
    assert (worse.severity, [view.subject for view in worse.findings]) == ("warning", ["b", "d"])
    assert (better.severity, [view.subject for view in better.findings]) == ("info", ["a", "c"])
    assert worse.meaning
    assert not better.meaning


def test_numbers_of_a_message_have_a_true_minus() -> None:
    message = "correlation -0.5661 [-0.57, -.56] of stop-500, 1e-05 and x -y; 2-3"
    (group,) = finding_groups([{"code": "A", "severity": "info", "subject": "", "message": message}])
    assert group.findings[0].message == "correlation −0.5661 [−0.57, −.56] of stop-500, 1e-05 and x -y; 2-3."


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
