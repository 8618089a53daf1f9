"""One search from files to a page: blind twice with other data in the signal region, then with the data looked at."""

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from fivesigma.analysis.run import run_analysis
from fivesigma.core.parallel import Workers

BLIND = {"name": "toy", "luminosity": 10.0, "energy": 13.0, "seed": 7, "blind": True}
REFERENCE = (Path(__file__).parents[2] / "docs/reference/results.md").read_text()
EVERY_STAGE = (
    "events",
    "model-forest",
    "model-trees",
    "features",
    "judgement",
    "inference-count",
    "inference-cut",
    "inference-score",
    "inference-mass",
    "inference-both",
)
COUNTING = {
    *("model", "region", "cut", "cuts", "signal", "background", "background_uncertainty", "observed", "z_expected"),
    *("limit_expected", "limit_observed"),
}
TEMPLATE_FIT = {
    *("mu", "z_expected", "z_observed", "limit_expected", "limit_observed", "breakdown", "goodness_of_fit"),
}


@pytest.fixture(scope="module")
def blind(shared_toy):
    """A blind run, in this process."""
    return shared_toy.run("blind", shared_toy.yaml("blind", analysis=BLIND))


@pytest.fixture(scope="module")
def other_data(shared_toy, tmp_path_factory):
    """A folder with the same files but for the data in the signal region: other events, and more of them."""
    folder = tmp_path_factory.mktemp("other")
    for name in ("sig", "bkg"):
        shutil.copy(shared_toy.root / f"{name}.parquet", folder)
    data = pl.read_parquet(shared_toy.root / "data.parquet")
    inside = pl.col("mass").is_between(118, 132, closed="none")
    hidden = data.filter(inside)
    harmed = hidden.with_columns(pl.col("mass") * 0 + 125.0, pl.col("x0") * 1e6, pl.col("event") * -1)
    more = pl.concat([harmed, harmed.head(57).with_columns(pl.col("event") - 10**9, pl.lit(float("nan")).alias("x1"))])
    # hidden rows stand before, between and after the others
    outside = data.filter(~inside)
    pl.concat([more.head(40), outside.head(100), more.slice(40), outside.slice(100)]).write_parquet(
        folder / "data.parquet"
    )
    return folder


@pytest.fixture(scope="module")
def other_blind(shared_toy, other_data):
    """The blind run again: with other data in the signal region, in another directory, by two processes."""
    path = Path(shutil.copy(shared_toy.root / "blind.yaml", other_data))
    with Workers(2) as workers:
        return run_analysis(path, other_data / "run", workers=workers)


@pytest.fixture(scope="module")
def unblinded(blind, shared_toy):
    """A copy of the blind run, started again by two processes with the data looked at."""
    place = shared_toy.root / "unblinded"
    shutil.copytree(blind.directory, place)
    with Workers(2) as workers:
        return shared_toy.run("unblinded", shared_toy.root / "blind.yaml", unblind=True, workers=workers)


