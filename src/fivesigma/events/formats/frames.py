"""Events that are in memory already: data frames of any kind, Arrow tables, and arrays by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import awkward as ak
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.interchange
from numpy.typing import NDArray

from fivesigma.core.errors import DataError
from fivesigma.core.identity import text_keys
from fivesigma.core.texts import as_texts
from fivesigma.events.formats.arrow_columns import arrow_info, arrow_values
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.source import ColumnInfo, ColumnKind, Columns, Span, Table

__all__ = ["Frame", "frame"]

_SPAN = 250_000
_ACCEPTED = (
    "a pandas or polars frame, an Arrow table or batch, anything with __arrow_c_stream__ or __dataframe__, "
    "a mapping of names to arrays, a numpy array or an awkward array with fields"
)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A table in memory; `frame` makes one.

    Attributes
    ----------
    name
        What messages call it.
    data
        The columns by name: numpy, awkward or Arrow arrays of one length.
    length
        Number of rows.
    span_rows
        How many rows a span has.
    """

    name: str
    data: Mapping[str, Any]
    length: int
    span_rows: int = _SPAN

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the columns; see `Source.columns`."""
        return {name: _info(name, column) for name, column in self.data.items()}

    def spans(self) -> Sequence[Span]:
        """Return ranges of rows, at least one."""
        starts = range(0, max(self.length, 1), self.span_rows)
        return [Span(start, min(start + self.span_rows, self.length)) for start in starts]

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span, as views where the memory is as it should be; see `Source.read`."""
        check_named(self.name, self.columns(), names)
        for start, stop in spans:
            columns: Columns = {name: _values(self.data[name][start:stop]) for name in names}
            yield Table(columns, stop - start)

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
        """Return a short digest of names and content of the columns of numbers and texts, whatever kind of frame held them."""
        sha = hashlib.sha256()
        for name, info in self.columns().items():
            if info.kind != "other":
                sha.update(f"{name}\n".encode())
                for part in _buffers(_values(self.data[name])):
                    sha.update(f"{part.dtype} {len(part)}\n".encode())
                    sha.update(np.ascontiguousarray(part).data)
        return sha.hexdigest()[:16]


def frame(data: object, name: str = "dataframe") -> Frame:
    """Return what is in memory as a source of events, without copying what need not be copied.

    Parameters
    ----------
    data
        A pandas or polars frame (polars' lazy frames are collected), a pyarrow table or record batch, anything with
        ``__arrow_c_stream__`` or ``__dataframe__``, a mapping of names to arrays or lists, a numpy structured array, or
        an awkward array of records.
    name
        What messages call it.

    Raises
    ------
    DataError
        If it is nothing of these, its columns differ in length, or two of them bear one name.
    """
    columns, length = _named_columns(name, data)
    for column, values in columns.items():
        if len(values) != length:
            raise DataError(f"{name}: column {column!r} has {len(values)} rows, others {length}")
    return Frame(name, columns, length)


def _named_columns(name: str, data: Any) -> tuple[dict[str, Any], int]:
    for accepts, columns in _READERS:
        if accepts(data):
            try:
                pairs = list(columns(data))
            except (pa.ArrowException, pl.exceptions.PolarsError, TypeError) as error:
                raise DataError(f"{name}: not a readable {type(data).__name__}: {error}") from error
            named = dict(pairs)
            if len(named) < len(pairs):
                names = [column for column, _ in pairs]
                doubled = next(column for column in named if names.count(column) > 1)
                raise DataError(f"{name}: two columns are called {doubled!r}")
            return named, len(next(iter(named.values()), ()))
    raise DataError(f"{name}: no table of events, but {type(data).__name__}; accepted are {_ACCEPTED}")


_Pairs = Iterator[tuple[str, Any]]


def _of_arrow(data: Any) -> _Pairs:
    table = pa.table(data)
    yield from zip(table.column_names, table.columns, strict=True)


def _of_polars(data: Any) -> _Pairs:
    return _of_arrow(data.collect() if isinstance(data, pl.LazyFrame) else data)


def _of_interchange(data: Any) -> _Pairs:
    return _of_arrow(pa.interchange.from_dataframe(data))


