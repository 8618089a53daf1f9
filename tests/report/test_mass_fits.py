from typing import Any

from fivesigma.report.cells import MISSING
from fivesigma.report.mass_fits import mass_fit_tables, mass_fits_sentence


def entry(**other: Any) -> dict[str, Any]:
    value = {"value": 3.0, "low": 1.0, "high": 5.0, "level": 0.683, "method": "profile likelihood, Poisson"}
    spurious = {"events": 0.1, "error": 0.2, "ratio": 0.05, "ratio_error": 0.1, "largest_ratio": 0.2, "largest_at": 130}
    return {
        "type": "mass_fit",
        "stage": "before",
        "signal_yield": value,
        "spurious_signal": spurious,
        "chi2_h0": 50.0,
        "chi2_h1": 45.0,
        "ndf_h0": 48,
        "z": 2.2,
        "z_with_spurious_signal": 2.1,
        "z_simulation": 9.0,
        "z_observed": None,
        "p_toys": None,
        "cut": None,
        "model": None,
        "signal": 3.1,
        "background_events": 200.0,
        "background": {"family": "dijet", "order": 3},
        "signal_shape": {"mean": 125.0, "width": 2.0},
        **other,
    }


def test_a_weighted_simulation_that_could_not_be_fitted_is_a_dash() -> None:
    said, _ = mass_fit_tables({"one": entry(), "other": entry(z_simulation=None)}, "Observed significance")
    one, other = said.groups[0].rows
    assert said.columns[-1].text == "Weighted simulation"
    assert one.cells[-1] != MISSING
    assert other.cells[-1] == MISSING
    assert [cell.text for cell in one.cells[:-1]] == [cell.text for cell in other.cells[:-1]]


def test_of_many_stages_a_sentence_tells_the_first_and_how_many_more_there_are():
    fits = [
        {"stage": f"stage {n}", "z": 2.0 + n, "z_observed": None, "z_with_spurious_signal": 2.0 + n, "observable": "m"}
        for n in range(6)
    ]
    told = mass_fits_sentence(fits, {})
    assert told.endswith("in “stage 2” (3 more stages are in the table).")
    assert "stage 3" not in told
    assert "more stages" not in mass_fits_sentence(fits[:4], {})
