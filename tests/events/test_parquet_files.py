"""Parquet files: what was written is read, in any spans; lists stay lists; damage is named."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import pickle
from itertools import chain, pairwise

import awkward as ak
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.core.identity import file_digest
from fivesigma.events.formats.parquet_files import ParquetFile
from fivesigma.events.source import Span

FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def write(tmp_path):
    def write(columns, name="events.parquet", **options):
        path = tmp_path / name
        pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **options)
        return path

    return write


def read(source, names):
    tables = list(source.read(names, source.spans()))
    assert all(len(table.columns[name]) == table.length for table in tables for name in names)
    return {name: [value for table in tables for value in table.columns[name].tolist()] for name in names}


numbers = st.floats(width=32, allow_nan=False)


@FEW
@given(
    st.lists(st.tuples(numbers | st.none(), st.lists(numbers | st.none(), max_size=3) | st.none()), max_size=20),
    st.integers(1, 9),
    st.integers(1, 25),
)
def test_any_spans_and_row_groups_give_the_same_events(tmp_path, rows, group, span):
    schema = pa.schema({"x": pa.float32(), "jets": pa.list_(pa.float32())})
    table = pa.table({"x": [x for x, _ in rows], "jets": [jets for _, jets in rows]}, schema=schema)
    path = tmp_path / "events.parquet"
    pq.write_table(table, path, row_group_size=group)
    source = ParquetFile(path, span_rows=span)
    spans = source.spans()
    assert (spans[0].start, spans[-1].stop) == (0, len(rows))
    assert all(one.stop == two.start for one, two in pairwise(spans))
    assert all(two.stop > two.start for two in spans[1:])
    found = read(source, ["jets", "x"])
    nan = math.nan
    np.testing.assert_array_equal(found["x"], [nan if x is None else x for x, _ in rows])
    expected = [[nan if jet is None else jet for jet in jets or []] for _, jets in rows]
    assert list(map(len, found["jets"])) == list(map(len, expected))
    np.testing.assert_array_equal([*chain(*found["jets"])], [*chain(*expected)])
    backwards = source.read(["x"], spans[::-1])
    alone = [table.columns["x"] for table in backwards][::-1]
    np.testing.assert_array_equal(np.concatenate(alone), found["x"])


def test_spans_are_row_groups_joined_or_split(write):
    path = write({"x": np.arange(1000.0)}, row_group_size=100)
    assert [tuple(span) for span in ParquetFile(path, span_rows=300).spans()] == [
        (0, 300),
        (300, 600),
        (600, 900),
        (900, 1000),
    ]
    assert [tuple(span) for span in ParquetFile(path, span_rows=40).spans()][:3] == [(0, 40), (40, 100), (100, 140)]
    assert len(ParquetFile(path).spans()) == 1


@pytest.mark.parametrize("spans", [[(10, 20), (20, 60)], [(60, 100)], [(5, 6), (50, 51), (51, 99)], [(70, 80), (0, 3)]])
@pytest.mark.parametrize("group", [7, 100])
def test_any_spans_can_be_read(write, spans, group):
    source = ParquetFile(write({"x": np.arange(100)}, row_group_size=group))
    for (start, stop), table in zip(spans, source.read(["x"], [Span(*span) for span in spans]), strict=True):
        np.testing.assert_array_equal(table.columns["x"], np.arange(start, stop))


def test_types_of_columns(write):
    path = write(
        {
            "f8": [1.0, 2.0],
            "f4": pa.array([1.0, 2.0], pa.float32()),
            "i8": pa.array([1, 2], pa.int8()),
            "u64": pa.array([1, 2**64 - 1], pa.uint64()),
            "truth": [True, False],
            "nothing": pa.nulls(2),
            "jets": pa.array([[1.0], []], pa.list_(pa.float32())),
            "pair": pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2)),
            "coded": pa.array([5, 6]).dictionary_encode(),
            "name": ["a", "b"],
            "class": pa.array(["a", "b"]).dictionary_encode(),
            "price": [decimal.Decimal("1.5")] * 2,
            "day": [dt.date(2020, 1, 1)] * 2,
            "nested": [[[1]], []],
            "names": [["a"], []],
            "struct": [{"pt": 1.0}] * 2,
        }
    )
    source = ParquetFile(path)
    assert {name: (info.type, info.kind) for name, info in source.columns().items()} == {
        "f8": ("float64", "flat"),
        "f4": ("float32", "flat"),
        "i8": ("int8", "flat"),
        "u64": ("uint64", "flat"),
        "truth": ("bool", "flat"),
        "nothing": ("null", "flat"),
        "jets": ("list of float32", "jagged"),
        "pair": ("list of int32", "jagged"),
        "coded": ("int64", "flat"),
        "name": ("text", "text"),
        "class": ("text", "text"),
        "price": ("decimal128(2, 1)", "other"),
        "day": ("date32[day]", "other"),
        "nested": ("list of list of int64", "other"),
        "names": ("list of text", "other"),
        "struct": ("struct<pt: double>", "other"),
    }
    usable = ["f8", "f4", "i8", "u64", "truth", "nothing", "jets", "pair", "coded"]
    (table,) = source.read(usable, source.spans())
    dtypes = [str(table.columns[name].dtype) for name in ("f8", "f4", "i8", "u64", "truth", "nothing", "coded")]
    assert dtypes == ["float64", "float32", "int8", "uint64", "bool", "float64", "int64"]
    assert table.columns["u64"].tolist() == [1, 2**64 - 1]
    assert str(table.columns["jets"].type) == "2 * var * float32"
    assert str(table.columns["pair"].type) == "2 * var * int32"
    assert np.isnan(table.columns["nothing"]).all()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([decimal.Decimal("1.5")] * 2, r"holds decimal128\(2, 1\), not numbers"),
        ([dt.datetime(2020, 1, 1)] * 2, r"holds timestamp\[us\], not numbers"),
        ([{"pt": 1.0}] * 2, "holds struct<pt: double>, not numbers"),
    ],
)
def test_what_holds_no_numbers_is_refused(write, values, says):
    source = ParquetFile(write({"x": values, "y": [1, 2]}))
    with pytest.raises(DataError, match=rf"events\.parquet: column 'x' {says}"):
        list(source.read(["y", "x"], source.spans()))


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)
def test_texts(write, kind):
    words = ["ttbar", "", None, "it's", " ℓ ", "17"] * 10
    path = write({"w": pa.array(words, kind), "n": list(range(60))}, row_group_size=7)
    source = ParquetFile(path, span_rows=10)
    assert source.columns()["w"].kind == "text"
    tables = list(source.read(["n", "w"], source.spans()))
    assert len(tables) > 3
    read = np.concatenate([table.columns["w"] for table in tables])
    assert read.dtype == object
    assert read.tolist() == [word or "" for word in words]


def test_null_is_nan_in_float64(write):
    source = ParquetFile(
        write({"n": [1, None], "b": [None, True], "f": pa.array([None, 2], pa.float32()), "j": [[True, None], None]})
    )
    (table,) = source.read(["n", "b", "f", "j"], source.spans())
    np.testing.assert_array_equal(table.columns["n"], [1, np.nan])
    np.testing.assert_array_equal(table.columns["b"], [np.nan, 1])
    np.testing.assert_array_equal(table.columns["f"], [np.nan, 2])
    assert {table.columns[name].dtype for name in "nbf"} == {np.dtype(np.float64)}
    assert str(table.columns["j"].type) == "2 * var * float64"
    assert ak.num(table.columns["j"]).tolist() == [2, 0]


def test_no_rows_and_no_columns(write):
    source = ParquetFile(write({"x": pa.array([], pa.float32()), "j": pa.array([], pa.list_(pa.int32()))}))
    (table,) = source.read(["x", "j"], source.spans())
    assert table.length == len(table.columns["j"]) == 0
    assert table.columns["x"].dtype == np.float32
    counted = ParquetFile(write({"x": [1.0] * 5}), span_rows=2)
    assert [table.length for table in counted.read([], counted.spans())] == [2, 3]


def test_polars_files_are_read(tmp_path):
    frame = pl.DataFrame(
        {
            "x": [1.5, None],
            "jets": [[1.0], [2.0, 3.0]],
            "pair": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int16, 2)),
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    found = read(ParquetFile(tmp_path / "a.parquet"), ["jets", "pair"])
    assert found == {"jets": [[1.0], [2.0, 3.0]], "pair": [[1, 2], [3, 4]]}


def test_a_name_that_begins_another(write):
    path = write({"jet": [1.0, 2.0], "jet.pt": [3.0, 4.0], "muon": [{"pt": 5.0}] * 2})
    assert read(ParquetFile(path), ["jet", "jet.pt"]) == {"jet": [1.0, 2.0], "jet.pt": [3.0, 4.0]}


def test_a_missing_column_names_the_nearest(write):
    source = ParquetFile(write({"pt": [1.0]}))
    with pytest.raises(DataError, match=r"events\.parquet: no column 'ptt'; did you mean pt"):
        list(source.read(["ptt"], source.spans()))


def test_two_columns_of_one_name(write):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(DataError, match=r"events\.parquet: two columns are called 'x'"):
        ParquetFile(write(table)).columns()


def test_what_is_no_parquet_file(tmp_path, write):
    whole = write({"x": np.arange(10_000.0)}, "whole.parquet").read_bytes()
    for content in (b"", b"this is something else" * 100, whole[: len(whole) // 2], b"PAR1" + b"\xff" * 100 + b"PAR1"):
        path = tmp_path / "events.parquet"
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"events\.parquet: not a readable Parquet file"):
            ParquetFile(path).columns()
    with pytest.raises(DataError, match="there is no such file"):
        ParquetFile(tmp_path / "nothing.parquet").columns()
    with pytest.raises(DataError, match="is a folder"):
        ParquetFile(tmp_path).columns()


def test_damage_names_the_column_and_the_rows(write):
    columns = {"good": np.arange(3000.0), "bad": np.arange(3000.0)}
    path = write(columns, row_group_size=1000, use_dictionary=False, write_page_checksum=True, compression="none")
    content = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(1).column(1).data_page_offset
    content[start + 2000 : start + 2100] = b"\xff" * 100
    path.write_bytes(content)
    source = ParquetFile(path, span_rows=1000)
    assert len(read(source, ["good"])["good"]) == 3000
    pieces = source.read(["good", "bad"], source.spans())
    assert next(pieces).length == 1000
    with pytest.raises(DataError, match=r"events\.parquet: column 'bad', rows 1001 to 2000 cannot be read \(damaged\)"):
        next(pieces)


def test_names_positions_and_digests(write):
    source = ParquetFile(write({"x": np.arange(100.0)}), span_rows=30)
    assert source.name == str(source.path)
    assert source.position(source.spans()[1], 2) == "row 33"
    assert source.digest() == file_digest(source.path)
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - what worker processes do
