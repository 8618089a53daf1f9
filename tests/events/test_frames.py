"""Tables in memory: of whatever kind they are, their numbers come out the same, uncopied where that can be."""

from __future__ import annotations

import datetime as dt
import math
import pickle
from dataclasses import replace

import awkward as ak
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fivesigma.core.errors import DataError
from fivesigma.events.formats.frames import Frame, frame

COLUMNS = {
    "n": [1, 2, 3],
    "x": [1.5, None, -2.0],
    "b": [True, False, True],
    "name": ["a", "b", "c"],
    "jets": [[1.0, 2.0], [], [3.0]],
}


class OnlyStream:
    """What exports itself through Arrow's stream and nothing else."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class OnlyInterchange:
    """What has the dataframe interchange protocol and nothing else."""

    def __init__(self, table):
        self.table = table

    def __dataframe__(self, **options):
        return self.table.__dataframe__(**options)


KINDS = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "arrow table": pa.table,
    "arrow batch": lambda columns: pa.table(columns).to_batches()[0],
    "arrow reader": lambda columns: pa.table(columns).to_reader(),
    "stream": lambda columns: OnlyStream(pl.DataFrame(columns)),
    "lists": dict,
    "series": lambda columns: {name: pd.Series(values) for name, values in columns.items()},
    "polars series": lambda columns: {name: pl.Series(values) for name, values in columns.items()},
    "awkward": lambda columns: ak.Array(
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("span", [1, 2, 100])
def test_every_kind_of_frame_gives_the_same(kind, span):
    made = frame(KINDS[kind](COLUMNS))
    source = Frame(made.name, made.data, made.length, span)
    assert {name: (info.type, info.kind) for name, info in source.columns().items()} == {
        "n": ("int64", "flat"),
        "x": ("float64", "flat"),
        "b": ("bool", "flat"),
        "name": ("text", "text"),
        "jets": ("list of float64", "jagged"),
    }
    tables = list(source.read(["n", "x", "b", "jets"], source.spans()))
    assert [table.length for table in tables] == {1: [1, 1, 1], 2: [2, 1], 100: [3]}[span]
    np.testing.assert_array_equal(np.concatenate([table.columns["n"] for table in tables]), COLUMNS["n"])
    np.testing.assert_array_equal(np.concatenate([table.columns["x"] for table in tables]), [1.5, np.nan, -2])
    np.testing.assert_array_equal(np.concatenate([table.columns["b"] for table in tables]), COLUMNS["b"])
    assert ak.concatenate([table.columns["jets"] for table in tables]).tolist() == COLUMNS["jets"]
    assert tables[0].columns["n"].dtype == np.int64
    assert source.digest() == frame(COLUMNS).digest()


def test_the_interchange_protocol():
    columns = {name: COLUMNS[name] for name in ("n", "x", "name")}
    source = frame(OnlyInterchange(pa.table(columns)))
    (table,) = source.read(["n", "x"], source.spans())
    assert table.columns["n"].tolist() == [1, 2, 3]
    assert math.isnan(table.columns["x"][1])


def test_arrays_by_name():
    columns = {
        "swapped": np.array([1, 2], ">f8"),
        "masked": np.ma.array([1, 2], mask=[False, True]),
        "pairs": np.arange(4).reshape(2, 2),
        "cube": np.ones((2, 2, 2)),
        "half": np.array([1, 2], np.float16),
        "jets": ak.Array([[1, None], None]),
        "maybe": ak.Array([None, 2]),
        "word": np.array(["a", "b"]),
        "time": np.array([1, 2], "M8[s]"),
        "complex": np.array([1j, 2]),
        "mixed": np.array([1, "x"], object),
        "records": ak.Array([[{"pt": 1.0}], []]),
    }
    source = frame(columns, "here")
    assert {name: (info.type, info.kind) for name, info in source.columns().items()} == {
        "swapped": ("float64", "flat"),
        "masked": ("int64", "flat"),
        "pairs": ("list of int64", "jagged"),
        "cube": ("list of list of float64", "other"),
        "half": ("float16", "flat"),
        "jets": ("list of int64", "jagged"),
        "maybe": ("int64", "flat"),
        "word": ("text", "text"),
        "time": ("datetime64[s]", "other"),
        "complex": ("complex128", "other"),
        "mixed": ("object", "other"),
        "records": ("list of struct<pt: double not null>", "other"),
    }
    (table,) = source.read(["swapped", "masked", "pairs", "half", "jets", "maybe"], source.spans())
    assert table.columns["swapped"].dtype.isnative
    assert table.columns["swapped"].tolist() == [1, 2]
    np.testing.assert_array_equal(table.columns["masked"], [1, np.nan])
    assert str(table.columns["pairs"].type) == "2 * var * int64"
    assert table.columns["pairs"].tolist() == [[0, 1], [2, 3]]
    assert str(table.columns["jets"].type) == "2 * var * float64"
    assert ak.num(table.columns["jets"]).tolist() == [2, 0]
    np.testing.assert_array_equal(table.columns["maybe"], [np.nan, 2])
    for name in ("cube", "time", "complex", "mixed", "records"):
        with pytest.raises(DataError, match=rf"here: column '{name}' holds .*, not numbers"):
            list(source.read([name], source.spans()))


def test_what_pandas_can_hold():
    table = pd.DataFrame(
        {
            "whole": pd.array([2**53 + 1, 2], dtype="Int64"),
            "gap": pd.array([1, None], dtype="Int64"),
            "truth": pd.array([True, None], dtype="boolean"),
            "coded": pd.Categorical([5, 6]),
            "class": pd.Categorical(["a", "b"]),
            "mixed": [1, "x"],
            "complex": [1j, 2],
            "day": [dt.date(2020, 1, 1)] * 2,
            7: [0.5, np.nan],
        },
        index=pd.Index([10, 11], name="event"),
    )
    source = frame(table)
    columns = source.columns()
    assert [name for name, info in columns.items() if info.kind == "flat"] == [
        "event",
        "whole",
        "gap",
        "truth",
        "coded",
        "7",
    ]
    assert columns["class"].kind == "text"
    (read,) = source.read(["event", "whole", "gap", "truth", "coded", "7"], source.spans())
    assert read.columns["event"].tolist() == [10, 11]
    assert read.columns["whole"].tolist() == [2**53 + 1, 2]
    np.testing.assert_array_equal(read.columns["gap"], [1, np.nan])
    np.testing.assert_array_equal(read.columns["truth"], [1, np.nan])
    assert read.columns["coded"].tolist() == [5, 6]
    np.testing.assert_array_equal(read.columns["7"], [0.5, np.nan])


def test_structured_arrays():
    source = frame(np.array([(1, 2.5), (3, 4.5)], dtype=[("n", "i4"), ("x", ">f8")]))
    (table,) = source.read(["x", "n"], source.spans())
    assert table.columns["n"].tolist() == [1, 3]
    assert table.columns["x"].tolist() == [2.5, 4.5]


def test_memory_is_not_copied():
    values = np.arange(1000.0)
    jets = ak.unflatten(values, np.full(500, 2))
    for data in (
        {"x": values},
        pd.DataFrame({"x": values}, copy=False),
        pa.table({"x": values}),
        pl.DataFrame({"x": values}),
    ):
        source = frame(data)
        expected = source.data["x"]
        (table,) = source.read(["x"], source.spans())
        memory = expected.chunk(0).to_numpy() if isinstance(expected, pa.ChunkedArray) else values
        assert np.shares_memory(table.columns["x"], memory)
    (table,) = frame({"jets": jets}).read(["jets"], [(0, 500)])
    assert np.shares_memory(ak.to_numpy(ak.flatten(table.columns["jets"])), values)


@pytest.mark.parametrize("data", [3, [1, 2], np.ones(3), ak.Array([1, 2]), "events.csv", None])
def test_what_is_no_table(data):
    with pytest.raises(
        DataError, match=r"ours: no table of events, but \w+; accepted are a pandas or polars frame, an Arrow"
    ):
        frame(data, "ours")


def test_columns_that_do_not_fit():
    with pytest.raises(DataError, match="dataframe: column 'b' has 2 rows, others 1"):
        frame({"a": [1], "b": [1, 2]})
    with pytest.raises(DataError, match="dataframe: two columns are called 'a'"):
        frame(pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]))
    with pytest.raises(DataError, match="dataframe: two columns are called '1'"):
        frame({1: [1], "1": [2]})
    with pytest.raises(DataError, match=r"dataframe: not a readable LazyFrame: .*nothing"):
        frame(pl.LazyFrame({"a": [1]}).select("nothing"))


@pytest.mark.parametrize("column", [5, "abc", {"a": 1}, np.array(5), None])
def test_a_column_that_is_no_array(column):
    with pytest.raises(
        DataError, match=rf"dataframe: not a readable dict: column 'x' is no array, but {type(column).__name__}"
    ):
        frame({"x": column})


def test_strange_columns_are_no_numbers_and_do_no_harm():
    source = frame(
        {"x": [1.5], "big": [2**70], "union": ak.Array([1, "a"])[:1], "empty": ak.Array([[]]), "mixed": [[1]]}
    )
    assert {name: info.kind for name, info in source.columns().items()} == {
        "x": "flat",
        "big": "other",
        "union": "other",
        "empty": "jagged",
        "mixed": "jagged",
    }
    (table,) = source.read(["x", "empty"], source.spans())
    assert str(table.columns["empty"].type) == "1 * var * float64"


@pytest.mark.parametrize("data", [pl.Series([1]), pa.chunked_array([[1]])])
def test_one_column_without_a_name(data):
    with pytest.raises(DataError, match=rf"dataframe: not a readable {type(data).__name__}"):
        frame(data)


def test_missing_columns():
    source = frame(COLUMNS, "mine")
    with pytest.raises(DataError, match="mine: no column 'jet'; did you mean jets"):
        list(source.read(["jet"], source.spans()))
    with pytest.raises(DataError, match=r"mine: no column 'zzz'.*; a text stands in quotes: 'zzz'"):
        list(source.read(["name", "zzz"], source.spans()))


WORDS = ["s", "it's", "", "ℓ ", "17"]


@pytest.mark.parametrize(
    "column",
    [
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        np.array(WORDS, dtype=np.dtypes.StringDType()),
        np.array([word.encode() for word in WORDS]),
        np.ma.masked_array([*WORDS[:2], "?", *WORDS[3:]], [word == "" for word in WORDS]),
        pl.Series(WORDS),
        pl.Series(WORDS, dtype=pl.Categorical),
        pl.Series([word or None for word in WORDS]),
        pd.Series(WORDS),
        pd.Series(WORDS, dtype=object),
        pd.Series(WORDS, dtype="category"),
        pd.Series([word or None for word in WORDS]),
        pd.Series([word or None for word in WORDS], dtype="category"),
        pa.array(WORDS),
        pa.array(WORDS, pa.string_view()),
        pa.chunked_array([WORDS[:2], WORDS[2:]]).dictionary_encode(),
        ak.Array(WORDS),
        ak.Array([word or None for word in WORDS]),
        WORDS,
    ],
    ids=lambda column: f"{type(column).__name__} {getattr(column, 'dtype', '')}",
)
def test_texts_of_every_library(column):
    source = replace(frame({"n": np.arange(5), "name": column}), span_rows=2)
    assert source.columns()["name"].kind == "text"
    tables = list(source.read(["name", "n"], source.spans()))
    read = np.concatenate([table.columns["name"] for table in tables])
    assert read.dtype == object
    assert read.tolist() == WORDS
    assert source.digest() == frame({"n": np.arange(5), "name": WORDS}).digest()
    assert source.digest() != frame({"n": np.arange(5), "name": [*WORDS[:4], "18"]}).digest()


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table, lambda columns: pl.DataFrame(columns).lazy()])
def test_texts_of_frames(make):
    source = frame(make({"n": [1, 2], "name": ["s", None]}))
    (table,) = source.read(["name"], source.spans())
    assert table.columns["name"].tolist() == ["s", ""]


def test_nothing_in_it():
    for data in ({}, pd.DataFrame(), {"x": np.empty(0)}):
        source = frame(data)
        (table,) = source.read(list(source.columns()), source.spans())
        assert table.length == 0


def test_digests_are_of_the_content():
    first = frame({"x": [1.0, 2.0], "j": [[1], [2, 3]]}).digest()
    assert frame({"x": [1.0, 2.0], "j": [[1], [2, 3]]}, "another name").digest() == first
    assert frame({"x": [1.0, 2.5], "j": [[1], [2, 3]]}).digest() != first
    assert frame({"x": [1.0, 2.0], "j": [[1, 2], [3]]}).digest() != first
    assert frame({"y": [1.0, 2.0], "j": [[1], [2, 3]]}).digest() != first


def test_positions_and_pickles():
    source = frame(pd.DataFrame(COLUMNS))
    assert source.position(source.spans()[0], 1) == "row 2"
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 - what worker processes do
    assert again.digest() == source.digest()
