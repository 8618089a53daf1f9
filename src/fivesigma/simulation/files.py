"""Event files with their provenance inside: Parquet, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fivesigma.core.errors import DataError
from fivesigma.simulation.errors import SimulationError

__all__ = ["PROVENANCE_KEY", "read_provenance", "rounded", "write_events"]

PROVENANCE_KEY = "fivesigma.provenance"
"""Key of the Parquet metadata under which the provenance lies, as JSON."""

_STEPS = {"pt": 2.0**-8, "eta": 2.0**-13, "phi": 2.0**-13}


def rounded(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the columns with pt in steps of 1/256 GeV and angles in steps of 1/8192.

    That is far finer than the detector's resolution, and the zeros it leaves in the mantissas compress well.
    """
    steps = {name: _STEPS.get(name.split("_")[1]) if "_" in name else None for name in columns}
    return {
        name: column if (step := steps[name]) is None else (np.round(column / step) * step).astype(column.dtype)
        for name, column in columns.items()
    }


def write_events(path: Path, columns: Mapping[str, NDArray[Any]], provenance: Mapping[str, Any]) -> None:
    """Write events, columns of shape (n,) by name, with their provenance; the file appears whole or not at all.

    Raises
    ------
    SimulationError
        If it cannot be written.
    """
    text = json.dumps(provenance, sort_keys=True, allow_nan=False)
    table = pa.table(dict(columns)).replace_schema_metadata({PROVENANCE_KEY: text})
    continuous = [name for name, column in columns.items() if column.dtype == np.float32]
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
            part = Path(folder) / path.name
            pq.write_table(
                table,
                part,
                compression="zstd",
                compression_level=19,
                use_dictionary=[name for name in columns if name not in (*continuous, "id")],
                column_encoding=dict.fromkeys(continuous, "BYTE_STREAM_SPLIT") | {"id": "DELTA_BINARY_PACKED"},
            )
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
    except OSError as error:
        raise SimulationError(f"cannot write {path}: {error.strerror or error}") from error


def read_provenance(path: Path) -> dict[str, Any]:
    """Return the provenance of an event file.

    Raises
    ------
    DataError
        If the file is not Parquet or bears no provenance.
    """
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({error})") from error
    if PROVENANCE_KEY.encode() not in metadata:
        raise DataError(f"{path}: no provenance in the file; it was not made by fivesigma's simulation")
    provenance: dict[str, Any] = json.loads(metadata[PROVENANCE_KEY.encode()])
    return provenance
