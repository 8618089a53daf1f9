"""Tables side by side."""

from __future__ import annotations

import pickle
from itertools import pairwise

import awkward as ak
import h5py
import numpy as np
import polars as pl
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.events.formats.csv_files import CsvFile
from fivesigma.events.formats.frames import frame
from fivesigma.events.formats.hdf5_files import Hdf5Table
from fivesigma.events.formats.parquet_files import ParquetFile
from fivesigma.events.formats.root_files import RootTable
from fivesigma.events.friends import Friends
from fivesigma.events.source import Span

N = 100
NUMBERS = np.arange(N, dtype=np.float64)


@pytest.fixture
def root(tmp_path):
    def write(name, trees):
        with uproot.recreate(tmp_path / name) as file:
            for tree, columns in trees.items():
                file.mktree(tree, {key: column.dtype for key, column in columns.items()})
                for part in range(4):
                    rows = slice(part * N // 4, (part + 1) * N // 4)
                    file[tree].extend({key: column[rows] for key, column in columns.items()})
        return tmp_path / name

    return write


@pytest.fixture
def main(root):
    return RootTable(root("ZZ.root", {"Events": {"pt": NUMBERS, "w": NUMBERS + 1}}), span_rows=30)


def joined(source, names):
    tables = list(source.read(names, source.spans()))
    assert sum(table.length for table in tables) == N
    return {name: ak.concatenate([table.columns[name] for table in tables]) for name in names}


def test_columns_of_every_format_side_by_side(main, root, tmp_path):
    bdt = RootTable(root("BDT.root", {"scores": {"bdt": -NUMBERS}}))
    pl.DataFrame({"nn": NUMBERS * 2, "jets": [[1.0] * (row % 3) for row in range(N)]}).write_parquet(
        tmp_path / "nn.parquet", row_group_size=7
    )
    with h5py.File(tmp_path / "dnn.h5", "w") as file:
        file["dnn"] = NUMBERS * 3
        file["tag"] = [f"jet {row}" for row in range(N)]
    others = (bdt, ParquetFile(tmp_path / "nn.parquet"), Hdf5Table(tmp_path / "dnn.h5"), frame({"mem": NUMBERS * 4}))
    source = Friends(main, others)
    assert list(source.columns()) == ["pt", "w", "bdt", "nn", "jets", "dnn", "tag", "mem"]
    texts = [text for table in source.read(["tag", "w"], source.spans()) for text in table.columns["tag"]]
    assert texts == [f"jet {row}" for row in range(N)]
    assert source.columns()["jets"].kind == "jagged"
    assert len(source.spans()) > 1
    read = joined(source, ["mem", "dnn", "jets", "nn", "bdt", "w"])
    assert list(read) == ["mem", "dnn", "jets", "nn", "bdt", "w"]
    for name, expected in {"mem": 4, "dnn": 3, "nn": 2, "bdt": -1}.items():
        np.testing.assert_array_equal(read[name], NUMBERS * expected)
    assert ak.num(read["jets"]).to_list() == [row % 3 for row in range(N)]
    np.testing.assert_array_equal(joined(source, ["bdt"])["bdt"], -NUMBERS)
    assert joined(source, []) == {}


def test_the_friend_may_be_the_main_table(main, root):
    path = root("small.root", {"t": {"x": NUMBERS}})
    source = Friends(RootTable(path), (main,))
    np.testing.assert_array_equal(joined(source, ["pt"])["pt"], NUMBERS)


def test_a_friend_in_the_same_file(root):
    path = root("both.root", {"Events": {"pt": NUMBERS}, "scores": {"bdt": -NUMBERS}})
    source = Friends(RootTable(path, "Events"), (RootTable(path, "scores"),))
    np.testing.assert_array_equal(joined(source, ["bdt", "pt"])["bdt"], -NUMBERS)
    assert source.digest() != Friends(RootTable(path, "Events"), ()).digest()


def test_the_main_table_wins_where_names_repeat(main, root):
    first = RootTable(root("first.root", {"t": {"w": NUMBERS * 5, "x": NUMBERS * 6}}))
    second = RootTable(root("second.root", {"t": {"x": NUMBERS * 7}}))
    read = joined(Friends(main, (first, second)), ["w", "x"])
    np.testing.assert_array_equal(read["w"], NUMBERS + 1)
    np.testing.assert_array_equal(read["x"], NUMBERS * 6)


def test_a_friend_of_another_length(main, tmp_path):
    pl.DataFrame({"nn": NUMBERS[:-1]}).write_parquet(tmp_path / "nn.parquet")
    source = Friends(main, (ParquetFile(tmp_path / "nn.parquet"),))
    for call in (source.spans, source.columns):
        with pytest.raises(DataError, match=r"ZZ\.root: has 100 events, but its friend .*nn\.parquet has 99"):
            call()


def test_a_friend_of_the_same_events_in_another_order(root):
    number = np.arange(N)
    main = RootTable(root("ZZ.root", {"Events": {"pt": NUMBERS, "event": number}}), span_rows=30)
    same = RootTable(root("same.root", {"scores": {"bdt": -NUMBERS, "event": number.astype(np.uint32)}}))
    np.testing.assert_array_equal(joined(Friends(main, (same,)), ["bdt"])["bdt"], -NUMBERS)
    swapped = number.copy()
    swapped[[40, 41]] = 41, 40
    other = RootTable(root("other.root", {"scores": {"bdt": -NUMBERS, "event": swapped}}))
    with pytest.raises(
        DataError, match=r"ZZ\.root: event is 40 at entry 40, but 41 in its friend .*other\.root; friends"
    ):
        joined(Friends(main, (other,)), ["bdt", "pt"])
    assert list(joined(Friends(main, (other,)), ["pt"])) == ["pt"]  # nothing of the friend is asked for


@pytest.mark.parametrize("is_friend", [True, False])
def test_text_is_no_friend(main, tmp_path, is_friend):
    pl.DataFrame({"nn": NUMBERS}).write_csv(tmp_path / "nn.csv")
    text = CsvFile(tmp_path / "nn.csv")
    source = Friends(main, (text,)) if is_friend else Friends(text, (main,))
    with pytest.raises(DataError, match=r"nn\.csv: a text file cannot be read beside another"):
        source.columns()


def test_a_missing_column_names_the_nearest_of_all(main, root):
    friend = RootTable(root("BDT.root", {"scores": {"bdt_score": NUMBERS}}))
    with pytest.raises(DataError, match=r"ZZ\.root: no column 'bdt_scor'; did you mean bdt_score"):
        list(Friends(main, (friend,)).read(["bdt_scor"], []))


def test_who_and_where(main, root):
    friend = RootTable(root("BDT.root", {"scores": {"bdt": NUMBERS}}))
    source = Friends(main, (friend,))
    assert source.name == main.name
    assert source.position(Span(10, 20), 3) == "entry 13"
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own bytes
    other = RootTable(root("other.root", {"scores": {"bdt": NUMBERS + 1}}))
    assert source.digest() != Friends(main, (other,)).digest()


@given(st.lists(st.integers(0, N), min_size=2, max_size=5).map(sorted))
def test_any_spans(edges):
    spans = [Span(start, stop) for start, stop in pairwise(edges)]
    source = Friends(frame({"a": NUMBERS}), (frame({"b": -NUMBERS}),))
    for span, table in zip(spans, source.read(["b", "a"], spans), strict=True):
        np.testing.assert_array_equal(table.columns["a"], NUMBERS[slice(*span)])
        np.testing.assert_array_equal(table.columns["b"], -NUMBERS[slice(*span)])
