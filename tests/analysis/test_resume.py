"""What is done again, and what a run that stops or fails leaves."""

import json

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import ConfigurationError, DataError

SMALL = {
    "models": {"forest": {"use": "random_forest", "n_estimators": 2, "max_depth": 2}},
    "inference": {"count": {"type": "counting", "region": "window"}},
}
ONE_INPUT = {"features": {"inputs": {"a": "x0"}, "observables": {"m": "mass"}}, **SMALL}


@pytest.fixture(scope="module")
def finished(shared_toy):
    """A run without models."""
    changes = {**ONE_INPUT, "models": {}}
    told = []
    return shared_toy.run("finished", shared_toy.yaml("finished", **changes), tell=told.append), told


def redone(toy, until="models", **changes):
    """Run a small configuration with some changes; return what was done."""
    return toy.run("run", toy.yaml(**{**SMALL, **changes}), until=until).redone


def changed(configuration, part, **entries):
    return {part: {**configuration[part], **entries}}


def test_until_stops_and_leaves_no_results(toy, configuration):
    assert redone(toy, "events") == ("events",)
    assert redone(toy, "models") == ("model-forest",)
    assert redone(toy, "models") == ()
    left = {path.name for path in (toy.root / "run").iterdir()}
    assert left == {"config.yaml", "cutflow.csv", "cutflow.json", "events", "models", "scores", "stages"}


@pytest.mark.parametrize(
    ("part", "entries", "again"),
    [
        ("analysis", {"seed": 8}, ("model-forest",)),
        ("analysis", {"title": "other"}, ()),
        ("training", {"folds": 3}, ("model-forest",)),
        ("training", {"signal": ["sig"]}, ("model-forest",)),
        ("events", {"select": {"low": "mass > 103"}}, ("events", "model-forest")),
        ("events", {"weight": "2 * w"}, ("events", "model-forest")),
        ("features", {"titles": {"a": "x"}}, ()),
        ("features", {"inputs": {"a": "x0"}}, ("events", "model-forest")),
        ("models", {"forest": {"use": "random_forest", "n_estimators": 3, "max_depth": 2}}, ("model-forest",)),
        ("models", {"more": {"use": "random_forest", "n_estimators": 2}}, ("model-more",)),
        ("regions", {"window": {"kind": "signal", "select": "120 < m"}}, ()),
        ("systematics", {"more": {"type": "normalisation", "size": 0.1}}, ()),
    ],
)
def test_a_stage_is_done_again_if_its_part_of_the_configuration_changed(toy, configuration, part, entries, again):
    assert redone(toy) == ("events", "model-forest")
    base = {**configuration, **SMALL}
    assert redone(toy, **changed(base, part, **entries)) == again
    assert redone(toy, **changed(base, part, **entries)) == ()


def test_a_region_matters_to_the_events_only_while_blind(toy, configuration):
    blind = changed(configuration, "analysis", blind=True)
    assert redone(toy, **blind) == ("events", "model-forest")
    window = {"window": {"kind": "signal", "select": "120 < m < 130"}}
    # other data are dropped, which no model trains on but every model scores
    assert redone(toy, **blind, **changed(configuration, "regions", **window)) == ("events", "model-forest")


def test_other_files_are_read_again(toy):
    redone(toy)
    frame = pl.read_parquet(toy.root / "bkg.parquet")
    frame.with_columns(pl.col("w") * 2).write_parquet(toy.root / "bkg.parquet")
    assert redone(toy) == ("events", "model-forest")
    assert redone(toy) == ()


def test_files_that_only_look_newer_are_not_read_again(toy):
    redone(toy)
    (toy.root / "bkg.parquet").touch()
    assert redone(toy) == ()


@pytest.mark.parametrize("name", ["events/dataset.safetensors", "cutflow.json", "models/forest/fold_1.skops"])
def test_a_missing_file_is_made_again(toy, name):
    redone(toy)
    (toy.root / "run" / name).unlink()
    assert redone(toy) == (("model-forest",) if name.startswith("models") else ("events",))
    assert (toy.root / "run" / name).is_file()


