"""Reading ROOT files: what comes out is what went in, and what broken files get."""

from __future__ import annotations

import pickle
from itertools import pairwise
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from fivesigma.core.errors import DataError
from fivesigma.events.root_files import RootTable, root_tables
from fivesigma.events.source import Span

DATA = Path(__file__).parents[3] / "shared/data"
BROKEN = r"truncat|damaged|corrupt|incomplete|not a readable|cannot be read|ends"


def whole(source, names, spans=None):
    """Return the named columns of all spans, joined."""
    tables = list(source.read(names, source.spans() if spans is None else spans))
    join = {name: ak.concatenate([table.columns[name] for table in tables]) for name in names}
    return {name: ak.to_numpy(column) if column.ndim == 1 else column for name, column in join.items()}


@pytest.fixture(params=["mktree", "mkrntuple"])
def make(request, tmp_path):
    """Return a function that writes events in several clusters, as a TTree and as an RNTuple."""

    def make(columns, name="Events", path="events.root", clusters=3):
        with uproot.recreate(tmp_path / path) as file:
            types = {
                key: column.dtype if isinstance(column, np.ndarray) else column.type.content
                for key, column in columns.items()
            }
            getattr(file, request.param)(name, types)
            edges = np.linspace(0, len(next(iter(columns.values()))), clusters + 1).astype(int)
            for start, stop in pairwise(edges):
                file[name].extend({key: column[start:stop] for key, column in columns.items()})
        return tmp_path / path

    return make


@pytest.fixture
def events():
    generator = np.random.default_rng(3)
    counts = generator.poisson(2, 200)
    return {
        "met": generator.exponential(50, 200),
        "charge": generator.choice([-1, 1], 200).astype(np.int32),
        "passed": generator.uniform(size=200) < 0.5,
        "jet_pt": ak.unflatten(generator.exponential(50, counts.sum()).astype(np.float32), counts),
    }


def test_what_was_written_is_read(make, events):
    source = RootTable(make(events))
    assert {name: column.kind for name, column in source.columns().items() if name in events} == {
        "met": "flat",
        "charge": "flat",
        "passed": "flat",
        "jet_pt": "jagged",
    }
    read = whole(source, list(events))
    for name in ("met", "charge", "passed"):
        np.testing.assert_array_equal(read[name], events[name])
        assert read[name].dtype == events[name].dtype
        assert read[name].dtype.isnative
    assert ak.array_equal(read["jet_pt"], events["jet_pt"])
    assert str(read["jet_pt"].type) == "200 * var * float32"


def test_spans_in_any_cut_give_the_same(make, events):
    source = RootTable(make(events), span_rows=17)
    assert len(source.spans()) > 10
    for spans in (None, [Span(0, 1), Span(1, 2), Span(2, 70), Span(70, 138), Span(138, 200)], [Span(0, 200)]):
        read = whole(source, ["met", "jet_pt"], spans)
        np.testing.assert_array_equal(read["met"], events["met"])
        assert ak.array_equal(read["jet_pt"], events["jet_pt"])
    (one, two) = source.read(["met"], [Span(150, 160), Span(3, 5)])
    np.testing.assert_array_equal(one.columns["met"], events["met"][150:160])
    np.testing.assert_array_equal(two.columns["met"], events["met"][3:5])
    assert [table.length for table in source.read([], [Span(0, 3), Span(3, 3)])] == [3, 0]
    assert source.position(Span(150, 160), 3) == "entry 153"
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes


@pytest.mark.parametrize("size", [0, 3, 30, 20_000])
def test_a_truncated_file(tmp_path, size):
    if not DATA.is_dir():
        pytest.skip("needs the shared data")
    path = tmp_path / "broken.root"
    path.write_bytes((DATA / "root_files/uproot-Zmumu.root").read_bytes()[:size])
    with pytest.raises(DataError, match=rf"broken\.root.*({BROKEN})"):
        RootTable(path).columns()
    with pytest.raises(DataError, match=rf"broken\.root.*({BROKEN})"):
        root_tables(path)