def strict(text):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def results(finished):
    return strict((finished.directory / "results.json").read_text())


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key != "seconds"}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def names(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def comparable(path, name):
    """Return a file without what two blind runs may differ in: input digests and times."""
    content = path.read_bytes()
    if name == "provenance.json":
        may_differ = {"inputs", "began", "ended", "seconds"}
        return {key: value for key, value in json.loads(content).items() if key not in may_differ}
    if name == "stages/events.json":
        return {key: value for key, value in json.loads(content).items() if key != "key"}
    if name == "results.json" or re.fullmatch(r"models/\w+/model\.json|stages/model-\w+\.json", name):
        return timeless(json.loads(content))
    return content


def without_times(page, provenance):
    """Return the page without the input digests and times, each as it is printed."""
    for key in ("began", "ended"):
        assert provenance[key] in page, key
        page = page.replace(provenance[key], key)
    for digest in provenance["inputs"].values():
        page = page.replace(digest, "digest")
    page = re.sub(r'"seconds":[\d.e-]+', '"seconds":time', page)
    return re.sub(r"\d[\d.]*\s(?:s|ms|min)(?:</span>)?</td>", "time</td>", page)


def test_the_whole_is_there(blind, untraced):
    assert blind.redone == EVERY_STAGE
    assert blind.page == blind.directory / "report.html"
    assert untraced(blind.page) == []
    for name in ("config.yaml", "provenance.json", "results.json", "findings.json", "cutflow.json", "report.html"):
        assert (blind.directory / name).is_file(), name
    for folder in ("models/forest", "models/trees", "scores", "templates", "inference", "figures"):
        assert any((blind.directory / folder).iterdir()), folder
    assert not [name for name in names(blind.directory) if ".part" in name]
    for path in blind.directory.rglob("*.json"):
        strict(path.read_text(encoding="utf-8"))


def test_every_figure_is_there_as_svg_and_pdf_with_its_numbers(blind):
    files = names(blind.directory / "figures")
    stems = {name.rpartition(".")[0] for name in files}
    assert len(stems) > 20
    assert set(files) == {f"{stem}.{suffix}" for stem in stems for suffix in ("svg", "pdf", "json")}


def test_data_outside_the_signal_region_are_held_against_simulation_while_blind(blind, unblinded, shared_toy):
    """The rest of the data is there to be looked at: every event of it, and every weight of the simulation beside it."""
    selected = pl.col("mass").is_between(102, 148, closed="none")
    outside = selected & ~pl.col("mass").is_between(118, 132, closed="none")
    for run, where in ((blind, outside), (unblinded, selected)):
        data, background = (
            pl.read_parquet(shared_toy.root / f"{name}.parquet").filter(where) for name in ("data", "bkg")
        )
        held = strict((run.directory / "figures/features-with-data.json").read_text())
        score = "score-trees-with-data" if run is blind else "score-trees"
        drawn = [one["distribution"] for one in held] + [strict((run.directory / f"figures/{score}.json").read_text())]
        assert [one.get("feature", "score") for one in drawn] == ["a", "b", "c", "m", "score"]
        of_background = {one["name"]: np.sum(one["histogram"]["total"]) for one in drawn[3]["samples"]}["bkg"]
        assert of_background == pytest.approx(background["w"].sum())
        assert sum(drawn[4]["data"]["counts"]) == len(data)
        assert sum(drawn[3]["data"]["counts"]) == pytest.approx(len(data), abs=3)  # but those beyond the simulated ones
        made = results(run)
        assert made["judgement"]["inputs"]["a"]["agreement"]["ndf"] > 5
        assert made["judgement"]["trees"]["agreement"]["ndf"] > 5
    assert not (unblinded.directory / "figures/score-trees-with-data.json").exists()


@pytest.mark.parametrize("which", ["blind", "unblinded"])
def test_results_hold_what_is_promised(which, request):
    made = results(request.getfixturevalue(which))
    assert (made["schema"], made["analysis"]) == (1, "toy")
    assert list(made["samples"]) == ["sig", "bkg", "data"]
    assert all({"kind", "events", "yield", "yield_error"} <= set(sample) for sample in made["samples"].values())
    for model in made["models"].values():
        assert {"auc", "auc_train", "seconds", "folds"} <= set(model)
        for area in (model["auc"], model["auc_train"]):
            assert 0.5 < area["low"] <= area["value"] <= area["high"] <= 1
    assert [entry["type"] for entry in made["inference"].values()] == ["counting"] * 2 + ["template_fit"] * 3
    for entry in made["inference"].values():
        assert set(entry) >= (COUNTING if entry["type"] == "counting" else TEMPLATE_FIT)
        assert entry["limit_expected"] == sorted(entry["limit_expected"])
        assert len(entry["limit_expected"]) == 5
        assert entry["z_expected"] > 0
    assert made["inference"]["count"]["cuts"] == []
    assert len(made["inference"]["cut"]["cuts"]) == 2
    assert made["inference"]["cut"]["cut"] == np.median(made["inference"]["cut"]["cuts"])
    assert all({"code", "severity", "subject", "message"} <= set(finding) for finding in made["findings"])


def outermost(outline):
    """Return the keys of the outermost level of what looks like JSON."""
    depth, keys = 0, set()
    for bracket, key in re.findall(r'([{}\[\]])|"(\w+)":', outline):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1, "": 0}[bracket]
        if key and depth == 1:
            keys.add(key)
    return keys


