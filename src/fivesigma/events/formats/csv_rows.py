"""Bytes of whole rows of a text table to columns, and the row that is not like the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from fivesigma.core.arrays import Bools
from fivesigma.events.formats.csv_values import as_array, first_word, typed
from fivesigma.events.source import Table

__all__ = ["RowError", "read_rows", "read_words", "row_line"]

_BLOCK = 1 << 18
_REPLACED = "\N{REPLACEMENT CHARACTER}"
"""What polars puts in place of bytes that are no UTF-8."""
_SPACES = re.compile(rb'("[^"]*")|[ \t]*(\r?\n)[ \t]*|[ \t]+')


class RowError(Exception):
    """What is wrong in a row: its line within the bytes, from 0, and what is wrong with it."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_rows(data: bytes, separator: str, types: Mapping[str, pl.DataType], names: Sequence[str]) -> Table:
    """Return the named columns of some rows.

    Parameters
    ----------
    data
        Whole lines.
    separator
        What stands between fields; a space stands for any number of spaces and tabs.
    types
        What is expected of all columns, in order; fractions in a column of whole numbers are no error.
    names
        Columns of numbers, truths or texts.

    Raises
    ------
    RowError
        If a row has too many or too few fields, is blank, has a quote in the middle of a field, words for a number, or a text that is not in
        UTF-8.
    """
    data = _plain(data, separator)
    if not data:
        return Table({name: as_array(pl.Series([], dtype=types[name])) for name in names}, 0)
    last = list(types)[-1]
    try:
        # the last column is read in any case: where it is not null, no field is missing
        frame = _frame(data, separator, {last: pl.String()} | {name: types[name] for name in names}, types)
    except pl.exceptions.PolarsError:
        return _read_slowly(data, separator, types, names)
    if not _surely_even(data, separator, frame[last], len(types)):
        _check_height(frame, _even_rows(data, separator, len(types)))
    _check_texts(data, separator, frame, [name for name in names if types[name] == pl.String])
    return Table({name: as_array(frame[name]) for name in names}, len(frame))


def read_words(data: bytes, separator: str, names: Sequence[str]) -> pl.DataFrame:
    """Return all columns of some rows as words; errors as for `read_rows`."""
    data = _plain(data, separator)
    every: dict[str, pl.DataType] = dict.fromkeys(names, pl.String())
    rows = _even_rows(data, separator, len(names)) if data else 0
    frame = _frame(data, separator, every, every)
    _check_height(frame, rows)
    return frame


def row_line(data: bytes, separator: str, row: int) -> int:
    """Return the line, from 0, at which a row (from 0) of the bytes begins."""
    return _line(data, _rows(_plain(data, separator), separator), row)


def _read_slowly(data: bytes, separator: str, types: Mapping[str, pl.DataType], names: Sequence[str]) -> Table:
    """Return columns of which one is not of the type expected, each of the type that its own words have."""
    rows = _even_rows(data, separator, len(types))
    frame = _frame(data, separator, dict.fromkeys(names, pl.String()), types)
    _check_height(frame, rows)
    texts = [name for name in names if types[name] == pl.String]
    _check_texts(data, separator, frame, texts)
    columns = {name: as_array(frame[name]) for name in texts}
    for name in set(names).difference(texts):
        numbers = typed(frame[name], types[name])
        if numbers is None:
            row = first_word(frame[name], types[name])
            lacks = "is neither true nor false" if types[name] == pl.Boolean else "is no number"
            message = f"column {name!r}: {frame[name][row]!r} {lacks}"
            raise RowError(row_line(data, separator, row), message)
        columns[name] = as_array(numbers)
    return Table(columns, rows)


