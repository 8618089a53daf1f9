"""Tables in text: the numbers that were written, in any pieces, or words about the line that is wrong."""

from __future__ import annotations

import csv
import gzip
import io
import math
import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.core.identity import file_digest
from fivesigma.events.formats.csv_files import CsvFile
from fivesigma.events.formats.csv_rows import RowError, _check_height
from fivesigma.events.source import Span

FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORDS = ("", "nan", "NaN", "NA", "null")


@pytest.fixture
def write(tmp_path):
    def write(content, name="events.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(source, names=None):
    """Return all columns of numbers and the number of events, the pieces joined."""
    if names is None:
        names = [name for name, info in source.columns().items() if info.kind == "flat"]
    tables = list(source.read(names, source.spans()))
    columns = {name: np.concatenate([table.columns[name] for table in tables]) for name in names}
    assert all(len(table.columns[name]) == table.length for table in tables for name in names)
    return columns, sum(table.length for table in tables)


def number(field):
    known = {"true": 1.0, "false": 0.0, "": math.nan, "na": math.nan, "null": math.nan}
    word = field.strip().lower()
    return known[word] if word in known else float(word)


def by_csv_module(text, separator=","):
    """Return the columns as the standard library's reader splits them and Python reads numbers."""
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return {name: [number(row[place]) for row in rows] for place, name in enumerate(header)}


fractions = st.floats(allow_nan=False).map(repr)
wholes = st.integers(-(2**62), 2**62).map(str)
truths = st.sampled_from(["true", "false", "True", "False"])
column = st.sampled_from(
    [fractions, wholes, truths, st.one_of(fractions, wholes), st.one_of(fractions, st.sampled_from(WORDS))]
)


@st.composite
def texts(draw):
    kinds = draw(st.lists(column, min_size=1, max_size=4))
    # a blank line of a table of one column would say nothing
    rows = draw(st.lists(st.tuples(*kinds).filter(lambda row: row != ("",)), max_size=8))
    separator = draw(st.sampled_from([",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [separator.join(f"c{place}" for place in range(len(kinds))), *map(separator.join, rows)]
    return end.join(lines) + draw(st.sampled_from(["", end, end * 3])), separator


@FEW
@given(texts(), st.integers(1, 60), st.booleans())
def test_any_pieces_give_the_numbers_that_the_csv_module_gives(tmp_path, table, size, packed):
    text, separator = table
    path = tmp_path / "events.csv"
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if packed else text.encode())
    columns, length = read(CsvFile(path, span_bytes=size))
    expected = by_csv_module(text.rstrip("\r\n") if separator == "\t" else text.rstrip(), separator)
    if len(expected) == 1:
        assert set(columns) == {"c0"}
    for name, values in columns.items():
        np.testing.assert_array_equal(values.astype(float), np.array(expected[name], float))
        assert len(values) == length


@pytest.mark.parametrize(
    ("end", "packed", "quoted"),
    [("\n", False, False), ("\r\n", False, True), ("\r\n", True, False), ("\n", True, True)],
)
def test_a_boundary_at_every_byte(write, end, packed, quoted):
    note = '"a\nb"' if quoted else "ab"
    rows = [f"{run},{run * 0.37},{note},{run % 3 == 0}" for run in range(9, 12)]
    text = end.join(["run,x,note,ok", *rows]) + end
    path = write(gzip.compress(text.encode(), mtime=0) if packed else text)
    whole, length = read(CsvFile(path))
    assert length == 3
    for size in range(1, len(text) + 2):
        source = CsvFile(path, span_bytes=size)
        spans = source.spans()
        assert all(one.stop == two.start for one, two in pairwise(spans))
        pieces, length = read(source)
        assert length == 3
        for name in whole:
            np.testing.assert_array_equal(pieces[name], whole[name])
            assert pieces[name].dtype == whole[name].dtype


def test_the_same_numbers_as_pandas(write):
    generator = np.random.default_rng(5)
    table = pd.DataFrame(
        {"x": generator.normal(size=3000), "n": generator.integers(-9, 9, 3000), "b": generator.random(3000) < 0.5}
    )
    table.loc[7, "x"] = np.nan
    path = write(table.to_csv(index=False))
    columns, length = read(CsvFile(path, span_bytes=5000))
    assert length == 3000
    expected = pd.read_csv(path, engine="python")
    for name, values in columns.items():
        np.testing.assert_array_equal(values, expected[name].to_numpy())
        assert values.dtype == expected[name].dtype


def test_types_are_named_and_text_is_told_from_numbers(write):
    path = write("a,b,c,d,e\n1,1.5,true,x,\n2,2,False,3,\n")
    columns = CsvFile(path).columns()
    assert [(name, info.type, info.kind) for name, info in columns.items()] == [
        ("a", "int64", "flat"),
        ("b", "float64", "flat"),
        ("c", "bool", "flat"),
        ("d", "text", "text"),
        ("e", "float64", "flat"),
    ]


def test_a_fraction_far_below_in_a_column_of_whole_numbers(write):
    big = 2**53 + 1
    lines = ["id,n", *(f"{big + row},1" for row in range(20_000)), f"{big},1.5", f"{big},"]
    columns, _ = read(CsvFile(write("\n".join(lines)), span_bytes=100_000))
    assert columns["n"][-3:].tolist()[:2] == [1.0, 1.5]
    assert math.isnan(columns["n"][-1])
    assert columns["id"].dtype == np.int64
    assert columns["id"][:2].tolist() == [big, big + 1]
    assert columns["id"][-1] == big


def test_whole_numbers_beyond_the_signed_ones(write):
    columns, _ = read(CsvFile(write(f"id,n\n{2**64 - 1},1\n1,NA\n"), span_bytes=1))
    assert columns["id"].dtype == np.uint64
    assert columns["id"].tolist() == [2**64 - 1, 1]


@pytest.mark.parametrize("word", ["", "nan", "NaN", "NA", "null", "None", " ", "N/A", '""'])
def test_missing_values_are_nan(write, word):
    columns, _ = read(CsvFile(write(f"x,n,b,y\n1.5,1,true,0\n{word},{word},{word},0\n")))
    assert [columns[name].tolist()[0] for name in "xnb"] == [1.5, 1, 1]
    assert all(math.isnan(columns[name][1]) for name in "xnb")


def test_infinite_numbers_and_surrounding_spaces(write):
    columns, _ = read(CsvFile(write("x, y\ninf, 1.5 \n-inf , +2\n")))
    assert columns["x"].tolist() == [math.inf, -math.inf]
    assert columns["y"].tolist() == [1.5, 2]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa,b\n1,2\n3,4\n",
        "# a,b\n1,2\n3,4\n",
        "#a b\n1 2\n3 4\n",
        "a,b\r\n1,2\r\n3,4\r\n\r\n\r\n",
        "a,b\n1,2\n3,4",
        'a,"b"\n"1",2\n3,"4"\n',
        "a;b\n1;2\n3;4\n",
        "a\tb\n1\t2\n3\t4\n",
        "a   b\n 1  2\n3\t 4  \n",
        "a b\n 1 2\n3 4 ",
        "a , b\n1 , 2\n3 , 4\n \n",
    ],
)
@pytest.mark.parametrize("size", [1, 6, 1 << 20])
def test_ways_to_write_a_table(write, text, size):
    columns, length = read(CsvFile(write(text), span_bytes=size))
    assert {name: values.tolist() for name, values in columns.items()} == {"a": [1, 3], "b": [2, 4]}
    assert length == 2


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "1 2\n3 4\n", "1;2\n3;4\n"])
def test_a_header_that_is_given(write, text):
    path = write(text)
    columns, _ = read(CsvFile(path, header=("a", "b")))
    assert {name: values.tolist() for name, values in columns.items()} == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(DataError, match=r"events\.csv:1: the first line holds numbers.*`header`"):
        CsvFile(path).columns()
    with pytest.raises(DataError, match=r"events\.csv:1: [12] fields?, but `header` names 3 columns"):
        CsvFile(path, header=("a", "b", "c")).columns()