def test_the_reference_names_the_fields_of_the_results(unblinded):
    outline = REFERENCE.partition(":::{code-block} text\n")[2].partition("\n:::")[0]
    assert outermost(outline) == set(results(unblinded))


def test_the_reference_names_the_fields_of_the_sections_of_the_results(unblinded):
    told = results(unblinded)
    models, judgement = told["models"], told["judgement"]
    entries = [entry for section in ("samples", "models", "inference") for entry in told[section].values()]
    entries += [*told["findings"], *(judgement[name] for name in models)]
    fields = {field for entry in entries for field in entry} | set(judgement) - set(models)
    assert fields > {"effective_events", "auc_train", "limit_expected", "severity", "single_cuts", "sculpting"}
    assert not [field for field in sorted(fields) if not re.search(rf'[`"]{field}[`"]', REFERENCE)]


def test_what_is_blind_is_null(blind):
    for entry in results(blind)["inference"].values():
        for key in ("observed", "z_observed", "limit_observed", "mu", "goodness_of_fit"):
            assert entry.get(key) is None, key


def test_yields_reconcile_from_files_to_templates(unblinded, shared_toy):
    made = results(unblinded)
    cutflow = strict((unblinded.directory / "cutflow.json").read_text())
    for name in ("sig", "bkg", "data"):
        frame = pl.read_parquet(shared_toy.root / f"{name}.parquet")
        weight = pl.lit(1.0) if name == "data" else pl.col("w")
        for step, passed in zip(cutflow[name], (True, pl.col("mass") > 102, pl.col("mass") < 148), strict=True):
            frame = frame.filter(passed)
            total, absolute = (
                float(frame.select(w.sum() if name != "data" else pl.len()).item()) for w in (weight, weight.abs())
            )
            assert abs(step["total"] - total) <= 1e-12 * absolute
            assert step["events"] == len(frame)
        assert made["samples"][name]["yield"] == cutflow[name][-1]["total"]
        assert made["samples"][name]["events"] == len(frame)
        window = frame.filter(pl.col("mass").is_between(118, 132, closed="none"))
        regions = {
            "all": frame,
            "window": window,
            "sides": frame.filter(~pl.col("mass").is_between(118, 132, closed="both")),
        }
        expected = {key: float(len(part) if name == "data" else part["w"].sum()) for key, part in regions.items()}
        tolerance = 1e-12 * (len(frame) if name == "data" else float(frame["w"].abs().sum()))
        key = {"sig": "signal", "bkg": "background", "data": "observed"}[name]
        assert abs(made["inference"]["count"][key] - expected["window"]) <= tolerance
        for fit, channels in (("score", ["all"]), ("mass", ["all"]), ("both", ["window", "sides"])):
            for channel in channels:
                filled = template(unblinded.directory, fit, channel, name)
                assert abs(filled - expected[channel]) <= tolerance, (fit, channel, name)


def template(directory, fit, channel, sample):
    """Return the sum of a template as the workspace of pyhf holds it."""
    workspace = strict((directory / f"inference/{fit}-workspace.json").read_text())
    if sample == "data":
        (observation,) = (o for o in workspace["observations"] if o["name"] == channel)
        return math.fsum(observation["data"])
    (found,) = (c for c in workspace["channels"] if c["name"] == channel)
    (found,) = (s for s in found["samples"] if s["name"] == sample)
    return math.fsum(found["data"])