def _check_texts(data: bytes, separator: str, frame: pl.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if (spoiled := frame[name].str.contains(_REPLACED, literal=True)).any():
            row = int(spoiled.arg_true()[0])
            message = f"column {name!r}: {frame[name][row]!r} is not in UTF-8"
            raise RowError(row_line(data, separator, row), message)


def _frame(
    data: bytes, separator: str, wanted: Mapping[str, pl.DataType], every: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    return pl.read_csv(
        data,
        has_header=False,
        schema={name: wanted.get(name, pl.String()) for name in every},
        columns=[place for place, name in enumerate(every) if name in wanted],
        separator=separator,
        quote_char='"' if b'"' in data else None,
        encoding="utf8-lossy",
        raise_if_empty=False,
    )


def _surely_even(data: bytes, separator: str, last: pl.Series, width: int) -> bool:
    """Return whether it is plain that all rows have ``width`` fields: none fewer, for the last is nowhere null; so none more."""
    if b'"' in data or last.null_count():
        return False
    values = np.frombuffer(data, np.uint8)
    blocks = (values[start : start + _BLOCK] == ord(separator) for start in range(0, len(values), _BLOCK))
    return sum(int(np.count_nonzero(block)) for block in blocks) == (width - 1) * len(last)


def _even_rows(data: bytes, separator: str, width: int) -> int:
    """Return the number of rows, having looked at every one."""
    bare = _blotted(data, separator)
    others = bytes(set(range(256)) - {ord(separator), ord("\n")})
    ends = bare.translate(None, others) + (b"" if bare.endswith(b"\n") else b"\n")
    rows, left = divmod(len(ends), width)
    even = not left and ends == (separator.encode() * (width - 1) + b"\n") * rows
    if not even or b'"' in bare or (width == 1 and re.search(rb"^[ \t\r]*$", bare.removesuffix(b"\n"), re.MULTILINE)):
        _find_uneven(data, separator, width)
    return rows


def _find_uneven(data: bytes, separator: str, width: int) -> None:
    rows = _rows(data, separator)
    for number, row in enumerate(rows):
        fields = row.count(separator.encode()) + 1
        if not row.strip(b"\r "):
            message = "a blank line between events (nan stands for a missing value)"
        elif b'"' in row:
            message = "a quote within a field, or one that does not close"
        elif fields != width:
            message = f"{fields} field{'s' if fields > 1 else ''}, not {width}"
        else:
            continue
        raise RowError(_line(data, rows, number), message)


def _rows(data: bytes, separator: str) -> list[bytes]:
    return _blotted(data, separator).removesuffix(b"\n").split(b"\n")


def _line(data: bytes, rows: Sequence[bytes], row: int) -> int:
    return data.count(b"\n", 0, sum(len(before) + 1 for before in rows[:row]))


def _check_height(frame: pl.DataFrame, rows: int) -> None:
    if len(frame) != rows:
        raise RowError(0, f"{rows} rows follow, or {len(frame)}: their quotes can be read in two ways")


def _blotted(data: bytes, separator: str) -> bytes:
    """Return rows with every quoted field replaced by as many letters; quotes that do not enclose a field are left."""
    if b'"' not in data:
        return data
    values = np.frombuffer(data, np.uint8)
    quotes = values == ord('"')
    inside = np.logical_xor.accumulate(quotes)
    places = np.flatnonzero(quotes)
    opening, closing = places[::2], places[1::2]
    edged = np.concatenate(([ord("\n")], values, [ord("\n")]), dtype=np.uint8, casting="unsafe")
    # a closing quote and an opening one side by side stand for a quote within the field
    inside[opening] = _among(separator + '\n"')[edged[opening]]
    inside[closing] = _among(separator + '\r\n"')[edged[closing + 2]]
    if len(opening) > len(closing):
        inside[opening[-1]] = False
    return np.where(inside, np.uint8(ord("x")), values).tobytes()


def _among(characters: str) -> Bools:
    """Return which of the 256 values of a byte are one of these characters."""
    table = np.zeros(256, dtype=np.bool_)
    table[[ord(character) for character in characters]] = True
    return table


def _plain(data: bytes, separator: str) -> bytes:
    """Return lines whose fields are separated by one character."""
    odd = (b"\t", b"  ", b"\n ", b" \n", b" \r")
    if separator != " " or not (data[:1] == b" " or data[-1:] == b" " or any(spaces in data for spaces in odd)):
        return data
    if b'"' in data:
        return _SPACES.sub(lambda piece: piece[1] or piece[2] or b" ", data.strip(b" \t"))
    return b"\n".join([b" ".join(line.split()) for line in data.split(b"\n")])
