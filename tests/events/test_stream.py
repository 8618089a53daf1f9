"""Pieces of any size, read by any number of workers, are the same events: weights, folds, cutflow, draws."""

from __future__ import annotations

import dataclasses
import gzip

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.core.parallel import Workers
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.events.formats.csv_files import CsvFile
from fivesigma.events.formats.frames import frame
from fivesigma.events.read import EventFiles, read, sample_of

CUT = "x > -0.5"


def events(n=400, seed=1):
    generator = np.random.default_rng(seed)
    return {
        "x": generator.normal(size=n),
        "w": generator.normal(1.0, 2.0, n),
        "event": generator.permutation(n) // 2,
        "label": generator.integers(0, 2, n),
    }


def in_pieces(columns, rows):
    source = dataclasses.replace(frame(columns), span_rows=rows)
    return EventFiles(sources=(source,)).select(CUT).weigh("w")


def injected(drawn, labels):
    return f"{drawn} of {np.sum(labels):,} signal events injected"


def same(one, other, columns):
    np.testing.assert_array_equal(one.id, other.id)
    np.testing.assert_array_equal(one.weight, other.weight)
    np.testing.assert_array_equal(one.events["x"], other.events["x"])
    scale = 1e-12 * np.abs(columns["w"]).sum()
    for a, b in zip(one.cutflow, other.cutflow, strict=True):
        assert (a.step, a.events, a.missing) == (b.step, b.events, b.missing)
        assert abs(a.total - b.total) <= scale


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 500), seed=st.integers(0, 5))
def test_nothing_depends_on_the_size_of_pieces(rows, seed):
    columns = events(seed=seed)
    one, other = (in_pieces(columns, r).sample("s", kind="signal") for r in (1000, rows))
    same(one, other, columns)


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 500), remove=st.booleans(), drawn=st.integers(0, 100))
def test_duplicates_and_draws_do_not_depend_on_the_size_of_pieces(rows, remove, drawn):
    columns = events()
    kept = [
        in_pieces(columns, r)
        .inject("label == 1", drawn, seed=3)
        .sample("d", kind="data", pseudo=True, remove_duplicates=remove)
        for r in (1000, rows)
    ]
    same(*kept, columns)
    read_first = np.unique(columns["event"], return_index=True)[1] if remove else slice(None)
    assert kept[0].cutflow[1 + remove].step == injected(drawn, columns["label"][read_first])
    assert kept[0].cutflow[-1].events == len(kept[0])


def test_events_by_entry_keep_their_identifier_whatever_the_pieces():
    columns = {name: column for name, column in events().items() if name != "event"}
    one, other = (in_pieces(columns, r).sample("s", kind="signal") for r in (1000, 7))
    np.testing.assert_array_equal(one.id, other.id)
    assert len(np.unique(one.id)) == len(one)


def test_workers_change_nothing(table, write):
    path = write("a.root", table)
    files = read([path, write("b.root", {name: column[::-1] for name, column in table.items()})]).select("pt > 30")
    with Workers(2) as workers:
        one, two = (files.weigh("w").sample("s", kind="signal", workers=w) for w in (None, workers))
    np.testing.assert_array_equal(one.id, two.id)
    np.testing.assert_array_equal(one.weight, two.weight)
    assert one.cutflow == two.cutflow


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 500))
def test_a_streamed_histogram_is_that_of_the_events(rows):
    columns = events()
    edges = np.linspace(-2, 2, 9)
    made = in_pieces(columns, rows).histogram("x", edges)
    passed = columns["x"] > -0.5
    x, w = columns["x"][passed], columns["w"][passed]
    np.testing.assert_allclose(made.values, np.histogram(x, edges, weights=w)[0], atol=1e-9)
    np.testing.assert_allclose(made.variances, np.histogram(x, edges, weights=w**2)[0], atol=1e-9)
    assert made.values.sum() + made.outside == pytest.approx(w.sum())


def test_a_draw_of_more_than_there_are_is_refused():
    with pytest.raises(DataError, match=r"500 events are to be injected, but there are \d+"):
        in_pieces(events(), 50).inject("label == 1", 500, seed=1).sample("d", kind="data", pseudo=True)


def test_drawn_events_are_different_ones_where_duplicates_are_removed():
    once = {**events(), "event": np.arange(400)}
    twice = {name: np.concatenate([column, column]) for name, column in once.items()}
    files = dataclasses.replace(in_pieces(twice, 50), cuts={}).inject("label == 1", 10, seed=1)
    made = files.sample("d", kind="data", pseudo=True, remove_duplicates=True)
    assert [row.step for row in made.cutflow] == ["read", "duplicates removed", injected(10, once["label"])]
    assert np.count_nonzero(made.events["label"] == 1) == 10
    assert np.count_nonzero(made.events["label"] == 0) == np.count_nonzero(once["label"] == 0)


