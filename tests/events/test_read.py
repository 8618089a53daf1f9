"""From files to a sample: cutflow, weights, identifiers, duplicates, blinding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from fivesigma.core.errors import DataError
from fivesigma.core.identity import fold_of
from fivesigma.events.formats.frames import frame
from fivesigma.events.read import EventFiles, read

CMS = Path(__file__).parents[3] / "shared/data/cms_h4l"
cms = pytest.mark.skipif(not CMS.is_dir(), reason="the folder of open data is not beside the checkout")


def test_cutflow_counts_every_step(table, write):
    sample = (
        read(write("a.root", table)).weigh("2 * w").select("pt > 20", positive="charge > 0").sample("s", kind="signal")
    )
    first = table["pt"] > 20
    both = first & (table["charge"] > 0)
    expected = [("read", np.ones(200, dtype=bool)), ("pt > 20", first), ("positive", both)]
    for row, (step, mask) in zip(sample.cutflow, expected, strict=True):
        weight = 2 * table["w"][mask]
        assert (row.step, row.events) == (step, mask.sum())
        assert row.total == pytest.approx(weight.sum(), abs=1e-12 * weight.sum())
        assert row.error == pytest.approx(np.sqrt((weight**2).sum()))
    np.testing.assert_array_equal(sample.weight, 2 * table["w"][both])
    np.testing.assert_array_equal(sample.events["pt"], table["pt"][both])


def test_data_events_count_one(table, write):
    sample = read(write("a.root", table)).weigh("w").sample("d", kind="data")
    assert (sample.weight == 1).all()


def test_formats_agree(table, write):
    samples = [
        read(write(name, {**table, "event": np.arange(200)})).weigh("w").select("pt > 20").sample("s", kind="signal")
        for name in ("a.root", "a.parquet", "a.csv")
    ]
    for other in samples[1:]:
        np.testing.assert_array_equal(samples[0].id, other.id)
        np.testing.assert_array_equal(samples[0].weight, other.weight)


def test_identifiers_do_not_depend_on_cuts_or_columns(table, write):
    path = write("a.root", table)
    whole = read(path).sample("s", kind="signal")
    part = read(path).select("pt > 50").sample("s", kind="signal", columns=["eta"])
    np.testing.assert_array_equal(part.id, whole.id[table["pt"] > 50])
    assert set(part.events) == {"eta"}


def test_run_and_event_are_recognised(table, write):
    numbers = {"run": np.full(200, 5), "event": np.arange(200)}
    one = read(write("a.root", {**table, **numbers})).sample("s", kind="signal")
    two = read(write("b.parquet", {"pt": table["pt"], **numbers})).sample("s", kind="signal")
    np.testing.assert_array_equal(one.id, two.id)
    declared = read(write("c.root", {**table, "number": np.arange(200)}), id_columns=["number"]).sample(
        "s", kind="signal"
    )
    assert len(np.unique(declared.id)) == 200


def test_the_luminosity_block_counts(table, write):
    numbers = {
        "run": np.full(200, 5),
        "Run": np.full(200, 5),
        "lumi": np.arange(200) // 100,
        "event": np.arange(200) % 100,
    }
    assert len(np.unique(read(write("a.root", {**table, **numbers})).sample("s", kind="signal").id)) == 200


def test_events_without_a_number_are_refused(table, write):
    number = np.where(np.arange(200) // 3 == 1, np.nan, np.arange(200.0))
    says = r"column 'event' identifies events, but is empty or infinite in 3 of 200, the first of them entry 3$"
    with pytest.raises(DataError, match=says):
        read(write("a.root", {**table, "event": number})).sample("s", kind="signal")


@pytest.mark.parametrize(("cut", "rows"), [("x >= 0", 100), ("x >= 30", 100), ("sum(a * b) >= 0", 7), ("x >= 30", 7)])
def test_lists_of_different_lengths_name_the_event_of_the_file(cut, rows):
    one, other = np.full(50, 2), np.where(np.arange(50) == 41, 3, 2)
    lists = {name: ak.unflatten(np.ones(count.sum()), count) for name, count in (("a", one), ("b", other))}
    source = replace(frame({**lists, "x": np.arange(50)}), span_rows=rows)
    with pytest.raises(
        DataError, match=r"dataframe: 'a' and 'b' are lists of different lengths \(2 and 3\), first row 42$"
    ):
        EventFiles(sources=(source,)).select(cut).sample("s", kind="signal", columns={"y": "sum(a * b)"})


def test_lists_identify_no_event():
    jets = {"jets": ak.Array([[1.0], [], [2.0, 3.0]])}
    with pytest.raises(DataError, match="column 'jets' identifies events, but holds a list for each of them"):
        read(jets, id_columns="jets").sample("s", kind="signal")


def test_duplicated_data_are_removed_by_content(table, write):
    twice = {name: np.concatenate([column, column[:30]]) for name, column in table.items()}
    files = read(write("a.root", twice))
    assert len(files.sample("d", kind="data")) == 230
    removed = files.sample("d", kind="data", remove_duplicates=True)
    assert len(removed) == 200
    assert [row.step for row in removed.cutflow] == ["read", "duplicates removed"]
    np.testing.assert_array_equal(removed.events["pt"], table["pt"])


def test_blind_data_leave_no_trace(table, write):
    """Two files that differ only in blind events, in values and in number, make the same sample."""
    blind = (table["pt"] > 40) & (table["pt"] < 60)
    fewer = {name: column[~blind | (np.arange(200) % 2 == 0)] for name, column in table.items()}
    changed = {name: np.where(blind, 50.0, column).astype(column.dtype) for name, column in table.items()}
    one, two, three = (
        read(write(f"{i}.root", columns))
        .blind("40 < m < 60", {"m": "2 * pt / 2"})
        .select("eta > 0")
        .sample("d", kind="data")
        for i, columns in enumerate((table, fewer, changed))
    )
    for other in (two, three):
        assert one.cutflow == other.cutflow
        np.testing.assert_array_equal(one.events["pt"], other.events["pt"])
        np.testing.assert_array_equal(fold_of(one.id, seed=1, folds=5), fold_of(other.id, seed=1, folds=5))
    assert one.cutflow[0].events == (~blind).sum()


def test_blinding_leaves_simulation_alone(table, write):
    assert len(read(write("a.root", table)).blind("True").sample("s", kind="signal")) == 200


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ("w * 0", "all 200 weights are zero"),
        ("-w", "sum to -"),
        ("w / (charge - charge)", r"weight .* is NaN or infinite in 200 of 200 events, the first of them entry 0"),
        ("where(pt > 50, w, log(-1))", "the first of them entry"),
        ("wt", "no column 'wt'; did you mean w"),
        ("w * 1e300", "too large to be squared"),
    ],
)
def test_weights_that_are_no_expected_events(table, write, weight, says):
    with pytest.raises(DataError, match=says):
        read(write("a.root", table)).weigh(weight).sample("s", kind="signal")


def test_a_cut_on_a_missing_column_names_file_and_nearest(table, write):
    with pytest.raises(DataError, match=r"a\.root: no column 'etta'; did you mean eta"):
        read(write("a.root", table)).select("etta < 2").sample("s", kind="signal")


def test_simulated_events_are_duplicates_only_if_their_content_agrees_too(table, write):
    """Event numbers start anew in every file: 40 of the second file's events are those of the first, 160 bear their numbers."""
    numbered = {**table, "event": np.arange(200)}
    other = {**numbered, "pt": np.where(np.arange(200) < 40, table["pt"], table["pt"] + 1)}
    files = read([write("a.root", numbered), write("b.root", other)]).select("pt > 30")
    kept, passing = files.sample("s", kind="signal", remove_duplicates=True), other["pt"] > 30
    assert [row.events for row in kept.cutflow[:2]] == [400, 360]
    assert len(kept) == np.count_nonzero(table["pt"] > 30) + np.count_nonzero(passing[40:])
    of_data = files.sample("d", kind="data", remove_duplicates=True)
    assert of_data.cutflow[1].events == 200


def test_two_cuts_of_one_name_are_refused(table, write):
    with pytest.raises(DataError, match="two cuts are called 'tight'"):
        read(write("a.root", table)).select(tight="pt > 20").select(tight="pt > 30")


@cms
def test_cms_open_data_have_ninety_candidates_in_two_trigger_streams():
    files = read(CMS / "Run2012*TwoMuonsTwoElectronsSkim.root", tree="Events")
    assert len(files.sample("data", kind="data")) == 142
    kept = files.sample("data", kind="data", remove_duplicates=True)
    assert len(kept) == 90
    assert np.count_nonzero((kept.events["Higgs_mass"] > 118) & (kept.events["Higgs_mass"] < 130)) == 5
