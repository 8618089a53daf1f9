from __future__ import annotations

import pytest

from fivesigma.report.labels import column_label, is_plain, quantity, row_label


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("z_expected", "Expected significance"),
        ("training_events", "Training events"),
        ("pt_cut", "pT cut"),
        ("sic_max", "SIC max"),
        ("max_auc", "Max AUC"),
    ],
)
def test_fields_have_printed_names(key: str, label: str) -> None:
    assert column_label(key) == label


def test_names_of_the_user_stay_as_they_are() -> None:
    assert row_label("lep_pt_1") == "lep_pt_1"


def test_units_follow_the_field() -> None:
    assert quantity("z_local", 2.04) == "2.0\u00a0σ"
    assert quantity("efficiency", 0.01) == "1\u00a0%"
    assert quantity("parameters", 4865) == "4865"
    assert is_plain("accuracy")
    assert not is_plain("z_expected")
