"""Scans of a run: without labels from a file to the page, and what is wrong with one told before anything is read."""

import json
import re

import numpy as np
import polars as pl
import pytest
import yaml

from fivesigma.analysis.configuration import load_configuration
from fivesigma.analysis.exporting_hepdata import export_hepdata
from fivesigma.analysis.page_stage import write_page_again
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import ConfigurationError, FivesigmaError

TREES = {"use": "hist_gradient_boosting", "max_iter": 20, "min_samples_leaf": 20, "seeds": 1}
SCAN = {
    "type": "cwola_scan",
    "observable": "m",
    "masses": {"start": 3000, "stop": 4000, "step": 500},
    "window": 500,
    "sideband": 400,
    "range": [2000, 8000],
    "classifier": TREES,
    "efficiencies": [0.1, 0.02],
    "least_events": 50,
}
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "bump", "luminosity": 1.0, "energy": 13.0, "seed": 7},
    "samples": {"all": {"kind": "data", "files": "all.parquet"}},
    "features": {"inputs": {"a": "x0", "b": "x1"}, "observables": {"m": "mass"}},
    "training": {"folds": 3},
    "inference": {"scan": SCAN},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bump")
    random = np.random.default_rng(3)
    mass = np.concatenate([2000 + random.exponential(900, 6000), random.normal(3500, 60, 120)])
    x = np.concatenate([random.normal(size=(6000, 2)), random.normal(3, 0.3, (120, 2))])
    kept = mass < 8000
    pl.DataFrame({"mass": mass[kept], "x0": x[kept, 0], "x1": x[kept, 1]}).write_parquet(folder / "all.parquet")
    return folder


def written(folder, name, configuration):
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(configuration, sort_keys=False))
    return path


def ran(folder, name, **scan):
    configuration = {**CONFIGURATION, "inference": {"scan": {**SCAN, **scan}}}
    finished = run_analysis(written(folder, name, configuration), folder / name)
    return json.loads((finished.directory / "results.json").read_text()), finished


@pytest.fixture(scope="module")
def run(folder):
    return ran(folder, "run", null_experiments=2, null_members=1)


def test_data_alone_run_to_a_page(run, untraced):
    results, finished = run
    scan = results["inference"]["scan"]
    best = scan["best"]
    assert (best["mass"], best["z_local"] > 5) == (3500, True)
    assert not {one.code for one in finished.findings} & {"events-without-mass", "looks-like-tev", "deep-deficit"}
    assert results["models"] == {"scan": {"auc": None, "auc_train": None, "auc_difference": None, "folds": 3}}
    assert "How the scan was made" in finished.page.read_text()
    assert ">Models<" not in finished.page.read_text()
    assert untraced(finished.page) == []
    assert {row["mass"] for row in scan["windows"]} == {3000, 3500, 4000}
    assert [row["mass"] for row in scan["trained"]] == [3000, 3500, 4000]
    assert scan["trials"] == len(scan["windows"]) == 6
    assert scan["p_global"]["value"] == pytest.approx(1 / 3)
    assert scan["p_global"]["low"] <= scan["p_global"]["value"] <= scan["p_global"]["high"]
    assert best["p_local"] <= scan["bonferroni"]["value"] == pytest.approx(6 * best["p_local"])
    (null,) = scan["null_experiments"]
    assert (null["experiments"], null["members"], null["features"]) == (2, 1, "conditional")
    assert [row["feature"] for row in scan["correlations"]["features"]] == ["a", "b"]
    page = finished.page.read_text()
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "finds its largest excess" in re.sub(r"\s+", " ", text)
    assert "Globally p" in page
    assert "Windows of the scan" in page
    assert ">Models<" not in page
    drawn = {path.stem for path in (finished.directory / "figures").glob("*.svg")}
    parts = (
        "",
        "-spectra",
        "-scores",
        "-selected",
        "-windows",
        "-training",
        "-null-conditional",
        "-correlations",
        "-matrix",
    )
    assert drawn == {f"scan-scan{part}" for part in parts}


def test_nothing_is_done_again_when_nothing_changed(run, folder):
    assert ran(folder, "run", null_experiments=2, null_members=1)[1].redone == ()


def test_its_page_is_written_again_as_it_was(run):
    _, finished = run
    before = finished.page.read_bytes()
    assert write_page_again(finished.directory).read_bytes() == before


def test_hepdata_has_its_masses_as_numbers(run, tmp_path):
    export_hepdata(run[1].directory, tmp_path / "hepdata")
    (windows,) = (tmp_path / "hepdata").glob("*windows-of-the-scan*.yaml")
    (mass,) = yaml.safe_load(windows.read_text())["independent_variables"]
    assert mass["header"] == {"name": "Mass", "units": "GeV"}
    assert [each["value"] for each in mass["values"]] == [3000.0, 3500.0, 4000.0]


def test_more_pseudo_experiments_do_not_train_the_windows_again(run, folder):
    before = {path: path.stat().st_mtime_ns for path in (folder / "run/scans/scan").glob("window-*.npz")}
    results, _ = ran(folder, "run", null_experiments=3, null_members=1)
    assert len(before) == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert results["inference"]["scan"]["null_experiments"][0]["experiments"] == 3


def test_windows_without_events_leave_a_page_that_says_so(folder):
    results, finished = ran(folder, "nothing", least_events=100_000)
    scan = results["inference"]["scan"]
    assert (scan["best"], scan["p_global"], scan["windows"], len(scan["skipped"])) == (None, None, [], 3)
    assert "no window of the scan could be looked at" in finished.page.read_text().replace("No window", "no window")


def test_selections_that_cannot_be_fitted_leave_a_page_that_says_so(folder):
    results, finished = ran(folder, "unfitted", efficiencies=[0.0001])
    scan = results["inference"]["scan"]
    assert (scan["best"], scan["windows"], len(scan["trained"])) == (None, [], 3)
    assert [finding["code"] for finding in results["findings"]] == ["selection-not-fitted"] * 3
    assert "no selection of the scan could be fitted" in finished.page.read_text().lower()


def test_an_autoencoder_may_be_the_classifier(folder):
    autoencoder = {"use": "autoencoder", "hidden": [4, 1], "epochs": 1, "seeds": 1}
    results, finished = ran(folder, "autoencoder", classifier=autoencoder, efficiencies=[0.05])
    scan = results["inference"]["scan"]
    assert (scan["score"], scan["model"]) == ("autoencoder", None)
    assert len(list((finished.directory / "scans/scan").glob("window-*.npz"))) == 1  # for all windows
    assert scan["gross_vitells"] is None or scan["gross_vitells"]["value"] >= scan["best"]["p_local"]
    assert "finds its largest excess" in re.sub(r"\s+", " ", finished.page.read_text())


def test_a_range_without_events_is_told(folder):
    with pytest.raises(FivesigmaError, match=r"inference.scan: no event has a mass from 9000 to 12000 GeV; they lie"):
        ran(folder, "beyond", range=[9000, 12000], masses=[10_000])


def test_a_mass_that_is_no_number_is_told(folder, tmp_path):
    events = pl.read_parquet(folder / "all.parquet").with_columns(
        mass=pl.when(pl.int_range(pl.len()) % 10 == 0).then(float("nan")).otherwise(pl.col("mass"))
    )
    events.write_parquet(tmp_path / "all.parquet")
    with pytest.raises(FivesigmaError, match=r"'m' \(mass\) is not there in \d+ of \d+ selected events"):
        ran(tmp_path, "nan")


def test_events_without_a_mass_are_counted(folder, tmp_path):
    events = pl.read_parquet(folder / "all.parquet").with_columns(
        mass=pl.when(pl.int_range(pl.len()) < 200).then(-999.0).otherwise(pl.col("mass"))
    )
    events.write_parquet(tmp_path / "all.parquet")
    configuration = {**CONFIGURATION, "events": {"missing": {"mass": [-999]}}}
    configuration["inference"] = {"scan": {**SCAN, "masses": [3500]}}
    finished = run_analysis(written(tmp_path, "lost", configuration), tmp_path / "run", until="inference")
    (finding,) = [one for one in finished.findings if one.code == "events-without-mass"]
    assert (finding.severity, finding.evidence["events"]) == ("warning", 200)


def test_masses_in_tev_are_told(folder, tmp_path):
    events = pl.read_parquet(folder / "all.parquet").with_columns(mass=pl.col("mass") / 1000)
    events.write_parquet(tmp_path / "all.parquet")
    scan = {**SCAN, "masses": [3.5], "window": 0.5, "sideband": 0.4, "range": [2, 8]}
    path = written(tmp_path, "tev", {**CONFIGURATION, "inference": {"scan": scan}})
    finished = run_analysis(path, tmp_path / "run", until="inference")
    assert [one.subject for one in finished.findings if one.code == "looks-like-tev"] == ["m"]


def test_named_trees_have_ten_members_if_nothing_else_is_said(folder, tmp_path):
    trees = {key: value for key, value in TREES.items() if key != "seeds"}
    scan = {**SCAN, "masses": [3500], "classifier": trees, "decorrelate": True}
    finished = run_analysis(
        written(folder, "members", {**CONFIGURATION, "inference": {"scan": scan}}), tmp_path / "run"
    )
    entry = json.loads((finished.directory / "results.json").read_text())["inference"]["scan"]
    assert (entry["training"]["members"], entry["training"]["decorrelated"]) == (10, True)
    assert all(row["decorrelated"]["distance"] < 0.05 for row in entry["correlations"]["features"])


def test_a_threshold_leaves_out_inputs_that_follow_the_mass(folder):
    configuration = {
        **CONFIGURATION,
        "features": {"inputs": {"a": "x0", "b": "x1 + 0.005 * mass"}, "observables": {"m": "mass"}},
        "inference": {"scan": {**SCAN, "correlation_threshold": 0.1}},
    }
    finished = run_analysis(written(folder, "threshold", configuration), folder / "threshold")
    scan = json.loads((finished.directory / "results.json").read_text())["inference"]["scan"]
    assert scan["features"] == ["a"]
    assert [row["kept"] for row in scan["correlations"]["features"]] == [True, False]
    scan = {"scan": {**SCAN, "correlation_threshold": 1e-6}}
    strict = written(folder, "strict", {**configuration, "inference": scan})
    with pytest.raises(FivesigmaError, match=r"inference.scan: every input's correlation with the mass is above 1e-06"):
        run_analysis(strict, folder / "strict")


def test_the_score_of_a_model_is_scanned_likewise(folder):
    configuration = {
        **CONFIGURATION,
        "samples": {
            "all": {"kind": "data", "pseudo": True, "files": "all.parquet"},
            "sig": {"kind": "signal", "files": "all.parquet", "select": "x0 + x1 > 5"},
            "bkg": {"kind": "background", "files": "all.parquet", "select": "x0 + x1 <= 5"},
        },
        "models": {"trees": {"use": "hist_gradient_boosting", "max_iter": 5}},
        "inference": {"scan": {key: value for key, value in SCAN.items() if key != "classifier"} | {"model": "trees"}},
    }
    finished = run_analysis(written(folder, "model", configuration), folder / "model")
    scan = json.loads((finished.directory / "results.json").read_text())["inference"]["scan"]
    assert (scan["model"], scan["score"]) == ("trees", "trees")
    assert scan["best"]["mass"] == 3500
    assert ">Models<" in finished.page.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observable": "mm"}, "no observable 'mm'; did you mean m?"),
        ({"classifier": {"use": "hist_gradient_bosting"}}, "did you mean hist_gradient_boosting"),
        ({"classifier": {**TREES, "max_itr": 3}}, "no parameter 'max_itr'; did you mean max_iter"),
        ({"classifier": {**TREES, "inputs": ["c"]}}, "no input 'c'"),
        ({"classifier": {"use": "column"}}, "column learns nothing"),
        ({"classifier": {**TREES, "parametrised": ["m_x"]}}, "neither parametrised nor tuned"),
        ({"model": "trees"}, "no model 'trees'"),
        ({"efficiencies": [0.1, 0.1]}, "names each once"),
        ({"efficiencies": [1.5]}, "less than 1"),
        ({"efficiencies": []}, "at least 1"),
        ({"masses": []}, "there must be a hypothesis"),
        ({"masses": [4000, 3000]}, "each above the one before"),
        ({"masses": [3000, 4000]}, "no window looks between 3250 and 3750 GeV"),
        ({"masses": {"start": 4000, "stop": 3000, "step": 100}}, "begin at 4000 and end below"),
        ({"masses": {"start": 1, "stop": 3000, "step": 0.001}}, "more than 10,000 hypotheses"),
        ({"masses": ["many"]}, "given 'many'"),
        ({"window": 3000}, "leaves no sideband in the range"),
        ({"range": [8000, 2000]}, "the range must rise"),
        ({"range": [2000, 14000]}, "needs masses below √s, 13000 GeV"),
        ({"range": [0, 8000]}, "greater than 0; given 0"),
        ({"range": [-100, 8000], "background": "exponential"}, "greater than 0; given -100"),
        ({"range": [2000, float("inf")], "background": "power_law"}, "finite number; given inf"),
        ({"range": [2000]}, "at least 2 items"),
        ({"null_features": ["conditional", "conditional"]}, "names each once"),
        ({"null_experiments": -1}, "greater than or equal to 0; given -1"),
        ({"masses": [3000, float("nan")]}, "masses.1: input should be a finite number; given nan"),
        ({"masses": 3000}, "a list, or a grid such as {start: 3000, stop: 5000, step: 100}; given 3000"),
        (
            {"masses": {"start": 1, "stop": 2, "stepp": 1}},
            "masses.stepp: there is no key 'stepp'; did you mean step or stop?",
        ),
        ({"masses": {"start": 3000, "stop": 4000, "step": 0}}, "masses.step: input should be greater than 0"),
        ({"window": 0.1, "sideband": 0.1, "relative": True}, "no window looks between 3150 and 3325 GeV"),
        ({"classifier": {**TREES, "max_iter": -3}}, "must be an int in the range [1, inf). Got -3"),
        ({"classifier": {**TREES, "prepare": ["standrd"]}}, "did you mean standard?"),
        ({"classifier": {**TREES, "tune": {"trails": 3}}}, "there is no key 'trails'; did you mean trials?"),
        ({"efficiency_of": "sideband"}, "'all' or 'sidebands'; given 'sideband'"),
        ({"background": "dijett"}, "given 'dijett'"),
        ({"order": 9}, "orders 3 to 5, not 9"),
        ({"region": "window"}, "no region 'window'"),
        ({"correlation_threshold": 2}, "less than or equal to 1"),
        ({"sidebands": 3}, "sidebands"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder, change, message):
    path = written(folder, "wrong", {**CONFIGURATION, "inference": {"scan": {**SCAN, **change}}})
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(path)
    told = str(caught.value)
    assert message in told
    assert "MassGrid" not in told
    assert re.search(r"wrong\.yaml:\d+: inference\.scan", told)