def test_a_column_without_a_name(write):
    assert list(CsvFile(write(",x\n0,1\n")).columns()) == ["column_1", "x"]


def test_no_events(write):
    for text in ("a,b\n", "a,b", "a,b\n\n\n"):
        columns, length = read(CsvFile(write(text)))
        assert length == 0
        assert set(columns) == {"a", "b"}


def test_the_number_of_events_needs_no_column(write):
    source = CsvFile(write("a,b\n" + "1,\n" * 100), span_bytes=30)
    assert read(source, []) == ({}, 100)


@pytest.mark.parametrize("names", [["a"], ["b"], ["c"], []])
@pytest.mark.parametrize(
    ("rows", "line", "fields"),
    [
        ("1,2,3\n4,5,6,7\n", 3, 4),
        ("1,2,3\n4,5,6,\n", 3, 4),
        ("1,2,3\n4,5\n7,8,9\n", 3, 2),
        ("1,2,3\n4,5,6\n7", 4, 1),
        ("1,2,3\n4,5,\n6,7\n", 4, 2),
        ("1,2,3\n4,5,\n6,7\n8,9,10,\n", 4, 2),
        ('1,2,"3\n3"\n4,5,6,7\n', 4, 4),
        ('1,2,3\n4,"5,6"\n', 3, 2),
    ],
)
def test_a_row_with_too_many_or_too_few_fields(write, names, rows, line, fields):
    head = "a,b,c\n" + "0,0,0\n" * 12_000
    for before in ("a,b,c\n", head):
        path = write(before + rows)
        where = line + before.count("\n") - 1
        with pytest.raises(DataError, match=rf"events\.csv:{where}: {fields} fields?, not 3"):
            read(CsvFile(path, span_bytes=100_000), names)


