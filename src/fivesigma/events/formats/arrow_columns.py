"""Columns of Arrow memory, as Parquet files and data frames give them, as numpy and awkward arrays."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fivesigma.events.source import ColumnInfo, ColumnKind

__all__ = ["arrow_info", "arrow_values"]

_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16"}
_LISTS = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
)


def arrow_info(name: str, type_: Any) -> ColumnInfo:
    """Return what a column of an Arrow type is."""
    kind = _kind(type_)
    return ColumnInfo(name=name, type="text" if kind == "text" else _named(type_), kind=kind)


def arrow_values(column: Any) -> Any:
    """Return an Arrow array, chunked or not, as numpy numbers or texts of shape (n,) or n awkward lists; not copied if need not be.

    Null becomes NaN in float64, in a list too; a null list is an empty one, a null text the empty text.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [_empty(column)])
    if not _is_list(column.type):
        return _flat(column)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return ak.unflatten(_flat(column.flatten()), lengths.to_numpy(zero_copy_only=False))


def _flat(array: Any) -> NDArray[Any]:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if _is_text(array.type):
        texts: NDArray[Any] = pc.fill_null(array.cast(pa.large_string()), "").to_numpy(zero_copy_only=False)
        return texts
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    if array.null_count:
        if pa.types.is_boolean(array.type):
            array = array.cast(pa.uint8())
        array = pc.fill_null(array.cast(pa.float64(), safe=False), np.nan)
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values


def _empty(column: Any) -> Any:
    return pa.array([], column.type)


def _is_list(type_: Any) -> bool:
    return any(test(type_) for test in _LISTS)


def _is_text(type_: Any) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _is_number(type_: Any) -> bool:
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)
    return any(test(type_) for test in tests)


def _kind(type_: Any) -> ColumnKind:
    if _is_number(type_):
        return "flat"
    if _is_list(type_):
        return "jagged" if _is_number(type_.value_type) else "other"
    return "text" if _is_text(type_.value_type if pa.types.is_dictionary(type_) else type_) else "other"


def _named(type_: Any) -> str:
    if _is_list(type_):
        return f"list of {_named(type_.value_type)}"
    if pa.types.is_dictionary(type_):
        return _named(type_.value_type)
    return "text" if _is_text(type_) else _NAMES.get(str(type_), str(type_))
