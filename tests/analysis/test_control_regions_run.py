"""Backgrounds that data of other regions say, in a run from files to results."""

import json

import numpy as np
import polars as pl
import pytest

from fivesigma.core.errors import ConfigurationError

REGIONS = {
    "window": {"kind": "signal", "select": "118 < m < 132 and a > 0"},
    "window_low": {"kind": "control", "select": "118 < m < 132 and a <= 0"},
    "sides": {"kind": "control", "select": "(m < 118 or m > 132) and a > 0"},
    "sides_low": {"kind": "control", "select": "(m < 118 or m > 132) and a <= 0"},
}
FACTORS = {
    "type": "transfer_factors",
    "sample": "bkg",
    "a": "window",
    "b": "window_low",
    "c": "sides",
    "d": "sides_low",
    "closure": 0.1,
}
FIT = {"type": "template_fit", "observable": "m", "regions": list(REGIONS), "bins": 1}
CHANGES = {"models": None, "training": None, "regions": REGIONS}


def run(toy, name, **changes):
    toy.run(f"{name}-run", toy.yaml(name, **CHANGES | changes))
    return json.loads((toy.root / f"{name}-run/results.json").read_text())


@pytest.fixture(scope="module")
def factors(shared_toy):
    return run(shared_toy, "factors", systematics={"bkg_abcd": FACTORS}, inference={"fit": FIT})


def counts(toy, name):
    """Return the sum of weights of a sample in each region, by hand."""
    table = pl.read_parquet(toy.root / f"{name}.parquet").filter((pl.col("mass") > 102) & (pl.col("mass") < 148))
    inside, high = table["mass"].is_between(118, 132, closed="none").to_numpy(), (table["x0"] > 0).to_numpy()
    weight = np.ones(len(table)) if name == "data" else table["w"].to_numpy()
    masks = (inside & high, inside & ~high, ~inside & high, ~inside & ~high)
    return np.array([weight[mask].sum() for mask in masks])


def test_the_background_is_what_three_regions_say(factors, shared_toy):
    """With as many free factors as control regions the fit is exact: μ S = A - κ B C / D, up to the signal in B, C and D."""
    data, simulated, signal = (counts(shared_toy, name) for name in ("data", "bkg", "sig"))
    kappa = simulated[0] * simulated[3] / (simulated[1] * simulated[2])
    strength = factors["inference"]["fit"]["mu"]["value"]
    rest = data - strength * signal
    assert rest[0] == pytest.approx(kappa * rest[1] * rest[2] / rest[3], rel=2e-3)


def test_yields_before_and_after_the_fit_are_told(factors, shared_toy, untraced):
    fit = factors["inference"]["fit"]
    simulated, data = counts(shared_toy, "bkg"), counts(shared_toy, "data")
    for place, (name, region) in enumerate(fit["yields"].items()):
        assert region["samples"]["bkg"]["prefit"] == pytest.approx(simulated[place], rel=1e-9), name
        assert region["observed"] == data[place]
        parts = sum(sample["postfit"] for sample in region["samples"].values())
        assert region["total"]["postfit"]["value"] == pytest.approx(parts, rel=1e-12)
        assert region["total"]["postfit"]["error"] > 0
    # as many free factors as control regions: what was seen is what is expected
    assert fit["yields"]["sides"]["total"]["postfit"]["value"] == pytest.approx(data[2], rel=2e-3)
    page = shared_toy.root / "factors-run/report.html"
    assert "Before the fit, μ = 1" in page.read_text()
    assert untraced(page) == []


def test_closure_and_the_free_factors_are_groups_of_the_breakdown(factors):
    assert {"bkg_abcd", "bkg_abcd_closure"} <= set(factors["inference"]["fit"]["breakdown"])


def test_a_free_normalisation_follows_the_data_of_the_control_region(shared_toy):
    systematics = {"bkg_free": {"type": "free_normalisation", "samples": ["bkg"]}}
    regions = {"regions": {"window": REGIONS["window"], "sides": REGIONS["sides"]}}
    fit = {**FIT, "regions": ["window", "sides"]}
    results = run(shared_toy, "free", **regions, systematics=systematics, inference={"fit": fit})
    data, simulated, signal = (counts(shared_toy, name)[[0, 2]] for name in ("data", "bkg", "sig"))
    # two counts and two parameters: the solution of two linear equations
    strength, _ = np.linalg.solve(np.stack([signal, simulated], axis=1), data)
    assert results["inference"]["fit"]["mu"]["value"] == pytest.approx(strength, rel=2e-3)


def test_regions_that_move_apart_have_parameters_of_their_own(shared_toy):
    rate = {
        "type": "normalisation",
        "size": 0.1,
        "samples": ["bkg"],
        "correlated": False,
        "regions": ["window", "sides"],
    }
    run(shared_toy, "apart", systematics={"rate": rate}, inference={"fit": FIT})
    workspace = json.loads((shared_toy.root / "apart-run/inference/fit-workspace.json").read_text())
    found = {
        channel["name"]: {m["name"] for s in channel["samples"] for m in s["modifiers"] if m["type"] == "normsys"}
        for channel in workspace["channels"]
    }
    assert found == {"window": {"rate_window"}, "sides": {"rate_sides"}, "window_low": set(), "sides_low": set()}


@pytest.mark.parametrize(
    ("systematic", "says"),
    [
        ({**FACTORS, "d": "sides_lo"}, "no region 'sides_lo'; did you mean sides_low"),
        ({**FACTORS, "d": "sides"}, "needs four different regions"),
        ({**FACTORS, "sample": "sig"}, "no background sample 'sig'"),
        ({"type": "free_normalisation", "samples": ["bgk"]}, "no background sample 'bgk'; did you mean bkg?"),
        ({"type": "shift", "up": {"mass": "mass + 1"}, "symmetrise": True}, "there is no down"),
        ({"type": "normalisation", "size": 0.1, "periods": ["2018"]}, "no period under `analysis.periods` '2018'"),
    ],
)
def test_what_is_not_there_is_told(shared_toy, systematic, says):
    path = shared_toy.yaml("wrong-control", **CHANGES | {"systematics": {"one": systematic}, "inference": {"fit": FIT}})
    with pytest.raises(ConfigurationError) as caught:
        shared_toy.run("wrong-control-run", path)
    assert says in str(caught.value)


def test_a_fit_that_lacks_some_of_four_regions_is_told(shared_toy):
    fit = {**FIT, "regions": ["window", "sides"]}
    path = shared_toy.yaml("partly", **CHANGES | {"systematics": {"abcd": FACTORS}, "inference": {"fit": fit}})
    with pytest.raises(ConfigurationError) as caught:
        shared_toy.run("partly-run", path)
    assert "the transfer factors 'abcd' take window_low, sides_low too" in str(caught.value)


def test_a_systematic_of_other_regions_is_no_part_of_a_fit(shared_toy):
    scale = {"type": "shift", "up": {"mass": "mass + 0.5"}, "regions": ["sides"]}
    changes = {"systematics": {"scale": scale}, "inference": {"fit": {**FIT, "regions": ["window", "window_low"]}}}
    done = shared_toy.run("elsewhere-run", shared_toy.yaml("elsewhere", **CHANGES | changes))
    assert "variation-not-used" not in {finding.code for finding in done.findings}
