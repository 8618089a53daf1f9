"""Reading files of each format, and what bad files get."""

from __future__ import annotations

import gzip

import awkward as ak
import numpy as np
import pytest
import uproot

from fivesigma.core.errors import DataError
from fivesigma.events.files import find_files, flat_columns, read_columns


@pytest.mark.parametrize("name", ["events.root", "events.parquet", "events.csv"])
def test_what_was_written_is_read(name, table, write):
    path = write(name, table)
    assert set(flat_columns(path)) == set(table)
    columns, length = read_columns(path, ["pt", "charge"])
    assert length == 200
    assert set(columns) == {"pt", "charge"}
    np.testing.assert_array_equal(columns["pt"], table["pt"])
    np.testing.assert_array_equal(columns["charge"], table["charge"])
    assert columns["pt"].dtype.isnative


def test_a_gzipped_csv_is_read(tmp_path, table, write):
    plain = write("events.csv", table)
    path = tmp_path / "events.csv.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_array_equal(read_columns(path, ["pt"])[0]["pt"], table["pt"])


def test_the_number_of_events_needs_no_column(table, write):
    for name in ("events.root", "events.parquet", "events.csv"):
        assert read_columns(write(name, table), []) == ({}, 200)


def test_jagged_branches_are_no_flat_columns(tmp_path):
    path = tmp_path / "jagged.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"met": np.float64, "jet_pt": "var * float32"})
        file["Events"].extend({"met": np.ones(3), "jet_pt": ak.Array([[1.0], [], [2.0, 3.0]])})
    assert "jet_pt" not in flat_columns(path)
    with pytest.raises(DataError, match="no column 'jet_pt'"):
        read_columns(path, ["jet_pt"])


def test_a_missing_column_names_the_nearest(table, write):
    with pytest.raises(DataError, match=r"events\.root: no column 'ptt'; did you mean pt"):
        read_columns(write("events.root", table), ["ptt"])


def test_text_is_no_number(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("pt,name\n1,a\n2,b\n")
    with pytest.raises(DataError, match="'name' holds no numbers"):
        read_columns(path, ["name"])


def test_which_tree(tmp_path):
    path = tmp_path / "two.root"
    with uproot.recreate(path) as file:
        for tree in ("signal", "background"):
            file.mktree(tree, {"x": np.float64})
            file[tree].extend({"x": np.ones(2)})
    with pytest.raises(DataError, match=r"which tree.*signal, background"):
        flat_columns(path)
    with pytest.raises(DataError, match="no tree 'signl'; did you mean signal"):
        flat_columns(path, "signl")
    assert flat_columns(path, "signal") == ("x",)


@pytest.mark.parametrize(("name", "says"), [("a.root", "ROOT"), ("a.parquet", "Parquet")])
@pytest.mark.parametrize("content", [b"", b"this is something else" * 100])
def test_a_file_that_is_not_what_its_suffix_says(tmp_path, name, says, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}: not a readable {says} file"):
        flat_columns(path)


def test_a_csv_that_is_binary(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    with pytest.raises(DataError, match="not a readable CSV file"):
        flat_columns(path)


def test_an_rntuple_says_that_it_is_not_read_yet(tmp_path):
    path = tmp_path / "new.root"
    with uproot.recreate(path) as file:
        file.mkrntuple("Events", {"x": np.float64})
        file["Events"].extend({"x": np.ones(2)})
    with pytest.raises(DataError, match="RNTuples, which are not read yet"):
        flat_columns(path)


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    (tmp_path / "a[1].csv").touch()
    assert [p.name for p in find_files("a[1].csv", tmp_path)] == ["a[1].csv"]


def test_a_column_is_of_numbers_however_late_its_first_fraction_comes(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("x\n" + "1\n" * 12_000 + "1.5\n")
    assert read_columns(path, ["x"])[0]["x"][-1] == 1.5


def test_a_truncated_root_file(tmp_path, table, write):
    whole = write("events.root", table)
    for size in (100, 1000, len(whole.read_bytes()) * 2 // 3):
        path = tmp_path / f"cut{size}.root"
        path.write_bytes(whole.read_bytes()[:size])
        with pytest.raises(DataError, match=r"not a readable ROOT file"):
            read_columns(path, ["pt"])


def test_unknown_suffix_and_missing_file(tmp_path):
    (tmp_path / "events.txt").write_text("x")
    with pytest.raises(DataError, match=r"no reader for '\.txt'"):
        flat_columns(tmp_path / "events.txt")
    with pytest.raises(DataError, match="no such file"):
        flat_columns(tmp_path / "nothing.root")


def test_patterns_find_files_in_order_and_once(tmp_path):
    for name in ("b.csv", "a.csv", "c.root"):
        (tmp_path / name).touch()
    assert [p.name for p in find_files(["*.csv", "a.csv", "c.root"], tmp_path)] == ["a.csv", "b.csv", "c.root"]
    with pytest.raises(DataError, match=r"no file .*bb\.csv; did you mean b\.csv"):
        find_files("bb.csv", tmp_path)
    with pytest.raises(DataError, match="not there"):
        find_files("x/y.csv", tmp_path)
