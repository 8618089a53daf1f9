"""Mass fits of a run: their stages in ``results.json``, on the page, and what blindness takes from them."""

import json

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.judgement_findings import _shapes
from fivesigma.core.errors import ConfigurationError, FivesigmaError
from fivesigma.core.finding import Finding
from fivesigma.statistics.significance import asimov_significance

FIT = {
    "type": "mass_fit",
    "observable": "m",
    "range": [102, 148],
    "bins": 23,
    "signal_shape": "gaussian",
    "background": "polynomial",
    "order": 0,
}
FITS = {
    "before": {**FIT, "stage": "before"},
    "cuts": {**FIT, "region": "hard", "stage": "cuts"},
    "network": {**FIT, "model": "trees"},
    "both": {**FIT, "region": "hard", "model": "trees", "stage": "both", "cost": "scaled_poisson"},
}
REGIONS = {"hard": {"kind": "signal", "select": "a > 0.5"}}
CHANGES = {
    "inference": FITS,
    "regions": REGIONS,
    "systematics": None,
    "models": {"trees": {"use": "hist_gradient_boosting", "max_iter": 5}},
}
BLIND = {"name": "toy", "luminosity": 10.0, "energy": 13.0, "seed": 7, "blind": True}


@pytest.fixture(scope="module")
def results(shared_toy):
    shared_toy.run("mass-run", shared_toy.yaml("mass", **CHANGES))
    return json.loads((shared_toy.root / "mass-run/results.json").read_text())


@pytest.fixture(scope="module")
def blind(shared_toy):
    shared_toy.run("mass-blind", shared_toy.yaml("mass-blind", **CHANGES | {"analysis": BLIND}))
    return json.loads((shared_toy.root / "mass-blind/results.json").read_text())


def test_every_stage_is_told(results):
    told = {name: fit["stage"] for name, fit in results["inference"].items()}
    assert told == {"before": "before", "cuts": "cuts", "network": "trees", "both": "both"}
    for fit in results["inference"].values():
        assert fit["type"] == "mass_fit"
        assert fit["background"] == {"family": "polynomial", "order": 0}
        assert fit["chi2_h0"] >= fit["chi2_h1"] - 1e-6
        assert fit["signal_yield"]["low"] < fit["signal_yield"]["value"] < fit["signal_yield"]["high"]
        assert fit["z_with_spurious_signal"] <= fit["z"] + 1e-9


def test_a_cut_on_a_model_is_chosen_on_other_folds(results):
    fit = results["inference"]["network"]
    assert (fit["model"], len(fit["cuts"])) == ("trees", 2)
    assert fit["cut"] == pytest.approx(np.median(fit["cuts"]))
    assert results["inference"]["before"]["cuts"] is None


def test_yields_are_those_of_the_events_in_the_range(results, shared_toy):
    events = pl.read_parquet(shared_toy.root / "sig.parquet").filter((pl.col("mass") > 102) & (pl.col("mass") < 148))
    assert results["inference"]["before"]["signal"] == pytest.approx(events["w"].sum(), rel=1e-12)
    hard = events.filter(pl.col("x0") > 0.5)
    assert results["inference"]["cuts"]["signal"] == pytest.approx(hard["w"].sum(), rel=1e-12)


def test_the_expected_significance_is_near_that_of_counting_under_the_peak(results):
    """Bins of a narrow peak on a flat background that sidebands fix: the bins' Asimov significances in quadrature."""
    fit = results["inference"]["before"]
    edges = np.linspace(102, 148, 24)
    mean, width = fit["signal_shape"]["mean"], fit["signal_shape"]["width"]
    density = np.exp(-np.square(((edges[1:] + edges[:-1]) / 2 - mean) / width) / 2)
    signal = fit["signal"] * density / density.sum()
    known = np.sqrt(np.sum(np.square(asimov_significance(signal, fit["background_events"] / 23))))
    assert 0.85 * known < fit["z"] < 1.02 * known


def test_costs_are_those_asked_for(results, blind):
    assert [results["inference"][name]["cost"] for name in FITS] == ["poisson", "poisson", "poisson", "scaled_poisson"]
    assert blind["inference"]["cuts"]["cost"] == "scaled_poisson"


def test_blind_fits_see_no_data_and_expect_the_same(results, blind):
    for name, fit in blind["inference"].items():
        assert fit["z_observed"] is None
        assert results["inference"][name]["z_observed"] is not None
        for key in ("z", "z_simulation", "signal", "background_events", "spurious_signal", "cuts"):
            assert fit[key] == results["inference"][name][key], (name, key)


def test_the_page_shows_the_stages_side_by_side(shared_toy, results, untraced):
    file = shared_toy.root / "mass-run/report.html"
    assert untraced(file) == []
    page = file.read_text()
    assert "fits of the m spectrum expect" in page
    assert "before cuts" in page
    assert "Weighted simulation" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"observable": "mm"}, "no observable 'mm'; did you mean m?"),
        ({"range": [148, 102]}, "the range must rise, unlike 148 to 102"),
        ({"model": "tree"}, "no model 'tree'; did you mean trees?"),
        ({"region": "hart"}, "no region 'hart'; did you mean hard?"),
        ({"background": "dijets"}, "dijets"),
        ({"background": "dijet", "order": 9}, "the dijet background has orders 3 to 5, not 9"),
        ({"background": "power_law", "order": None, "range": [-5, 148]}, "needs masses above zero"),
        ({"background": "dijet", "order": 3, "range": [102, 14000]}, "below √s, 13000 GeV"),
        ({"bins": 4}, "input should be greater than or equal to 5"),
        ({"signal": ["sgi"]}, "no signal sample 'sgi'; did you mean sig?"),
    ],
)
def test_names_that_are_none_are_told(shared_toy, change, says):
    path = shared_toy.yaml("wrong", **CHANGES | {"inference": {"fit": {**FIT, **change}}})
    with pytest.raises(ConfigurationError) as caught:
        shared_toy.run("wrong-run", path)
    assert says in str(caught.value)


def test_a_range_without_signal_is_an_error_that_says_so(shared_toy):
    path = shared_toy.yaml("beside", **CHANGES | {"inference": {"fit": {**FIT, "range": [134, 148]}}})
    with pytest.raises(FivesigmaError, match=r"inference\.fit: m: no signal is expected between 134 and 148"):
        shared_toy.run("beside-run", path)


def test_a_shape_that_a_cut_makes_before_a_mass_fit_is_a_warning(shared_toy):
    config = load_resolved(shared_toy.yaml("shapes", **CHANGES), shared_toy.root)
    found = [
        Finding(code="sculpted-background", severity="serious", subject=f"{model} and m", message="")
        for model in ("trees", "forest")
    ]
    assert [finding.severity for finding in _shapes(config, found)] == ["warning", "info"]


def test_a_poisson_fit_without_data_is_told_before_anything_is_trained(shared_toy):
    samples = {
        "sig": {"kind": "signal", "files": "sig.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
    }
    path = shared_toy.yaml(
        "no-data", **CHANGES | {"samples": samples, "inference": {"fit": {**FIT, "cost": "poisson"}}}
    )
    with pytest.raises(ConfigurationError) as caught:
        shared_toy.run("no-data-run", path)
    assert "there are no data for a Poisson fit" in str(caught.value)