def test_blind_runs_whose_hidden_data_differ_leave_the_same_files(blind, other_blind):
    """The promise of blinding: no file depends on the data in a signal region but for digests of inputs, and times."""
    here, there = blind.directory, other_blind.directory
    assert names(here) == names(there)
    differing = [
        name
        for name in names(here)
        if name != "report.html" and comparable(here / name, name) != comparable(there / name, name)
    ]
    assert differing == []
    pages = [
        without_times((d / "report.html").read_text(encoding="utf-8"), json.loads((d / "provenance.json").read_text()))
        for d in (here, there)
    ]
    assert pages[0] == pages[1]


def test_the_files_compared_do_hold_data_outside_the_signal_region(blind, shared_toy):
    outside = pl.read_parquet(shared_toy.root / "data.parquet").filter(
        ~pl.col("mass").is_between(118, 132, closed="none") & pl.col("mass").is_between(102, 148, closed="none")
    )
    assert results(blind)["samples"]["data"]["events"] == len(outside) > 100
    assert template(blind.directory, "both", "sides", "data") == len(outside)


def test_hidden_data_do_reach_the_results_once_they_are_looked_at(shared_toy, other_data, unblinded):
    finished = run_analysis(
        Path(shutil.copy(shared_toy.root / "blind.yaml", other_data / "again.yaml")),
        other_data / "unblinded",
        unblind=True,
        until="events",
        settings=["features.inputs={a: x2}", "models={}", "inference={}"],
    )
    record = json.loads((finished.directory / "stages/events.json").read_text())
    assert record["value"]["samples"]["data"]["events"] != results(unblinded)["samples"]["data"]["events"]


def test_looking_at_the_data_changes_what_is_observed_and_nothing_that_is_expected(blind, unblinded):
    before, after = results(blind)["inference"], results(unblinded)["inference"]
    for name, entry in after.items():
        assert entry["limit_observed"] is not None
        assert entry["z_observed"] is not None
        assert entry["limit_expected"] == before[name]["limit_expected"]
        assert entry["z_expected"] == before[name]["z_expected"]
    assert after["count"]["observed"] > 0
    assert after["mass"]["mu"]["low"] < after["mass"]["mu"]["value"] < after["mass"]["mu"]["high"]


def test_who_looked_is_recorded(blind, unblinded):
    before, after = (strict((run.directory / "provenance.json").read_text()) for run in (blind, unblinded))
    assert before["unblinding"] == []
    (entry,) = after["unblinding"]
    assert set(entry) == {"by", "at", "configuration"}
    assert entry["by"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", entry["at"])
    assert entry["configuration"] == after["configuration"] == before["configuration"]


def test_models_are_the_same_blind_in_one_process_and_unblinded_in_two(blind, unblinded):
    """No model trains on data, so that neither areas nor simulated events' scores change in the last bit."""
    one, other = results(blind), results(unblinded)
    assert timeless(one["models"]) == timeless(other["models"])
    for name in ("forest", "trees"):
        scores = [load_file(run.directory / f"scores/{name}.safetensors") for run in (blind, unblinded)]
        both = np.isin(scores[1]["id"], scores[0]["id"])
        assert both.sum() == len(scores[0]["id"]) < len(both)
        for key in ("raw", "value", "fold"):
            np.testing.assert_array_equal(scores[0][key], scores[1][key][both])


def test_a_finished_run_started_again_does_nothing(blind, shared_toy):
    before = {name: (blind.directory / name).read_bytes() for name in names(blind.directory)}
    again = shared_toy.run("blind", shared_toy.root / "blind.yaml")
    assert again.redone == ()
    assert again.findings == blind.findings
    after = {name: (blind.directory / name).read_bytes() for name in names(blind.directory)}
    assert set(before) == set(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"provenance.json", "report.html"}
