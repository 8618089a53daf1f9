"""Event files with their provenance inside: Parquet or ROOT, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cramjam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot
from numpy.typing import NDArray

from fivesigma.core.errors import DataError, first_line
from fivesigma.simulation.errors import SimulationError

__all__ = ["PROVENANCE_KEY", "SUFFIXES", "TREE", "read_provenance", "rounded", "write_events"]

PROVENANCE_KEY = "fivesigma.provenance"
"""Key of the Parquet metadata, or name in the ROOT file, under which the provenance lies, as JSON."""

SUFFIXES = (".parquet", ".root")
TREE = "Events"
"""Name of the tree of a ROOT file."""

_BROKEN_ROOT = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    OSError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    cramjam.DecompressionError,
    uproot.deserialization.DeserializationError,
)  # what uproot raises for bytes that are no ROOT file

_FEW = 1000

_KEPT_BITS = 13


def rounded(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the columns with those in single precision to 13 bits, one part in 8192 or better.

    Whole numbers stay as they are, and what is no number too. That is far finer than any detector's resolution, and the
    zeros it leaves in the mantissas compress well.
    """
    return {name: _shorter(column) if column.dtype == np.float32 else column for name, column in columns.items()}


def _shorter(column: NDArray[np.float32]) -> NDArray[np.float32]:
    mantissa, exponent = np.frexp(column)
    short = np.ldexp(np.round(np.ldexp(mantissa, _KEPT_BITS)), exponent - _KEPT_BITS).astype(np.float32)
    return np.where(column == np.round(column), column, short)


def write_events(path: Path, columns: Mapping[str, NDArray[Any]], provenance: Mapping[str, Any]) -> None:
    """Write events, columns of shape (n,) by name, with their provenance; the file appears whole or not at all.

    Raises
    ------
    SimulationError
        If it cannot be written.
    """
    write = _write_root if path.suffix == ".root" else _write_parquet
    # always of one name: what a killed command leaves there, the next one writes over
    part = path.with_name(f".{path.name}.part")
    try:
        write(part, columns, json.dumps(provenance, sort_keys=True, allow_nan=False))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise SimulationError(f"cannot write {path}: {error.strerror or error}") from error


def _write_parquet(path: Path, columns: Mapping[str, NDArray[Any]], provenance: str) -> None:
    continuous = [name for name, column in columns.items() if column.dtype == np.float32]
    numbers = [name for name, column in columns.items() if column.dtype == np.int64 and len(np.unique(column)) > _FEW]
    pq.write_table(
        pa.table(dict(columns)).replace_schema_metadata({PROVENANCE_KEY: provenance}),
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in columns if name not in (*continuous, *numbers)],
        column_encoding=dict.fromkeys(continuous, "BYTE_STREAM_SPLIT") | dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
    )


def _write_root(path: Path, columns: Mapping[str, NDArray[Any]], provenance: str) -> None:
    with uproot.recreate(path, compression=uproot.ZSTD(19)) as file:
        file.mktree(TREE, {name: column.dtype for name, column in columns.items()}).extend(dict(columns))
        file[PROVENANCE_KEY] = provenance


def read_provenance(path: Path) -> dict[str, Any]:
    """Return the provenance of an event file.

    Raises
    ------
    DataError
        If the file is neither Parquet nor ROOT, or bears no provenance.
    """
    read = _root_provenance if path.suffix == ".root" else _parquet_provenance
    text = read(path)
    if text is None:
        raise DataError(f"{path}: no provenance in the file; it was not made by fivesigma's simulation")
    try:
        provenance: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise DataError(f"{path}: the provenance in the file is damaged") from error
    return provenance


def _parquet_provenance(path: Path) -> bytes | str | None:
    try:
        return (pq.read_schema(path).metadata or {}).get(PROVENANCE_KEY.encode())
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({error})") from error


def _root_provenance(path: Path) -> bytes | str | None:
    try:
        with uproot.open(path) as file:
            return str(file[PROVENANCE_KEY]) if PROVENANCE_KEY in file else None
    except _BROKEN_ROOT as error:
        raise DataError(f"{path}: not a readable ROOT file ({first_line(error)})") from error
