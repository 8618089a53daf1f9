"""Events of HDF5 files: frames of pandas, and datasets as h5py writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import h5py

from fivesigma.core.errors import DataError, first_line
from fivesigma.core.identity import digest, file_digest
from fivesigma.events.formats.hdf5_checks import check_filters, check_written
from fivesigma.events.formats.hdf5_layouts import Hdf5Column, Layout, find_tables, plain_layout, resolve
from fivesigma.events.formats.hdf5_pandas import pandas_layout
from fivesigma.events.formats.hdf5_values import hdf5_values
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.source import ColumnInfo, Span, Table

__all__ = ["Hdf5Table", "hdf5_tables"]

_SPAN = 250_000
_BROKEN = (OSError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, MemoryError, OverflowError)
"""What h5py raises for bytes that are no HDF5 file."""


def hdf5_tables(path: Path) -> tuple[str, ...]:
    """Return the keys of the tables of a file, "/" where the file itself is one.

    Raises
    ------
    DataError
        If the file is missing, is no HDF5 file, or is damaged.
    """
    with _opened(path) as file:
        return find_tables(file)


@dataclass(frozen=True, slots=True)
class Hdf5Table:
    """A table of an HDF5 file.

    Attributes
    ----------
    path
        The file.
    key
        Which table: the key of a pandas frame, a group whose datasets are columns, or a dataset of records or of a matrix;
        the only one of the file if None.
    span_rows
        About how many rows a span has, whole chunks of the file.
    """

    path: Path
    key: str | None = None
    span_rows: int = _SPAN

    @property
    def name(self) -> str:
        """The path, with the key where one is given."""
        return f"{self.path}" if self.key is None else f"{self.path}:{self.key}"

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the columns: datasets, ``name_0`` and so on of a matrix, fields of records; see `Source.columns`."""
        with self._opened() as (_, layout):
            return {name: column.info for name, column in layout.columns.items()}

    def spans(self) -> Sequence[Span]:
        """Return ranges of rows, at least one."""
        with self._opened() as (file, layout):
            chunk = max((file[path].chunks[0] for path in _used(layout) if file[path].chunks), default=1)
            step = chunk * max(1, round(self.span_rows / chunk))
            return [Span(start, min(start + step, layout.rows)) for start in range(0, max(layout.rows, 1), step)]

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span; see `Source.read`."""
        with self._opened() as (file, layout):
            check_named(self.name, {name: column.info for name, column in layout.columns.items()}, names)
            wanted = {name: layout.columns[name] for name in sorted(names)}
            for path in {column.dataset for column in wanted.values()}:
                check_filters(self.name, file[path])
            for span in spans:
                try:
                    columns = hdf5_values(file, wanted, span)
                except _BROKEN as error:
                    raise _damaged(self.name, file, wanted, span, error) from error
                yield Table({name: columns[name] for name in names}, span.stop - span.start)

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
        """Return a digest of the file, and of the key where there are several tables."""
        content = file_digest(self.path)
        with _opened(self.path) as file:
            several = len(find_tables(file)) > 1
            return digest([content, str(resolve(self.name, file, self.key).name)]) if several else content

    @contextmanager
    def _opened(self) -> Iterator[tuple[h5py.File, Layout]]:
        with _opened(self.path) as file:
            there = resolve(str(self.path), file, self.key)
            is_pandas = isinstance(there, h5py.Group) and "pandas_type" in there.attrs
            layout = (pandas_layout if is_pandas else plain_layout)(self.name, there)
            for path in _used(layout):
                check_written(self.name, file[path])
            yield file, layout


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """Open a file; what h5py cannot read of it becomes a DataError."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    if not path.stat().st_size:
        raise DataError(f"{path}: not a readable HDF5 file: it is empty (0 bytes)")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except _BROKEN as error:
        raise DataError(f"{path}: not a readable HDF5 file (damaged or truncated): {first_line(error)}") from error


def _used(layout: Layout) -> set[str]:
    """Return the datasets that hold columns of numbers or texts."""
    return {column.dataset for column in layout.columns.values() if column.info.kind != "other"}


def _damaged(
    where: str, file: h5py.File, wanted: Mapping[str, Hdf5Column], span: Span, error: BaseException
) -> DataError:
    """Return an error that says which column cannot be read, having tried them one by one."""
    which = ""
    for name, column in wanted.items():
        try:
            hdf5_values(file, {name: column}, span)
        except _BROKEN as fault:
            which, error = f"column {name!r}, ", fault
            break
    rows = f"rows {span.start + 1} to {span.stop}"
    return DataError(f"{where}: {which}{rows} cannot be read (damaged or truncated): {first_line(error)}")