def test_a_ragged_row_is_named_before_text_further_down(write):
    with pytest.raises(DataError, match=r"ragged\.csv:3: 3 fields, not 2"):
        CsvFile(write("a,b\n1,2\n3,4,5\n6,x\n", "ragged.csv")).columns()


@pytest.mark.parametrize("text", ["a,b\n1,2\n\n3,4\n", "a\n1\n\n3\n", "a\n1\n \n3\n", "a,b\r\n1,2\r\n\r\n3,4\r\n"])
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_blank_line_between_events(write, text, size):
    with pytest.raises(DataError, match=r"events\.csv:3: a blank line between events"):
        read(CsvFile(write(text), span_bytes=size))


@pytest.mark.parametrize(("size", "packed"), [(1, False), (50, True), (1 << 20, False)])
def test_text_in_a_column_of_numbers(write, size, packed):
    text = "a,b\n1,2\n3,4.5\n5,oops\n"
    path = write(gzip.compress(text.encode(), mtime=0) if packed else text)
    source = CsvFile(path, span_bytes=size)
    with pytest.raises(DataError, match=r"events\.csv:4: column 'b': 'oops' is no number"):
        read(source, ["b"])
    assert read(source, ["a"])[0]["a"].tolist() == [1, 3, 5]


def test_the_line_of_text_below_a_field_of_several_lines(write):
    with pytest.raises(DataError, match=r"events\.csv:6: column 'x': 'oops' is no number"):
        read(CsvFile(write('x,note\n1,"a\nb"\n2,"c\nd"\noops,e\n3,f\n')), ["x"])


def test_truths_and_numbers_do_not_mix(write):
    with pytest.raises(DataError, match=r"events\.csv:12002: column 'b': '1' is neither true nor false"):
        read(CsvFile(write("a,b\n" + "1,true\n" * 12_000 + "3,1\n")))
    with pytest.raises(DataError, match=r"events\.csv:5: column 'b': 'true' is no number"):
        read(CsvFile(write("a,b\n1,0\n2,1\n3,1\n4,true\n"), span_bytes=1))


def test_a_last_row_of_missing_values_is_no_blank_line(write):
    columns, length = read(CsvFile(write("a\tb\n1\t2\n\t\n\n")))
    assert length == 2
    assert np.isnan(columns["a"][1])


def test_rows_that_are_counted_differently():
    with pytest.raises(RowError, match="2 rows follow, or 1: their quotes can be read in two ways"):
        _check_height(pl.DataFrame({"x": [1]}), 2)


@pytest.mark.parametrize("row", ['3,5" or 6" pipe', '3,"a"b"', '3, "a"'])
def test_quotes_within_a_field_far_below(write, row):
    with pytest.raises(DataError, match=r"events\.csv:20002: a quote within a field"):
        read(CsvFile(write("a,b\n" + "1,x\n" * 20_000 + row + "\n4,y\n")), ["a"])


@pytest.mark.parametrize("size", [1, 4, 1 << 20])
def test_a_quote_that_does_not_close(write, size):
    far = CsvFile(write("a,b\n" + "1,2\n" * 20_000 + '3,"x\n5,6\n', "far.csv"), span_bytes=max(size, 20_000))
    with pytest.raises(DataError, match=r"far\.csv:20002: a quote within a field, or one that does not close"):
        read(far, ["a"])
    with pytest.raises(DataError, match=r"events\.csv:3: a quote within a field"):
        read(CsvFile(write('a,b\n1,x\n2,5" pipe\n'), span_bytes=size), ["a"])


def test_a_quoted_line_end_that_a_boundary_hits_is_never_read_wrongly(write):
    rows = "1,2\n" * 20_000
    path = write("a,b\n" + rows + '3,"x\n9,9\n9,9"\n' + rows)
    for size in range(80_004, 80_030):
        source = CsvFile(path, span_bytes=size)
        try:
            columns, length = read(source, ["a"])
        except DataError as error:
            assert "events.csv:20002: a quote within a field" in str(error)  # noqa: PT017 - either is right
        else:
            assert length == 40_001
            assert columns["a"].sum() == 40_003


def test_a_missing_column_names_the_nearest(write):
    with pytest.raises(DataError, match=r"events\.csv: no column 'ptt'; did you mean pt"):
        read(CsvFile(write("pt,eta\n1,2\n")), ["ptt"])


def texts(source, name):
    columns, _ = read(source, [name])
    assert columns[name].dtype == object
    assert {type(text) for text in columns[name]} <= {str}
    return columns[name].tolist()


@pytest.mark.parametrize("size", [10, 1 << 22])
def test_texts_are_as_the_file_has_them(write, size):
    content = (
        'n,name,m,last\n1,ttbar,1,x\n2, zz ,2,"a ""b"""\n3,"a,b",3,\n4,,4,""\n5,12,5,NA\n6,"ℓ\nν",6, y\n7,1e5,7,it\'s\n'
    )
    expected = pd.read_csv(io.StringIO(content), keep_default_na=False)
    for text in (content, content.replace("\n", "\r\n").replace("ℓ\r", "ℓ")):
        source = CsvFile(write(text), span_bytes=size)
        assert {name: info.kind for name, info in source.columns().items()} == {
            "n": "flat",
            "name": "text",
            "m": "flat",
            "last": "text",
        }
        assert texts(source, "name") == expected["name"].tolist() == ["ttbar", " zz ", "a,b", "", "12", "ℓ\nν", "1e5"]
        assert texts(source, "last") == expected["last"].tolist()
        assert read(source, ["m", "last", "n"])[0]["n"].tolist() == list(range(1, 8))


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd\r"), max_size=5), min_size=1)
)
@FEW
def test_texts_that_the_csv_module_writes(write, words):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([("n", "w", "m"), *((0, "word", 0) for _ in words), *((1, word, 1) for word in words)])
    source = CsvFile(write(out.getvalue()), span_bytes=1 << 22)
    assert texts(source, "w") == ["word"] * len(words) + words


def test_numbers_among_texts_and_a_text_among_numbers(write):
    later = "1,s\n" * 20_000
    assert texts(CsvFile(write("n,w\n" + later + "2,17\n" + later), span_bytes=10_000), "w")[20_000] == "17"
    spoiled = CsvFile(write("w,n\n" + "s,1\n" * 20_000 + "b,none at all\n"), span_bytes=10_000)
    assert spoiled.columns()["n"].kind == "flat"
    with pytest.raises(DataError, match=r"events\.csv:20002: column 'n': 'none at all' is no number"):
        read(spoiled, ["w", "n"])
    # a column of whole numbers with a fraction far below is read again, its neighbours the same as before
    columns, _ = read(CsvFile(write("w,n\n" + "s,1\n" * 20_000 + "5,0.5\n"), span_bytes=10_000), ["w", "n"])
    assert (columns["w"][-1], columns["n"][-1]) == ("5", 0.5)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n  \r\n"])
