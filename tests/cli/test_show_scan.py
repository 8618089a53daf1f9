"""``show`` of scans: their windows, and what is said of one that has none."""

import json

import pytest

SCAN = {
    "type": "cwola_scan",
    "observable": "m",
    "masses": [115, 125, 135],
    "window": 10,
    "sideband": 8,
    "range": [100, 150],
    "background": "power_law",
    "order": 1,
    "classifier": {"use": "hist_gradient_boosting", "max_iter": 5, "min_samples_leaf": 5, "seeds": 1},
    "efficiencies": [0.5],
    "least_events": 10,
}


@pytest.fixture(scope="module")
def shown(fivesigma):
    """Run a scan of the small search with other options and return what ``show`` prints and what is in the results."""

    def made(name, **changes):
        analysis = {"name": name, "luminosity": 10.0, "energy": 13.0, "seed": 7}
        fivesigma.yaml(
            f"{name}.yaml",
            analysis=analysis,
            training={"folds": 3},
            regions={},
            inference={"scan": {**SCAN, **changes}},
        )
        assert fivesigma("run", f"{name}.yaml", "--workers", 1).returncode == 0
        done = fivesigma("show", f"runs/{name}")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout, json.loads((fivesigma.root / "runs" / name / "results.json").read_text())

    return made


def test_windows_are_printed_with_what_is_in_them(shown):
    text, results = shown("scan")
    scan = results["inference"]["scan"]
    assert "scan: windows of the scan" in text
    assert "finds its largest excess" in text
    assert "Globally p ≤" in text
    for row in scan["windows"]:
        line = next(line for line in text.splitlines() if line.startswith(f"│ {row['mass']:g} "))
        assert f"{row['observed']:.0f} " in line
        assert f"{row['z_local']:.2f}" in line
        assert f"{row['expected']:.1f} ± {row['expected_error']:.1f}" in line


@pytest.mark.parametrize(
    ("name", "changes", "said", "code"),
    [
        ("skipped", {"least_events": 10**6}, "no window of the scan could be looked at", "window-skipped"),
        ("unfitted", {"efficiencies": [0.001]}, "no selection of the scan could be fitted", "selection-not-fitted"),
    ],
)
def test_a_scan_that_saw_nothing_says_so_and_prints_no_empty_table(shown, name, changes, said, code):
    text, results = shown(name, **changes)
    assert results["inference"]["scan"]["best"] is None
    assert said in text.lower()
    assert "windows of the scan" not in text
    assert text.count(f"warning: {code}: ") == 3


def test_p_values_too_small_for_a_number_are_not_zero(shown, fivesigma):
    shown("scan")
    path = fivesigma.root / "runs/scan/results.json"
    results = json.loads(path.read_text())
    results["inference"]["scan"]["windows"][0] |= {"p_local": 0.0, "log_p_local": -921.034}
    path.write_text(json.dumps(results))
    assert "10^−400" in fivesigma("show", "runs/scan").stdout


def test_what_pseudo_data_gave_is_not_called_observed(shown, fivesigma):
    text, results = shown("scan")
    assert "┃ Observed " in text
    for sample in results["samples"].values():
        sample["pseudo"] = sample["kind"] == "data"
    (fivesigma.root / "runs/scan/results.json").write_text(json.dumps(results))
    text = fivesigma("show", "runs/scan").stdout
    assert "┃ Pseudo-data " in text
    assert "┃ Observed " not in text
