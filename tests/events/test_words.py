"""Processes told apart by words, from files of every format to the cutflow."""

from __future__ import annotations

import csv
import gzip
import math
from dataclasses import replace
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest
import uproot

from fivesigma.core.errors import DataError
from fivesigma.events.assemble import dataset
from fivesigma.events.describe import describe
from fivesigma.events.formats.opening import open_source
from fivesigma.events.read import read

HIGGS = Path(__file__).parents[3] / "shared/data/higgsml/higgsml_dev.csv.gz"
N = 600
RNG = np.random.default_rng(8)
EVENTS = pl.DataFrame(
    {
        "pt": RNG.exponential(40, N),
        "w": RNG.uniform(0.5, 1.5, N),
        "process": RNG.choice(["ttbar", "st", "W + jets", "it's", ""], N),
        "event": np.arange(N),
    }
)


def as_csv(path):
    EVENTS.write_csv(path)
    return replace(open_source(path), span_bytes=4000)


def as_parquet(path):
    EVENTS.write_parquet(path)
    return replace(open_source(path), span_rows=100)


def as_hdf5(path):
    with h5py.File(path, "w") as file:
        for name in EVENTS.columns:
            file[name] = EVENTS[name].to_list()
    return replace(open_source(path), span_rows=100)


def as_root(path):
    with uproot.recreate(path) as file:
        columns = {name: EVENTS[name].to_numpy() for name in ("pt", "w", "event")}
        words = ak.Array(EVENTS["process"].to_list())
        types = {name: column.dtype for name, column in columns.items()} | {"process": words.type.content}
        file.mkrntuple("Events", types)
        file["Events"].extend(columns | {"process": words})
    return replace(open_source(path), span_rows=100)


def as_pandas(_):
    return replace(read(EVENTS.to_pandas()).sources[0], span_rows=100)


def as_categories(_):
    return replace(read(EVENTS.to_pandas().astype({"process": "category"})).sources[0], span_rows=100)


def as_polars(_):
    return replace(read(EVENTS).sources[0], span_rows=100)


FORMATS = {
    as_csv: "events.csv",
    as_parquet: "events.parquet",
    as_hdf5: "events.h5",
    as_root: "events.root",
    as_pandas: "",
    as_categories: "",
    as_polars: "",
}


@pytest.fixture(params=FORMATS, ids=lambda make: make.__name__)
def files(request, tmp_path):
    source = request.param(tmp_path / FORMATS[request.param])
    assert len(source.spans()) > 1
    return replace(read(EVENTS), sources=(source,)).weigh("w")


@pytest.mark.parametrize(
    ("cut", "kept"),
    [
        ("process == 'ttbar'", ["ttbar"]),
        ("process in ('ttbar', 'W + jets')", ["ttbar", "W + jets"]),
        ('process == "it\'s"', ["it's"]),
        ("process == ''", [""]),
        ("process not in ('ttbar', 'st')", ["W + jets", "it's", ""]),
    ],
)
def test_a_process_of_every_format(files, cut, kept):
    sample = files.select(process=cut, hard="pt > 30").sample("s", kind="signal", columns=["pt", "process"])
    of_process = EVENTS.filter(pl.col("process").is_in(kept))
    hard = of_process.filter(pl.col("pt") > 30)
    for row, (step, left) in zip(
        sample.cutflow, {"read": EVENTS, "process": of_process, "hard": hard}.items(), strict=True
    ):
        assert (row.step, row.events, row.missing) == (step, len(left), 0)
        assert row.total == pytest.approx(left["w"].sum(), rel=1e-12)
    assert sample.events["process"].tolist() == hard["process"].to_list()
    np.testing.assert_array_equal(sample.events["pt"], hard["pt"])
    assert not [finding for finding in sample.findings if "process" in finding.subject]


def test_a_sample_keeps_numbers_unless_told_otherwise(files):
    assert set(files.sample("s", kind="signal").events) == {"pt", "w", "event"}


def test_words_beside_missing_values(files):
    told = replace(files, missing=read(EVENTS, missing=-99).missing)
    sample = told.select("process == 'st'").sample("s", kind="signal", columns={"is": "2 * (process == 'st')"})
    assert set(sample.events["is"]) == {2}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.select("process > 1"), r"not numbers; compare it with words, as in process == ['\"]"),
        (lambda files: files.select("pt == 'st'"), "column 'pt' holds numbers, not text"),
        (lambda files: files.select("process == ttbar"), "no column 'ttbar'; .*a text stands in quotes: 'ttbar'"),
        (lambda files: files.weigh("process"), r"column 'process' holds text such as ['\"].*, not numbers"),
        (lambda files: files.weigh("w").vary("a", up="w * process"), "column 'process' holds text"),
        (lambda files: files.shifted("a", "up", {"pt": "pt * process"}), "column 'process' holds text"),
        (lambda files: files.normalise(luminosity=1, cross_section="process"), "column 'process' holds text"),
        (
            lambda files: replace(files, missing=read(EVENTS, missing={"process": -99}).missing).select(
                "process == ''"
            ),
            "column 'process' holds text; the number -99 is never in it",
        ),
    ],
)
def test_texts_are_refused_where_numbers_are_needed(files, change, says):
    with pytest.raises(DataError, match=f"{files.sources[0].name}: .*{says}"):
        change(files).sample("s", kind="signal", columns=["pt"])