def test_drawn_events_are_as_many_as_said_and_the_rest_is_set_aside():
    columns = events()
    made = EventFiles(sources=(frame(columns),)).inject("label == 1", 10, seed=1).sample("d", kind="data", pseudo=True)
    assert np.count_nonzero(made.events["label"]) == 10
    assert np.count_nonzero(made.events["label"] == 0) == np.count_nonzero(columns["label"] == 0)


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 500), cut=st.booleans(), remove=st.booleans())
def test_outside_the_signal_region_what_is_drawn_is_the_same_blind_or_not(rows, cut, remove):
    """50 injected events are 50 wherever they lie: those that are hidden are not replaced by others beside the region."""
    once = {**events(), "event": np.arange(400)}
    columns = {name: np.concatenate([column, column[:100]]) for name, column in once.items()}
    files = in_pieces(columns, rows).inject("label == 1", 50, seed=1)
    files = files if cut else dataclasses.replace(files, cuts={})
    whole, blind = (
        each.sample("d", kind="data", pseudo=True, remove_duplicates=remove) for each in (files, files.blind("x > 0"))
    )
    beside = whole.events["x"] <= 0
    assert 0 < np.count_nonzero(beside) < len(whole)
    np.testing.assert_array_equal(blind.id, whole.id[beside])
    np.testing.assert_array_equal(blind.events["x"], whole.events["x"][beside])
    drawn = blind.cutflow[2 if remove else 1]
    assert drawn.step == next(row.step for row in whole.cutflow if "injected" in row.step)
    assert blind.cutflow[0].events == np.count_nonzero(columns["x"] <= 0)
    assert blind.cutflow[-1].events == len(blind) == np.count_nonzero(beside)


def test_variations_of_weights_share_the_events():
    columns = events()
    made = in_pieces(columns, 60).vary("scale", up="2 * w", down="w / 2").sample("s", kind="signal")
    np.testing.assert_array_equal(made.weights[Variation("scale", "up")], 2 * made.weight)
    np.testing.assert_array_equal(made.weights[Variation("scale", "down")], made.weight / 2)


def test_a_shift_moves_cuts_and_columns_but_no_identifier():
    columns = events()
    files = in_pieces(columns, 60)
    up = files.shifted("x_scale", "up", {"x": "x + 0.1"}).sample("s", kind="signal")
    passed = columns["x"] + 0.1 > -0.5
    np.testing.assert_array_equal(up.events["x"], (columns["x"] + 0.1)[passed])
    np.testing.assert_array_equal(up.weight, columns["w"][passed])
    assert set(files.sample("s", kind="signal").id) <= set(up.id)
    assert up.variation == Variation("x_scale", "up")


class TestCrossSection:
    @pytest.mark.parametrize("sum_of_weights", [None, 800.0, "declared"])
    def test_the_yield_is_cross_section_times_luminosity_times_efficiency(self, sum_of_weights):
        columns = {**events(), "w": np.full(400, 2.0), "declared": np.full(400, 800.0)}
        files = EventFiles(sources=(dataclasses.replace(frame(columns), span_rows=90),)).weigh("w").select(CUT)
        made = files.normalise(
            luminosity=10.0, cross_section=0.5, filter_efficiency=0.4, k_factor=1.5, sum_of_weights=sum_of_weights
        ).sample("s", kind="signal")
        assert made.cutflow[0].total == pytest.approx(0.5 * 1000 * 10 * 0.4 * 1.5)
        assert made.weight.sum() == pytest.approx(3000 * np.mean(columns["x"] > -0.5))

    def test_numbers_of_each_file_are_its_own(self):
        parts = [{**events(), "XS": np.full(400, xs), "sumGenWeight": np.full(400, 400.0)} for xs in (1.0, 3.0)]
        files = EventFiles(sources=tuple(frame(part, name=str(i)) for i, part in enumerate(parts)))
        made = files.normalise(luminosity=1.0, cross_section="XS", sum_of_weights="sumGenWeight").sample(
            "s", kind="signal"
        )
        assert made.cutflow[0].total == pytest.approx(4000.0)

    def test_a_generator_weight_times_a_correction(self):
        columns = {**events(), "gen": np.full(400, 3.0), "sf": np.full(400, 0.9)}
        files = EventFiles(sources=(frame(columns),)).weigh("sf")
        made = files.normalise(luminosity=1.0, cross_section=1.0, generator_weight="gen").sample("s", kind="signal")
        assert made.cutflow[0].total == pytest.approx(900.0)
        assert made.generated == ((None, 1200.0),)

    def test_parts_have_luminosities_of_their_own(self):
        files = EventFiles(sources=(frame(events()),)).weigh("1")
        parts = [files.normalise(luminosity=lumi, cross_section=1.0) for lumi in (3.0, 30.0)]
        made = sample_of(parts, SampleInfo(name="s", kind="background"))
        assert made.cutflow[0].total == pytest.approx(33_000.0)
        assert (made.cutflow[0].events, len(made)) == (800, 800)

    def test_a_histogram_is_scaled_too(self):
        files = EventFiles(sources=(dataclasses.replace(frame(events()), span_rows=90),)).weigh("1")
        made = files.normalise(luminosity=2.0, cross_section=1.0).histogram("x", [-100.0, 100.0])
        assert made.values[0] == pytest.approx(2000.0)

    def test_a_sum_that_is_none_is_refused(self):
        files = EventFiles(sources=(frame({**events(), "w": np.zeros(400)}),)).weigh("w")
        with pytest.raises(DataError, match="generator weights sum to 0"):
            files.normalise(luminosity=1.0, cross_section=1.0).sample("s", kind="signal")


def test_a_packed_file_is_read_by_one_worker_and_the_same(tmp_path):
    columns = events(n=4000)
    text = pl.DataFrame(columns).write_csv()
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = (CsvFile(tmp_path / name, None, span_bytes=2000) for name in ("a.csv", "a.csv.gz"))
    assert (plain.sequential, packed.sequential) == (False, True)
    with Workers(2) as workers:
        made = [
            EventFiles(sources=(source,)).select(CUT).weigh("w").sample("s", kind="signal", workers=workers)
            for source in (plain, packed)
        ]
    same(*made, columns)
