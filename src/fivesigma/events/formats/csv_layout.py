"""What the head of a text table tells: its separator, its columns and their types, and where the events begin."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import polars as pl

from fivesigma.core.errors import DataError
from fivesigma.events.formats.csv_rows import RowError, read_words
from fivesigma.events.formats.csv_values import column_type

__all__ = ["DAMAGED", "Bytes", "Layout", "layout_of", "open_text"]

Bytes = BufferedReader | gzip.GzipFile
"""A file open for reading, as it is or being unpacked."""
DAMAGED = (OSError, EOFError, zlib.error)
"""What reading a damaged packed file raises."""

_HEAD = 1 << 16
_MOST = 1 << 26
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a text table is laid out.

    Attributes
    ----------
    types
        Type of each column by name, in the file's order; ``String`` for a column of words.
    separator
        What stands between fields; a space stands for any number of spaces and tabs.
    start, first_line
        Where the events begin: in bytes of the unpacked text, and in lines from 1.
    quoted
        Whether the head has quotes: a line may then end within a field.
    packed
        Whether the file is packed by gzip.
    """

    types: dict[str, pl.DataType]
    separator: str
    start: int
    first_line: int
    quoted: bool
    packed: bool


def open_text(path: Path) -> Bytes:
    """Open a file, unpacking what gzip packed, whatever the file is called.

    Raises
    ------
    DataError
        If it is not there, is a folder, or may not be read.
    """
    if path.is_dir():
        raise DataError(f"{path}: is a folder, not a file")
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if file.peek(2)[:2] != _GZIP:
        return file
    file.close()
    return gzip.open(path, "rb")


def layout_of(path: Path, header: Sequence[str] | None) -> Layout:
    """Return how a table is laid out; ``header`` names its columns if its first line does not.

    Raises
    ------
    DataError
        If the file is no text table, or its first line does not name each column once and ``header`` is not given.
    """
    head, whole, packed = _head(path)
    mark = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    first, _, rest = head[mark:].partition(b"\n")
    line = _decoded(path, first)
    if "\r" in line:
        raise DataError(f"{path}:1: not a readable CSV file: a carriage return within the line")
    separator = _separator(line, rest.partition(b"\n")[0].decode(errors="replace"), header)
    fields = _fields(line, separator)
    names = _names(path, fields) if header is None else _given(path, fields, header)
    start = mark + (len(first) + 1 if header is None else 0)
    first_line = 2 if header is None else 1
    events = head[start:] if whole else head[start : head.rfind(b"\n") + 1]
    types = _types(path, events.rstrip(b"\r\n "), separator, names, first_line)
    return Layout(
        types=types,
        separator=separator,
        start=min(start, len(head)),
        first_line=first_line,
        quoted=b'"' in events,
        packed=packed,
    )


def _head(path: Path) -> tuple[bytes, bool, bool]:
    """Return the first lines (two at least, where there are), whether they are all, and whether the file is packed."""
    with open_text(path) as file:
        try:
            head, size = file.read(_HEAD), _HEAD
            while len(head) == size and head.count(b"\n") < 2 and size < _MOST:
                head += file.read(size)
                size *= 2
        except DAMAGED as error:
            raise DataError(f"{path}: damaged or cut short: {error}") from error
        packed = isinstance(file, gzip.GzipFile)
    if not head.removeprefix(_BYTE_ORDER_MARK).strip():
        raise DataError(f"{path}: not a readable CSV file: it is empty")
    if head.startswith(_WIDE_MARKS):
        raise DataError(f"{path}: not a readable CSV file: it is written in UTF-16; write it in UTF-8")
    if b"\0" in head:
        raise DataError(f"{path}: not a readable CSV file: it holds binary data")
    if b"\n" not in head and (b"\r" in head or len(head) == size):
        raise DataError(f"{path}: not a readable CSV file: no line of it ends in a line feed")
    return head, len(head) < size, packed


def _decoded(path: Path, line: bytes) -> str:
    try:
        return line.decode().strip("\r\n")
    except UnicodeDecodeError as error:
        byte = line[error.start]
        raise DataError(
            f"{path}:1: not a readable CSV file: not in UTF-8, byte 0x{byte:02x} at place {error.start + 1}"
        ) from error


def _separator(line: str, second: str, header: Sequence[str] | None) -> str:
    fields = {separator: len(_fields(line, separator)) for separator in _SEPARATORS}
    words = len(line.lstrip("# ").split())
    more = len(_fields(second, " ")) if second.strip() else 0
    if header is not None:
        matching = [separator for separator, count in fields.items() if count == len(header) > 1]
        return matching[0] if matching else " " if words == len(header) > 1 else max(fields, key=fields.__getitem__)
    if max(fields.values()) == 1 and words > 1 and more in {words, 0}:
        return " "
    return max(fields, key=fields.__getitem__)


def _fields(line: str, separator: str) -> list[str]:
    if separator == " ":
        line = " ".join(line.split())
    return next(csv.reader([line], delimiter=separator), [""])


def _names(path: Path, fields: Sequence[str]) -> tuple[str, ...]:
    if all(map(_is_number, fields)):
        raise DataError(f"{path}:1: the first line holds numbers, not names of columns; name them with `header`")
    if fields[0] in {"#", "# "}:
        raise DataError(f"{path}:1: the first line is a comment")
    return _each_once(path, [fields[0].lstrip("# "), *fields[1:]])


def _given(path: Path, fields: Sequence[str], header: Sequence[str]) -> tuple[str, ...]:
    if len(fields) != len(header):
        raise DataError(
            f"{path}:1: {len(fields)} field{'s' if len(fields) > 1 else ''}, but `header` names {len(header)} columns"
        )
    return _each_once(path, header)


def _each_once(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    named = tuple(name.strip() or f"column_{place}" for place, name in enumerate(names, start=1))
    name, count = Counter(named).most_common(1)[0]
    if count > 1:
        raise DataError(f"{path}:1: {count} columns are called {name!r}")
    return named


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _types(path: Path, events: bytes, separator: str, names: Sequence[str], first_line: int) -> dict[str, pl.DataType]:
    try:
        frame = read_words(events, separator, names)
    except RowError as error:
        raise DataError(f"{path}:{first_line + error.line}: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path}: not a readable CSV file: {error}") from error
    return {name: column_type(frame[name]) for name in names}
