"""Uncertainties of a counted strength in a run: the table in ``results.json`` and on the page."""

import json
import math

import pytest

from fivesigma.core.errors import ConfigurationError

SYSTEMATICS = {
    "luminosity": {"type": "normalisation", "size": 0.02, "group": "luminosity"},
    "acceptance": {"type": "normalisation", "size": 0.05, "samples": ["sig"], "group": "signal"},
    "rate": {"type": "normalisation", "size": 0.1, "samples": ["bkg"], "group": "background"},
    "scale": {"type": "shift", "up": {"x0": "x0 + 0.1"}, "down": {"x0": "x0 - 0.1"}, "group": "detector"},
}
STRENGTH = {"type": "strength_uncertainty", "region": "window", "models": ["forest", "trees"], "target": 0.5}
CHANGES = {"systematics": SYSTEMATICS, "inference": {"strength": STRENGTH}}
PARTS = ("signal", "background", "luminosity", "detector")


@pytest.fixture(scope="module")
def run(shared_toy):
    shared_toy.run("strength-run", shared_toy.yaml("strength", **CHANGES))
    return shared_toy.root / "strength-run"


@pytest.fixture(scope="module")
def entry(run):
    return json.loads((run / "results.json").read_text())["inference"]["strength"]


def test_a_row_for_each_model_whose_parts_add_in_quadrature(entry):
    assert [row["model"] for row in entry["table"]] == STRENGTH["models"]
    for row in entry["table"]:
        assert row["systematic"] == pytest.approx(math.hypot(*(row[part] for part in PARTS)), rel=1e-12)
        assert row["total"] == pytest.approx(math.hypot(row["statistics"], row["systematic"]), rel=1e-12)
        assert row["detector"] > 0
        assert row["seconds"] > 0


def test_what_is_declared_is_what_counts(entry):
    for row in entry["table"]:
        signal, background = row["expected_signal"], row["expected_background"]
        assert row["signal"] == pytest.approx(0.05, rel=1e-9)
        assert row["background"] == pytest.approx(0.1 * background / signal, rel=1e-9)
        assert row["luminosity"] == pytest.approx(0.02 * (signal + background) / signal, rel=1e-9)


def test_a_fit_of_the_score_stands_beside_it(entry):
    for row in entry["table"]:
        assert row["gain"] == pytest.approx(
            math.hypot(row["total"], row["mc_statistics"]) / row["fit"]["total"], rel=1e-12
        )


def test_what_would_reach_the_target_does(entry):
    row, reached = entry["table"][0], entry["reaching"]
    assert reached["target"] == 0.5
    statistics = row["statistics"] / math.sqrt(reached["luminosity_factor"])
    assert math.hypot(statistics, row["systematic"]) == pytest.approx(0.5, rel=1e-6)
    n = row["expected_signal"] + row["expected_background"]
    assert reached["events"] == pytest.approx(n * reached["luminosity_factor"])


def test_what_control_regions_say_is_left_out_and_told(shared_toy):
    free = {"type": "free_normalisation", "samples": ["bkg"]}
    done = shared_toy.run(
        "strength-free",
        shared_toy.yaml("strength-free", **CHANGES | {"systematics": {**SYSTEMATICS, "bkg_free": free}}),
    )
    assert "systematic-not-counted" in {finding.code for finding in done.findings}


def test_the_page_and_the_figures_tell_it(run, untraced):
    assert untraced(run / "report.html") == []
    page = (run / "report.html").read_text()
    assert "Uncertainty of μ at the best cut" in page
    figures = {path.stem for path in (run / "figures").glob("strength-*.svg")}
    assert figures == {
        "strength-strength",
        "strength-fits-strength",
        *(f"strength-strength-{against}" for against in ("luminosity-factor", "purity", "events")),
        *(f"strength-strength-{model}" for model in STRENGTH["models"]),
        *(f"strength-strength-{model}-scale" for model in STRENGTH["models"]),
    }


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"systematics": {**SYSTEMATICS, "rate": {**SYSTEMATICS["rate"], "group": "backgruond"}}},
            "did you mean background?",
        ),
        ({"inference": {"strength": {**STRENGTH, "models": ["tree"]}}}, "no model 'tree'; did you mean trees?"),
        ({"inference": {"strength": {**STRENGTH, "region": "windwo"}}}, "no region 'windwo'; did you mean window?"),
    ],
)
def test_what_it_cannot_be_made_of_is_told(shared_toy, changes, says):
    with pytest.raises(ConfigurationError) as caught:
        shared_toy.run("wrong-strength", shared_toy.yaml("wrong-strength", **CHANGES | changes))
    assert says in str(caught.value)