def _of_pandas(data: Any) -> _Pairs:
    """Yield columns one by one, for Arrow refuses a frame of which one column is strange; an index with a name is one too."""
    for level in data.index.names:
        if level is not None:
            yield str(level), _array(data.index.get_level_values(level))
    for place, name in enumerate(data.columns):
        yield str(name), _array(data.iloc[:, place])


def _of_fields(data: Any) -> _Pairs:
    """Yield the fields of an awkward array of records or of a structured numpy array."""
    names = data.fields if isinstance(data, ak.Array) else data.dtype.names
    return ((name, data[name]) for name in names)


def _of_mapping(data: Any) -> _Pairs:
    for name, column in data.items():
        if (
            isinstance(column, str | bytes | Mapping)
            or not hasattr(column, "__len__")
            or getattr(column, "ndim", 1) == 0
        ):
            raise TypeError(f"column {name!r} is no array, but {type(column).__name__}")
        yield str(name), _array(column)


def _is_pandas(data: Any) -> bool:
    return hasattr(data, "iloc") and hasattr(data, "columns") and hasattr(data, "index")


def _has_fields(data: Any) -> bool:
    return bool(data.fields if isinstance(data, ak.Array) else isinstance(data, np.ndarray) and data.dtype.names)


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], _Pairs]], ...] = (
    (lambda data: isinstance(data, pl.DataFrame | pl.LazyFrame), _of_polars),
    (_has_fields, _of_fields),
    (_is_pandas, _of_pandas),
    (lambda data: isinstance(data, Mapping), _of_mapping),
    (lambda data: hasattr(data, "__arrow_c_stream__") or isinstance(data, pa.RecordBatch), _of_arrow),
    (lambda data: hasattr(data, "__dataframe__"), _of_interchange),
)


def _array(column: Any) -> Any:
    """Return a column as numpy, awkward or Arrow array; lists of lists, and objects that Arrow knows, as Arrow's."""
    if isinstance(column, ak.Array | pa.Array | pa.ChunkedArray | np.ma.MaskedArray):
        return column
    array = np.asarray(column) if hasattr(column, "__array__") else None
    if array is not None and array.dtype.kind != "O":
        return array
    try:
        return pa.array(column if array is None else array, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return np.fromiter(column, dtype=object)


def _info(name: str, column: Any) -> ColumnInfo:
    if not isinstance(column, np.ndarray):
        return arrow_info(name, _as_arrow(column[:0]).type)
    kind = column.dtype.kind
    if kind in "UST":
        return ColumnInfo(name=name, type="text", kind="text" if column.ndim == 1 else "other")
    native = f"{column.dtype.newbyteorder('=')}"
    shape: ColumnKind = "other" if kind not in "biuf" or column.ndim > 2 else "jagged" if column.ndim == 2 else "flat"
    return ColumnInfo(name=name, type="list of " * (column.ndim - 1) + native, kind=shape)


def _as_arrow(column: Any) -> Any:
    return ak.to_arrow(column, extensionarray=False) if isinstance(column, ak.Array) else column


def _values(column: Any) -> Any:
    if isinstance(column, ak.Array) and _is_plain(str(column.type.content)):
        return column
    if not isinstance(column, np.ndarray):
        return arrow_values(_as_arrow(column))
    if (texts := as_texts(column)) is not None:
        return texts
    if isinstance(column, np.ma.MaskedArray):
        column = np.ma.filled(column.astype(np.float64), np.nan) if np.ma.is_masked(column) else column.data
    column = column.astype(column.dtype.newbyteorder("="), copy=False)
    return ak.from_regular(ak.from_numpy(column), axis=1) if column.ndim == 2 else column


def _is_plain(held: str) -> bool:
    """Return whether awkward lists are as they should be: of any length, of numbers that are all there."""
    return held.startswith("var * ") and "?" not in held and "unknown" not in held


def _buffers(values: Any) -> tuple[NDArray[Any], ...]:
    """Return the numbers of a column or what stands for its texts, and of a jagged one how many each event has."""
    if isinstance(values, np.ndarray):
        return (text_keys(values) if values.dtype.kind == "O" else values,)
    return ak.to_numpy(ak.flatten(values)), ak.to_numpy(ak.num(values))
