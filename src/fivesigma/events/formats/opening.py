"""Which module reads which file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fivesigma.core.errors import DataError, suggestion
from fivesigma.events.source import Source

__all__ = ["SUFFIXES", "no_file", "open_source", "tables"]

_ROOT = (".root",)
_PARQUET = (".parquet", ".pq")
_HDF5 = (".h5", ".hdf5", ".hdf")
_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
SUFFIXES = (*_ROOT, *_PARQUET, *_HDF5, *_CSV)
"""How the names of the files end that can be read."""


def open_source(path: Path, tree: str | None = None, *, header: Sequence[str] | None = None) -> Source:
    """Return the events of a file; its content is not looked at before they are asked for.

    Parameters
    ----------
    path
        A file whose name ends as one of `SUFFIXES`.
    tree
        Name of the tree in a ROOT file or of the key in an HDF5 file; the only one if None. Formats with one table have none.
    header
        Names of the columns of a CSV file that has no line with them.

    Raises
    ------
    DataError
        If there is no such file, or no reader for it.
    """
    suffix = _suffix(path)
    if suffix in _ROOT:
        from fivesigma.events.formats.root_files import RootTable

        return RootTable(path, tree)
    if suffix in _HDF5:
        from fivesigma.events.formats.hdf5_files import Hdf5Table

        return Hdf5Table(path, tree)
    if suffix in _PARQUET:
        from fivesigma.events.formats.parquet_files import ParquetFile

        return ParquetFile(path)
    from fivesigma.events.formats.csv_files import CsvFile

    return CsvFile(path, tuple(header) if header is not None else None)


def tables(path: Path) -> tuple[str, ...]:
    """Return the names of the trees of a ROOT file or the keys of an HDF5 file; none for formats with one table."""
    suffix = _suffix(path)
    if suffix in _ROOT:
        from fivesigma.events.formats.root_files import root_tables

        return root_tables(path)
    if suffix in _HDF5:
        from fivesigma.events.formats.hdf5_files import hdf5_tables

        return hdf5_tables(path)
    return ()


def no_file(path: Path) -> str:
    """Return what to say of a path at which there is no file of events: nothing, a folder, or a pipe or device."""
    if path.is_dir():
        return f"{path}: a folder, not a file; write a pattern such as {path / '*.root'}"
    return f"{path}: a pipe or a device, not a file" if path.exists() else f"{path}: there is no such file"


def _suffix(path: Path) -> str:
    if not path.is_file():
        raise DataError(no_file(path))
    name = path.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    if suffix is None:
        given = path.suffix or "a name without suffix"
        raise DataError(f"{path}: no reader for {given!r}{suggestion(given, SUFFIXES)}")
    return suffix