@pytest.mark.parametrize("stage", ["events", "model-forest"])
def test_a_damaged_record_is_made_again(toy, stage):
    redone(toy)
    (toy.root / f"run/stages/{stage}.json").write_text('{"key": ')
    assert redone(toy) == (stage,)


@pytest.mark.parametrize("content", [b"", b"damaged"])
def test_a_truncated_dataset_is_made_again(toy, content):
    redone(toy)
    (toy.root / "run/events/dataset.safetensors").write_bytes(content)
    assert redone(toy) == ("events",)


def test_a_finished_run_does_only_what_changed(finished, shared_toy):
    run, told = finished
    assert run.redone == ("events", "features", "judgement", "inference-count")
    assert not any("another configuration" in line for line in told)
    told = []
    other = {**ONE_INPUT, "models": {}, "inference": {"count": {"type": "counting", "region": "sides"}}}
    again = shared_toy.run("finished", shared_toy.yaml("finished", **other), tell=told.append)
    assert again.redone == ("inference-count",)
    assert told[0].endswith("holds a run of another configuration; what changed is done again")
    made = json.loads((run.directory / "results.json").read_text())
    assert made["inference"]["count"]["region"] == "sides"


def test_another_seed_in_the_same_directory_says_so_and_changes_what_depends_on_it(toy, configuration):
    redone(toy)
    told = []
    again = toy.run("run", toy.yaml(**SMALL), until="models", settings=["analysis.seed=8"], tell=told.append)
    assert again.redone == ("model-forest",)
    assert "another configuration" in told[0]


def test_fresh_does_all_again_and_makes_the_same(toy):
    redone(toy)
    before = {path: path.read_bytes() for path in (toy.root / "run").rglob("*.safetensors")}
    assert toy.run("run", until="models", fresh=True).redone == ("events", "model-forest", "model-trees")
    assert toy.run("run", toy.yaml(**SMALL), until="models", fresh=True).redone == ("events", "model-forest")
    assert {path: path.read_bytes() for path in before} == before


def test_a_directory_of_something_else_is_left_alone(toy):
    (toy.root / "run").mkdir()
    (toy.root / "run/thesis.tex").write_text("dear")
    with pytest.raises(DataError, match=r"holds 'thesis\.tex' and is no run directory"):
        redone(toy)
    assert [path.name for path in (toy.root / "run").iterdir()] == ["thesis.tex"]


def test_a_wrong_configuration_leaves_a_finished_run_as_it_is(finished, shared_toy):
    results = finished[0].directory / "results.json"
    before = results.read_bytes()
    with pytest.raises(ConfigurationError):
        shared_toy.run("finished", shared_toy.yaml("wrong", inference={"count": {"type": "counting", "region": "x"}}))
    with pytest.raises(DataError):
        run_analysis(shared_toy.yaml("elsewhere"), finished[0].directory, data=shared_toy.root / "nowhere")
    assert results.read_bytes() == before


# ---- bad input: a clear error before any training, and nothing half-written


def refused(toy, match, **changes):
    """Run until the models, see the error, and that nothing was trained or finished."""
    with pytest.raises(DataError, match=match) as caught:
        toy.run("run", toy.yaml(**{**SMALL, **changes}))
    left = {str(path.relative_to(toy.root / "run")) for path in (toy.root / "run").rglob("*") if path.is_file()}
    assert left <= {"config.yaml"}
    assert "Traceback" not in str(caught.value)


def harm(toy, name, *columns):
    path = toy.root / f"{name}.parquet"
    pl.read_parquet(path).with_columns(*columns).write_parquet(path)


def third(column, value):
    """Put a value into the third event."""
    return pl.when(pl.int_range(pl.len()) == 2).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)


def test_missing_files_are_told_all_at_once_with_near_names(toy, configuration):
    samples = configuration["samples"]
    samples["sig"]["files"], samples["bkg"]["files"] = "sgi.parquet", "bk*.root"
    with pytest.raises(
        DataError, match=r"toy\.yaml:\d+: samples\.sig\.files: .*sgi\.parquet: no such file; did you mean sig\.parquet"
    ) as caught:
        toy.run("run", toy.yaml(samples=samples))
    assert "samples.bkg.files: " in str(caught.value)
    assert not (toy.root / "run").exists()


