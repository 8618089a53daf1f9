"""Tables of numbers in text: ``.csv``, ``.tsv``, ``.txt``, also packed by gzip, read in pieces cut at line ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import polars as pl

from fivesigma.core.errors import DataError
from fivesigma.core.identity import file_digest
from fivesigma.events.formats.csv_layout import DAMAGED, Bytes, Layout, layout_of, open_text
from fivesigma.events.formats.csv_rows import RowError, read_rows, row_line
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.source import ColumnInfo, Span, Table

__all__ = ["CsvFile"]

_SPAN = 1 << 22
_CHUNK = 1 << 20
_TYPES = {pl.Int64: "int64", pl.UInt64: "uint64", pl.Float64: "float64", pl.Boolean: "bool", pl.String: "text"}


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A table in a text file, its columns separated by commas, semicolons, tabs or spaces.

    Attributes
    ----------
    path
        The file.
    header
        Names of the columns of a file whose first line is an event.
    span_bytes
        Size of a piece, of the unpacked text.
    """

    path: Path
    header: tuple[str, ...] | None = None
    span_bytes: int = _SPAN

    @property
    def name(self) -> str:
        """The path, as it was given."""
        return str(self.path)

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the columns, with the types that the head of the file shows; see `Source.columns`."""
        return _columns(layout_of(self.path, self.header))

    def spans(self) -> Sequence[Span]:
        """Return ranges of bytes of the unpacked text that end where lines end; at least one."""
        layout = layout_of(self.path, self.header)
        with open_text(self.path) as file:
            try:
                # where a quoted field may hold a line's end, and in a packed file, all that stands before tells
                cut = _cuts_on_the_way if layout.quoted or layout.packed else _cuts_by_leaps
                edges = cut(file, layout, self.span_bytes)
            except DAMAGED as error:
                raise DataError(f"{self.name}: damaged or cut short: {error}") from error
        return [Span(start, stop) for start, stop in pairwise(edges)]

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span; see `Source.read`."""
        layout = layout_of(self.path, self.header)
        check_named(self.name, _columns(layout), names)
        with open_text(self.path) as file:
            for span in spans:
                yield self._table(file, layout, sorted(names), span)

    def position(self, span: Span, row: int) -> str:
        """Return the line at which an event begins."""
        with open_text(self.path) as file:
            data = self._bytes(file, span)
        layout = layout_of(self.path, self.header)
        return f"line {self._lines_before(span.start) + row_line(data, layout.separator, row) + 1}"

    @property
    def sequential(self) -> bool:
        """Whether the file is packed: whoever wants a piece unpacks all that stands before it."""
        return layout_of(self.path, self.header).packed

    def in_pieces(self, rows: int) -> Self:  # noqa: ARG002 - its pieces are bytes, as small as any
        """Return the file itself: its pieces are bytes, not rows."""
        return self

    def digest(self) -> str:
        """Return a short digest of the file, packed as it is."""
        return file_digest(self.path)

    def _table(self, file: Bytes, layout: Layout, names: Sequence[str], span: Span) -> Table:
        try:
            return read_rows(self._bytes(file, span), layout.separator, layout.types, names)
        except RowError as error:
            line = self._lines_before(span.start) + error.line + 1
            raise DataError(f"{self.name}:{line}: {error}") from error
        except pl.exceptions.PolarsError as error:
            line = self._lines_before(span.start) + 1
            raise DataError(f"{self.name}:{line}: this line or one that follows cannot be read: {error}") from error

    def _bytes(self, file: Bytes, span: Span) -> bytes:
        try:
            file.seek(span.start)
            return file.read(span.stop - span.start)
        except DAMAGED as error:
            raise DataError(f"{self.name}: damaged or cut short: {error}") from error

    def _lines_before(self, offset: int) -> int:
        lines = 0
        with open_text(self.path) as file:
            while offset > 0 and (chunk := file.read(min(_CHUNK, offset))):
                lines += chunk.count(b"\n")
                offset -= len(chunk)
        return lines


def _columns(layout: Layout) -> dict[str, ColumnInfo]:
    return {
        name: ColumnInfo(name=name, type=_TYPES[type(kind)], kind="text" if kind == pl.String else "flat")
        for name, kind in layout.types.items()
    }


def _cuts_by_leaps(file: Bytes, layout: Layout, size: int) -> list[int]:
    end = _end(file, layout)
    edges = [layout.start]
    while end - edges[-1] > size:
        file.seek(edges[-1] + size - 1)
        file.readline()
        edges.append(min(file.tell(), end))
    return [*edges, end] if edges[-1] < end or len(edges) == 1 else edges


def _end(file: Bytes, layout: Layout) -> int:
    """Return where the last line that is not blank ends."""
    end = file.seek(0, 2)
    while end > layout.start:
        before = max(layout.start, end - _CHUNK)
        file.seek(before)
        if length := _length(file.read(end - before), layout):
            return before + length
        end = before
    return layout.start


def _cuts_on_the_way(file: Bytes, layout: Layout, size: int) -> list[int]:
    file.seek(layout.start)
    edges, offset, end, quotes = [layout.start], layout.start, layout.start, 0
    while chunk := file.read(_CHUNK):
        counted, place = 0, -1
        while (place := chunk.find(b"\n", max(place + 1, edges[-1] + size - 1 - offset))) >= 0:
            quotes += chunk.count(b'"', counted, place)
            counted = place
            if quotes % 2 == 0:
                edges.append(offset + place + 1)
        quotes += chunk.count(b'"', counted)
        if length := _length(chunk, layout):
            end = offset + length
        offset += len(chunk)
    inside = [edge for edge in edges if edge < end]
    return [*(inside or [layout.start]), end]


def _length(chunk: bytes, layout: Layout) -> int:
    """Return where the last line of a chunk that is not blank ends, spaces that may belong to a text included; 0 if all are."""
    length = len(chunk.rstrip(b"\r\n " if layout.separator == "\t" else b"\r\n\t "))
    return length and length + len(chunk[length:].partition(b"\n")[0].rstrip(b"\r"))
