"""Events of Parquet files, read row group by row group, lists of numbers as jagged arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from fivesigma.core.errors import DataError, first_line
from fivesigma.core.identity import file_digest
from fivesigma.events.formats.arrow_columns import arrow_info, arrow_values
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.source import ColumnInfo, Span, Table

__all__ = ["ParquetFile"]

_SPAN = 250_000
_BROKEN = (pa.ArrowException, OSError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A Parquet file.

    Attributes
    ----------
    path
        The file.
    span_rows
        About how many rows a span has: small row groups are read together, large ones in parts.
    """

    path: Path
    span_rows: int = _SPAN

    @property
    def name(self) -> str:
        """The path, as it was given."""
        return str(self.path)

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the columns; see `Source.columns`."""
        with self._opened() as file:
            return self._columns(file)

    def spans(self) -> Sequence[Span]:
        """Return ranges of rows, at least one."""
        with self._opened() as file:
            edges = _edges(_group_starts(file), self.span_rows)
        return [Span(start, stop) for start, stop in pairwise(edges)]

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span; see `Source.read`."""
        with self._opened() as file:
            check_named(self.name, self._columns(file), names)
            if not names:
                yield from (Table({}, span.stop - span.start) for span in spans)
                return
            for run in _runs(spans):
                for piece in self._pieces(file, sorted(names), run):
                    yield Table({name: arrow_values(piece[name]) for name in names}, len(piece))

    def position(self, span: Span, row: int) -> str:
        """Return the row's number, from 1."""
        return f"row {span.start + row + 1}"

    @property
    def sequential(self) -> bool:
        """No piece needs those before it."""
        return False

    def in_pieces(self, rows: int) -> Self:
        """Return the table in pieces of about so many rows at most."""
        return replace(self, span_rows=min(self.span_rows, rows))

    def digest(self) -> str:
        """Return a short digest of the file."""
        return file_digest(self.path)

    def _pieces(self, file: Any, names: Sequence[str], run: Sequence[Span]) -> Iterator[Any]:
        pieces = _pieces(file, names, run)
        for span in run:
            try:
                yield next(pieces)
            except _BROKEN as error:
                raise self._damaged(file, names, span, error) from error

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        if not self.path.is_file():
            raise DataError(
                f"{self.name}: " + ("is a folder, not a file" if self.path.is_dir() else "there is no such file")
            )
        try:
            # whole row groups read ahead would stay in memory
            file = pq.ParquetFile(self.path, page_checksum_verification=True, pre_buffer=False, buffer_size=1 << 20)
            file.schema_arrow.names  # noqa: B018 - names may be damaged, too
        except _BROKEN as error:
            empty = "it is empty (0 bytes)" if not self.path.stat().st_size else first_line(error)
            raise DataError(f"{self.name}: not a readable Parquet file: {empty}") from error
        with file:
            yield file

    def _columns(self, file: Any) -> dict[str, ColumnInfo]:
        found = {field.name: arrow_info(field.name, field.type) for field in file.schema_arrow}
        if len(found) < len(file.schema_arrow):
            doubled = next(name for name in found if file.schema_arrow.names.count(name) > 1)
            raise DataError(f"{self.name}: two columns are called {doubled!r}")
        return found

    def _damaged(self, file: Any, names: Collection[str], span: Span, error: Exception) -> DataError:
        """Return an error that says which column cannot be read, having tried them one by one."""
        which = ""
        for name in names:
            try:
                next(_pieces(file, [name], [span]))
            except _BROKEN as fault:
                which, error = f"column {name!r}, ", fault
                break
        where = f"{which}rows {span.start + 1} to {span.stop}"
        return DataError(f"{self.name}: {where} cannot be read (damaged): {first_line(error)}")


def _pieces(file: Any, names: Sequence[str], spans: Sequence[Span]) -> Iterator[Any]:
    """Yield some columns of spans that follow one another, each row group decoded once."""
    starts = _group_starts(file)
    first, last = spans[0].start, spans[-1].stop
    groups = [number for number, (start, stop) in enumerate(pairwise(starts)) if start < last and stop > first]
    batches = file.iter_batches(
        batch_size=max(1, *(span.stop - span.start for span in spans)),
        row_groups=groups,
        columns=names,
        use_threads=False,
    )
    at = starts[groups[0]] if groups else first
    held = pa.schema([file.schema_arrow.field(name) for name in names]).empty_table()
    for span in spans:
        while at + len(held) < span.stop:
            skipped = min(span.start - at, len(held))
            held, at = held.slice(skipped), at + skipped
            batch = next(batches, None)
            if batch is None:
                raise pa.ArrowInvalid(f"it ends after {at + len(held)} of {starts[-1]} rows")
            new = pa.Table.from_batches([batch]).select(names)
            held = pa.concat_tables([held, new]) if len(held) else new
        yield held.slice(span.start - at, span.stop - span.start)
        held, at = held.slice(span.stop - at), span.stop


def _group_starts(file: Any) -> list[int]:
    """Return at which row each row group starts, and after the last the number of rows."""
    groups = range(file.metadata.num_row_groups)
    return [0, *accumulate(file.metadata.row_group(group).num_rows for group in groups)]


def _edges(starts: Sequence[int], size: int) -> list[int]:
    """Return where spans begin and end: at row groups, but small groups are together and large ones in parts."""
    edges = [0]
    for _, stop in pairwise(starts):
        while stop - edges[-1] > 2 * size:
            edges.append(edges[-1] + size)
        if stop - edges[-1] >= size:
            edges.append(stop)
    return edges if edges[-1] == starts[-1] and len(edges) > 1 else [*edges, starts[-1]]


def _runs(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Yield spans that follow one another together."""
    run: list[Span] = []
    for span in spans:
        if run and span.start != run[-1].stop:
            yield run
            run = []
        run.append(span)
    if run:
        yield run