def test_models_and_classifiers_exclude_each_other(folder):
    configuration = {
        **CONFIGURATION,
        "samples": {
            **CONFIGURATION["samples"],
            "sig": {"kind": "signal", "files": "all.parquet"},
            "bkg": {"kind": "background", "files": "all.parquet"},
        },
        "models": {"trees": TREES},
        "inference": {"scan": {**SCAN, "model": "trees", "null_experiments": 3}},
    }
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(written(folder, "both", configuration))
    assert str(caught.value).count("nothing is trained on windows where the score of a model is taken") == 2


def test_two_folds_are_too_few_and_data_must_be_there(folder):
    configuration = {
        **CONFIGURATION,
        "training": {"folds": 2},
        "samples": {"sig": {"kind": "signal", "files": "all.parquet"}},
    }
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(written(folder, "few", configuration))
    assert "a scan needs 3 folds at least, not 2" in str(caught.value)
    assert "a scan looks at data, or pseudo-data, and there are none" in str(caught.value)


def test_blind_data_are_not_scanned(folder):
    configuration = {**CONFIGURATION, "analysis": {**CONFIGURATION["analysis"], "blind": True}}
    with pytest.raises(FivesigmaError, match="blind"):
        run_analysis(written(folder, "blind", configuration), folder / "blind")


def test_windows_in_the_turn_on_are_told(folder, tmp_path):
    random = np.random.default_rng(1)
    mass = 2000 + random.exponential(700, 30_000)
    mass = mass[random.random(len(mass)) < 1 / (1 + np.exp(-(mass - 2800) / 60))]
    x = random.normal(size=(len(mass), 2))
    pl.DataFrame({"mass": mass, "x0": x[:, 0], "x1": x[:, 1]}).write_parquet(tmp_path / "all.parquet")
    with pytest.raises(FivesigmaError, match=r"inference.scan: the spectrum rises up to 2\d\d\d GeV"):
        run_analysis(
            written(tmp_path, "turn", {**CONFIGURATION, "inference": {"scan": {**SCAN, "masses": [2600, 3000]}}}),
            tmp_path / "turn",
        )
