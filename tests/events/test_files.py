"""Names, patterns and placeholders to files, and files to sources."""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import pytest

from fivesigma.core.errors import DataError
from fivesigma.events.files import FoundFile, filled, located, sources_of
from fivesigma.events.formats.opening import open_source


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    (tmp_path / "a[1].csv").touch()
    assert [file.path.name for file in located("a[1].csv", tmp_path)] == ["a[1].csv"]


def test_folders_and_pipes_are_told_from_what_is_not_there(tmp_path):
    (tmp_path / "data.root").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for path, says in (
        ("data.root", r"data\.root: a folder, not a file; write a pattern such as .*/data\.root/\*\.root"),
        ("pipe.csv", r"pipe\.csv: a pipe or a device, not a file"),
        ("dta.csv", r"dta\.csv: (there is )?no such file"),
    ):
        with pytest.raises(DataError, match=says):
            located(path, tmp_path)
        with pytest.raises(DataError, match=says):
            open_source(tmp_path / path)
    table = FoundFile(path=tmp_path / "a.csv")
    table.path.write_text("x\n1\n")
    with pytest.raises(DataError, match=r"data\.root: a folder, not a file.*, which should be the friend of .*a\.csv"):
        sources_of([table], friends=["data.root"], folder=tmp_path)


def test_no_tree_at_all_is_none(tmp_path):
    with pytest.raises(DataError, match="tree: an empty list names none"):
        sources_of([FoundFile(path=tmp_path / "a.root")], tree=[])


def test_patterns_find_files_in_order_and_once(tmp_path):
    for name in ("b.csv", "a.csv", "c.root"):
        (tmp_path / name).touch()
    assert [file.path.name for file in located(["*.csv", "a.csv", "c.root"], tmp_path)] == ["a.csv", "b.csv", "c.root"]
    with pytest.raises(DataError, match=r"bb\.csv: no such file; did you mean b\.csv"):
        located("bb.csv", tmp_path)
    with pytest.raises(DataError, match=r"y\.csv: no such file; there is no folder .*/x$"):
        located("x/y.csv", tmp_path)


def test_where_nothing_is_found_the_folders_there_are_named(tmp_path):
    (tmp_path / "Data" / "old").mkdir(parents=True)
    with pytest.raises(DataError, match=r"there is no folder .*/data; did you mean Data\?"):
        located("data/*.csv", tmp_path)
    with pytest.raises(DataError, match=r"the folder .*/Data holds only folders: old$"):
        located("Data/*.csv", tmp_path)
    with pytest.raises(DataError, match=r"the folder .*/old holds nothing$"):
        located("Data/old/*.csv", tmp_path)


def test_a_table_that_lies_there_packed_and_unpacked_is_refused(tmp_path):
    for name in ("a.csv", "a.csv.gz", "b.csv"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"a\.csv\.gz: a\.csv beside it is the same table unpacked; move one"):
        located("*.csv*", tmp_path)
    assert [file.path.name for file in located("*.csv", tmp_path)] == ["a.csv", "b.csv"]


def test_placeholders_are_numbers_in_names_and_order_the_files(tmp_path):
    for name in ("stop_500_470", "stop_500_420", "stop_1000_10p5", "stop_500_470_old", "stop_x_1", "top_1_2"):
        (tmp_path / f"{name}.csv").touch()
    found = located("stop_{m_stop}_{m_lsp}.csv", tmp_path)
    assert [dict(file.parameters) for file in found] == [
        {"m_stop": 500, "m_lsp": 420},
        {"m_stop": 500, "m_lsp": 470},
        {"m_stop": 1000, "m_lsp": 10.5},
    ]
    with pytest.raises(DataError, match="its placeholders stand for numbers"):
        located("top_{m}.csv", tmp_path)


def test_a_placeholder_named_twice_stands_for_one_number(tmp_path):
    for folder, name in (("1", "a_1"), ("2", "a_3")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.csv").touch()
    (file,) = located("{m}/a_{m}.csv", tmp_path)
    assert file.parameters == {"m": 1}


def test_parameters_are_columns(tmp_path):
    pl.DataFrame({"x": [1.0, 2.0]}).write_parquet(tmp_path / "a_7.parquet")
    (source,) = sources_of(located("a_{mass}.parquet", tmp_path))
    assert set(source.columns()) == {"x", "mass"}
    (table,) = source.read({"x", "mass"}, source.spans())
    np.testing.assert_array_equal(table.columns["mass"], [7.0, 7.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_column_of_a_parameters_name_holds_it(tmp_path, dtype):
    pl.DataFrame({"mass": np.full(2, 7.1, dtype=dtype)}).write_parquet(tmp_path / "a_7p1.parquet")
    (source,) = sources_of(located("a_{mass}.parquet", tmp_path))
    (table,) = source.read({"mass"}, source.spans())
    np.testing.assert_array_equal(table.columns["mass"], [7.1, 7.1])


@pytest.mark.parametrize(
    ("column", "says"),
    [([7.0, 8.0], r"is 8\.0 at row 2"), ([7.0, np.nan], "is nan at row 2"), ([[7.0], [7.0]], "holds list")],
)
def test_a_column_of_a_parameters_name_that_holds_something_else_is_refused(tmp_path, column, says):
    pl.DataFrame({"mass": column, "x": [1.0, 2.0]}).write_parquet(tmp_path / "a_7.parquet")
    (source,) = sources_of(located("a_{mass}.parquet", tmp_path))
    with pytest.raises(DataError, match=rf"a_7\.parquet: 'mass' is 7 by the name of the file, but .* {says}"):
        list(source.read({"x", "mass"}, source.spans()))
    assert [table.columns["x"].tolist() for table in source.read({"x"}, source.spans())] == [[1.0, 2.0]]


def test_filling_leaves_what_has_no_value():
    assert filled("{period}/{name}.root", {"period": "2016"}) == "2016/{name}.root"
    assert filled("{a.__class__}{0}{}", {"a": "x"}) == "{a.__class__}{0}{}"


@pytest.mark.parametrize(
    ("name", "says"),
    [("events.xyz", r"no reader for '\.xyz'"), ("events", "no reader for 'a name without suffix'"), ("", "a folder")],
)
def test_what_cannot_be_read_says_why(tmp_path, name, says):
    if name:
        (tmp_path / name).write_text("x")
    with pytest.raises(DataError, match=says):
        open_source(tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        open_source(tmp_path / "nothing.root")