def test_a_text_is_no_input_and_no_histogram(files):
    with pytest.raises(DataError, match="column 'process' holds text"):
        files.sample("s", kind="signal", columns={"x": "process"})
    with pytest.raises(DataError, match="column 'process' holds text"):
        files.histogram("process", [0, 1])
    sample = files.sample("s", kind="signal", columns=["pt", "process"])
    made = dataset([sample], inputs={"top": "process in ('ttbar', 'st')"}, observables={"pt": "pt"})
    assert made.X[:, 0].tolist() == EVENTS["process"].is_in(["ttbar", "st"]).to_list()


def test_histograms_of_a_process(files):
    made = files.select("process == 'st'").histogram("pt", [0, 50, 100])
    of_process = EVENTS.filter(pl.col("process") == "st")
    expected, _ = np.histogram(of_process["pt"], [0, 50, 100], weights=of_process["w"])
    np.testing.assert_allclose(made.values, expected, rtol=1e-12)


def test_what_identifies_events_may_be_words(files):
    tagged = replace(files, id_columns=("process", "event"))
    with pytest.raises(DataError, match=r"column 'process' identifies events, but is empty or infinite in [0-9]+ of"):
        tagged.sample("s", kind="signal", columns=["pt"])


def test_identifiers_made_of_words_depend_on_nothing_else(tmp_path):
    tags = EVENTS.with_columns(tag=pl.format("run {} of {}", "event", "process"))
    tags.write_csv(tmp_path / "a.csv")
    tags.drop("pt").write_parquet(tmp_path / "a.parquet")
    one, two = (read(tmp_path / name, id_columns="tag").weigh("w") for name in ("a.csv", "a.parquet"))
    whole, part = one.sample("s", kind="signal"), two.select("w > 1").sample("s", kind="signal")
    assert len(set(whole.id.tolist())) == N
    assert part.id.tolist() == whole.id[EVENTS["w"].to_numpy() > 1].tolist()


def test_texts_are_part_of_what_data_hold(tmp_path):
    columns = {"pt": [1.0, 1.0, 1.0], "stream": ["e", "mu", "e"]}
    pl.DataFrame(columns).write_csv(tmp_path / "a.csv")
    pl.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    samples = [
        read(what).sample("d", kind="data", columns=["pt"])
        for what in (columns, pd.DataFrame(columns), tmp_path / "a.csv", tmp_path / "a.parquet")
    ]
    for sample in samples:
        assert sample.id.tolist() == samples[0].id.tolist()
        assert sample.id[0] == sample.id[2] != sample.id[1]
    assert len(read(columns).sample("d", kind="data", columns=["pt"], remove_duplicates=True)) == 2


def test_what_is_said_of_a_table_stays(files):
    described = describe(files.sources[0])
    column = described.columns["process"]
    assert (column.kind, column.size, column.minimum, column.values) == ("text", 0, None, None)
    assert described.events == N


@pytest.mark.skipif(not HIGGS.exists(), reason="the folder of open data is not beside the checkout")
def test_signal_and_background_of_higgsml_from_one_file():
    with gzip.open(HIGGS, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    samples = []
    for name, label, kind in (("higgs", "s", "signal"), ("others", "b", "background")):
        files = read(HIGGS, missing=-999).select(label=f"Label == '{label}'", jets="PRI_jet_num > 0").weigh("Weight")
        sample = files.sample(name, kind=kind, columns={"mass": "DER_mass_MMC"})
        steps = [rows, [row for row in rows if row["Label"] == label]]
        steps.append([row for row in steps[1] if int(row["PRI_jet_num"]) > 0])
        for line, left in zip(sample.cutflow, steps, strict=True):
            assert line.events == len(left)
            assert line.total == pytest.approx(math.fsum(float(row["Weight"]) for row in left), rel=1e-12)
        samples.append(sample)
    signal, background = (sample.cutflow for sample in samples)
    assert [row.events for row in signal] == [12_800, 4_348, 3_038]
    assert [row.events for row in background] == [12_800, 8_452, 4_605]
    assert signal[1].total == pytest.approx(11.092055, abs=1e-6)
    assert background[1].total == pytest.approx(6439.16571, abs=1e-5)
    assert signal[1].total + background[1].total == pytest.approx(signal[0].total, rel=1e-12)
    assert not set(samples[0].id.tolist()) & set(samples[1].id.tolist())