@pytest.mark.parametrize("last", ["b  ", '"b  "', "b\t"])
def test_spaces_at_the_end_of_the_last_text(write, last, end):
    for size in (4, 1 << 22):
        source = CsvFile(write("n,w\n1,a \n2," + last + end), span_bytes=size)
        assert texts(source, "w") == ["a ", last.strip('"')]


def test_texts_between_spaces(write):
    path = write('name  pt\n "two  words"\t 1 \n  a   2\n"tab\tin" 3\n')
    assert texts(CsvFile(path), "name") == ["two  words", "a", "tab\tin"]
    assert read(CsvFile(path), ["pt"])[0]["pt"].tolist() == [1, 2, 3]


def test_no_texts_at_all(write):
    source = CsvFile(write("n,w\n1,s\n"))
    (table,) = source.read(["n", "w"], [Span(4, 4)])
    assert (table.length, table.columns["w"].dtype) == (0, object)


def test_a_text_that_is_not_in_utf_8_is_told_with_its_line(write):
    path = write("n,w\n1,s\n2,café\n3,s\n".encode("latin-1"))
    assert read(CsvFile(path), ["n"])[0]["n"].tolist() == [1, 2, 3]
    with pytest.raises(DataError, match=r"events\.csv:3: column 'w': 'caf.' is not in UTF-8"):
        read(CsvFile(path), ["w"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (bytes(range(256)) * 20, "it holds binary data"),
        (b"a,b\n1,2\n\0\0\0\n", "it holds binary data"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("é,b\n1,2\n".encode("latin-1"), "not in UTF-8, byte 0xe9"),
        (b"a,b\r1,2\r", "no line of it ends in a line feed"),
        (b"a,b\rc\n1,2\n", "a carriage return within the line"),
        (b"a,b,a\n1,2,3\n", "2 columns are called 'a'"),
        (gzip.compress(b"a,b\n1,2\n" * 1000, mtime=0)[:-20], "damaged or cut short"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-8] + b"\0" * 8, "damaged or cut short"),
        (gzip.compress(b"", mtime=0), "it is empty"),
    ],
)
def test_what_is_no_table(write, content, says):
    with pytest.raises(DataError, match=rf"events\.csv.*{says}"):
        read(CsvFile(write(content)))


def test_a_packed_file_cut_short_far_from_its_head(write):
    generator = np.random.default_rng(1)
    text = "x\n" + "\n".join(map(str, generator.random(40_000)))
    source = CsvFile(write(gzip.compress(text.encode(), mtime=0)[:-1000], "events.csv.gz"))
    assert list(source.columns()) == ["x"]
    with pytest.raises(DataError, match=r"events\.csv\.gz: damaged or cut short"):
        source.spans()


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        CsvFile(tmp_path / "nothing.csv").columns()
    with pytest.raises(DataError, match="is a folder"):
        CsvFile(tmp_path).columns()


def test_another_encoding_in_a_column_of_words_does_no_harm(write):
    columns, _ = read(CsvFile(write("x,name\n1,Fran\xe7ais\n2.5,b\n".encode("latin-1"))), ["x"])
    assert columns["x"].tolist() == [1, 2.5]


def test_where_an_event_stands(write):
    source = CsvFile(write('x,note\n1,a\n2,"b\nb"\n3,c\n4,d\n'), span_bytes=1)
    assert [source.position(span, 0) for span in source.spans()] == ["line 2", "line 3", "line 5", "line 6"]
    whole = CsvFile(source.path)
    assert [whole.position(whole.spans()[0], row) for row in range(4)] == ["line 2", "line 3", "line 5", "line 6"]
    packed = CsvFile(write(gzip.compress(b"x\n1\n2\n3\n", mtime=0), "packed.csv.gz"), span_bytes=1)
    assert packed.position(packed.spans()[-1], 0) == "line 4"


def test_pieces_are_of_the_size_asked_for(write):
    text = "x,y\n" + "1,2\n" * 5000
    for source in (
        CsvFile(write(text), span_bytes=1000),
        CsvFile(write(gzip.compress(text.encode(), mtime=0), "b.csv.gz"), None, 1000),
    ):
        assert {stop - start for start, stop in source.spans()[:-1]} == {1000}


def test_names_and_digests(write):
    source = CsvFile(write("x\n1\n"))
    assert source.name == str(source.path)
    assert source.digest() == file_digest(source.path)
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - what worker processes do
