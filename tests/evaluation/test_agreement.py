import pytest

from fivesigma.evaluation.agreement import data_and_simulation_differ
from fivesigma.statistics.agreement import ChiSquare


def _with(p):
    return ChiSquare(value=30.0, ndf=10, p_value=p, normalisation="fixed", scale=1.0)


def test_p_values_are_adjusted_as_holm_has_it():
    """The step-down example: 0.0001 × 4, 0.002 × 3, 0.006 × 2, and the last is no smaller than the one before."""
    given = {"pt": _with(0.002), "eta": _with(0.6), "mass": _with(0.0001), "phi": _with(0.006), "blind": None}
    found = {finding.subject: finding for finding in data_and_simulation_differ(given, threshold=0.05)}
    assert {name: finding.evidence["adjusted_p_value"] for name, finding in found.items()} == pytest.approx(
        {"pt": 0.006, "mass": 0.0004, "phi": 0.012}
    )
    assert [finding.subject for finding in data_and_simulation_differ(given)] == ["pt", "mass"]
    assert found["pt"].message == "data and simulation differ in pt: χ²/ndf = 30.0/10, p = 0.002 (p = 0.006 among 4)"
    (least,) = data_and_simulation_differ({"pt": _with(0.0)})
    assert least.message.endswith("p < 1e-10 (p < 1e-10 among 1)")


def test_without_data_there_is_nothing_to_find():
    assert data_and_simulation_differ({}) == ()
    assert data_and_simulation_differ({"pt": None}) == ()