def test_a_missing_folder_is_told(toy):
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        toy.run("run", data=toy.root / "nowhere")
    assert not (toy.root / "run").exists()


@pytest.mark.parametrize("suffix", ["parquet", "root", "csv", "csv.gz"])
def test_a_file_that_is_not_what_its_suffix_says_is_refused(toy, configuration, suffix):
    (toy.root / f"bad.{suffix}").write_bytes(bytes(range(256)) * 10)
    configuration["samples"]["bkg"]["files"] = f"bad.{suffix}"
    refused(toy, rf"bad\.{suffix}", samples=configuration["samples"])


def test_an_unknown_suffix_is_refused(toy, configuration):
    (toy.root / "bad.xyz").write_text("a")
    configuration["samples"]["bkg"]["files"] = "bad.xyz"
    refused(toy, r"bad\.xyz: no reader for '\.xyz'", samples=configuration["samples"])


@pytest.mark.parametrize(
    ("part", "entries", "match"),
    [
        ("features", {"inputs": {"a": "x_0"}}, r"sig\.parquet: no column 'x_0'; did you mean x0"),
        ("features", {"observables": {"m": "mas"}}, r"sig\.parquet: no column 'mas'; did you mean mass"),
        ("events", {"weight": "ww"}, r"sig\.parquet: no column 'ww'; did you mean w"),
        ("events", {"select": {"high": "mss < 148"}}, r"sig\.parquet: no column 'mss'; did you mean mass"),
        ("events", {"id": ["evnt"]}, r"sig\.parquet: no column 'evnt'; did you mean event"),
        ("events", {"select": {"none": "mass > 1000"}}, "sample 'sig' has no events left after 'none'"),
        ("events", {"weight": "0 * w"}, "sample 'sig': all 900 weights are zero"),
        ("events", {"weight": "-w"}, "sample 'sig': the weights sum to -39.*no expected number of events"),
        ("events", {"weight": "w / (x0 - x0)"}, r"sig\.parquet: weight .* is NaN or infinite in 900 of 900 events"),
        (
            "features",
            {"inputs": {"a": "1 / (x0 - x0)"}},
            r"sig\.parquet: 'a' .* is NaN or infinite in 900 of 900 selected events, the first of them row 1",
        ),
        ("features", {"inputs": {"a": "1e300 * x0"}}, r"sig\.parquet: 'a' .* is NaN or infinite"),
    ],
)
def test_what_events_cannot_give_is_refused(toy, configuration, part, entries, match):
    refused(toy, match, **changed(configuration, part, **entries))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(("column", "named"), [("x0", "a"), ("mass", "m")])
@pytest.mark.parametrize("name", ["bkg", "data"])
def test_values_that_are_not_finite_are_refused(toy, configuration, value, column, named, name):
    harm(toy, name, third(column, value))
    said = "is NaN or infinite" if np.isinf(value) else "is not there"
    match = rf"{name}\.parquet: '{named}' \({column}\) {said} in 1 of \d+ selected events, the first of them row 3"
    refused(toy, match, **changed(configuration, "events", select={}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(toy, value):
    harm(toy, "bkg", third("w", value))
    refused(toy, r"bkg\.parquet: weight w is NaN or infinite in 1 of \d+ events, the first of them row 3")


def test_a_column_of_words_is_refused(toy):
    harm(toy, "bkg", pl.lit("word").alias("x0"))
    refused(toy, "column 'x0' holds text")


def test_a_class_whose_weights_sum_below_zero_after_the_cuts_is_refused(toy):
    """Weights that sum to something positive in the file, but not after the cuts."""
    kept = pl.col("mass") > 102
    harm(toy, "bkg", pl.when(kept).then(-pl.col("w")).otherwise(100 * pl.col("w")).alias("w"))
    with pytest.raises(DataError, match=r"the background weights to train on sum to -.*, which is not above zero"):
        redone(toy)
    assert not (toy.root / "run/models").exists()


def test_a_file_in_place_of_the_run_is_refused(toy):
    (toy.root / "run").write_text("dear")
    with pytest.raises(DataError, match="cannot be made"):
        redone(toy)
    assert (toy.root / "run").read_text() == "dear"
