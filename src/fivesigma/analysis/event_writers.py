"""Events written piece by piece, as ROOT or Parquet; the file appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot
from numpy.typing import NDArray

from fivesigma.core.errors import DataError, suggestion
from fivesigma.events.source import Columns

__all__ = ["SUFFIXES", "TEXTLESS", "ColumnType", "EventWriter", "type_of", "widened", "writing_events"]

SUFFIXES = (".root", ".parquet")
TEXTLESS = (".root",)
"""Files of these have no columns of texts."""
_LARGEST_EXACT = 2**53


class ColumnType(NamedTuple):
    """What a column holds: a number for each event, or a list of them, or a text; and the type of its numbers."""

    kind: Literal["flat", "jagged", "text"]
    dtype: np.dtype[Any]


class EventWriter(Protocol):
    """What takes events, piece by piece."""

    def write(self, columns: Columns) -> None:
        """Write a piece; DataError if a column holds what its type cannot."""
        ...


def type_of(column: Any) -> ColumnType:
    """Return the type of a column as sources give it."""
    if not isinstance(column, np.ndarray):
        return ColumnType("jagged", np.asarray(ak.flatten(column)).dtype)
    return ColumnType("text", np.dtype(object)) if column.dtype.kind == "O" else ColumnType("flat", column.dtype)


def widened(where: str, known: Mapping[str, ColumnType], new: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
    """Return types that columns of either types fit in.

    Raises
    ------
    DataError
        Naming ``where`` the new ones are, if one is not there, or is of another kind.
    """
    found = {}
    for name, type_ in known.items():
        if name not in new:
            raise DataError(f"{where}: no column {name!r}, which the files before it have{suggestion(name, new)}")
        if new[name].kind != type_.kind:
            raise DataError(f"{where}: column {name!r} is {new[name].kind}, but {type_.kind} in the files before it")
        found[name] = type_._replace(dtype=np.promote_types(type_.dtype, new[name].dtype))
    return found


@contextlib.contextmanager
def writing_events(path: Path, types: Mapping[str, ColumnType], *, tree: str) -> Iterator[EventWriter]:
    """Give what writes events of such columns to a file, which takes its place when the block ends without an error.

    Parameters
    ----------
    path
        Ends as one of `SUFFIXES`.
    types
        Of all columns; of texts ROOT files have none.
    tree
        Name of the tree of a ROOT file.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    part = path.with_name(f".{os.getpid()}-{path.name}.part")
    try:
        writer = _Root(part, types, tree) if path.suffix == ".root" else _Parquet(part, types)
        with contextlib.closing(writer):
            yield writer
        part.replace(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _as_type(name: str, column: Any, type_: ColumnType) -> Any:
    """Return the numbers of a column in its type, those of all lists together."""
    numbers: NDArray[Any] = np.asarray(ak.flatten(column) if type_.kind == "jagged" else column)
    if numbers.dtype.kind in "iu" and type_.dtype.kind == "f" and np.any(np.abs(numbers) > _LARGEST_EXACT):
        raise DataError(f"column {name!r} holds whole numbers too large for a column of which some events lack a value")
    return numbers.astype(type_.dtype, copy=False)


class _Parquet:
    def __init__(self, path: Path, types: Mapping[str, ColumnType]) -> None:
        self._types = types
        schema = pa.schema([(name, _arrow_type(type_)) for name, type_ in types.items()])
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def close(self) -> None:
        self._writer.close()

    def write(self, columns: Columns) -> None:
        arrays = [self._array(name, columns[name], type_) for name, type_ in self._types.items()]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._writer.schema))

    def _array(self, name: str, column: Any, type_: ColumnType) -> Any:
        if type_.kind == "text":
            return pa.array(column, pa.large_string())
        numbers = pa.array(_as_type(name, column, type_))
        if type_.kind == "flat":
            return numbers
        ends = np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(column)))])
        return pa.LargeListArray.from_arrays(pa.array(ends.astype(np.int64)), numbers)


def _arrow_type(type_: ColumnType) -> Any:
    if type_.kind == "text":
        return pa.large_string()
    numbers = pa.from_numpy_dtype(type_.dtype)
    return numbers if type_.kind == "flat" else pa.large_list(numbers)


class _Root:
    def __init__(self, path: Path, types: Mapping[str, ColumnType], tree: str) -> None:
        # uproot counts the numbers of lists itself, in branches of these names
        counters = {f"n{name}" for name, type_ in types.items() if type_.kind == "jagged"}
        self._types = {name: type_ for name, type_ in types.items() if name not in counters}
        self._file = uproot.recreate(path)
        self._tree = self._file.mktree(tree, {name: _root_type(type_) for name, type_ in self._types.items()})

    def close(self) -> None:
        self._file.close()

    def write(self, columns: Columns) -> None:
        made = {name: self._column(name, columns[name], type_) for name, type_ in self._types.items()}
        if len(next(iter(made.values()))):
            self._tree.extend(made)

    def _column(self, name: str, column: Any, type_: ColumnType) -> Any:
        numbers = _as_type(name, column, type_)
        numbers = numbers.astype(_wide_enough(type_.dtype), copy=False)
        return numbers if type_.kind == "flat" else ak.unflatten(numbers, ak.num(column))


def _root_type(type_: ColumnType) -> Any:
    dtype = _wide_enough(type_.dtype)
    return dtype if type_.kind == "flat" else f"var * {dtype.name}"


def _wide_enough(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return a type that ROOT knows: none is of 16 bits and has a fraction."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype
