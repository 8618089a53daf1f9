"""Frames that pandas wrote to HDF5, in either of its layouts, read without pandas and without unpickling anything."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import h5py

from fivesigma.core.errors import DataError
from fivesigma.events.formats.hdf5_checks import check_filters
from fivesigma.events.formats.hdf5_layouts import Hdf5Column, Layout, columns_in, joined
from fivesigma.events.source import ColumnInfo, ColumnKind

__all__ = ["pandas_layout"]

_STRINGS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"}
_NUMBERS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"}
_STRUCTURE = {"PROTO", "FRAME", "MARK", "LIST", "EMPTY_LIST", "APPEND", "APPENDS", "STOP"}
_MEMORY = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}


def pandas_layout(where: str, group: h5py.Group) -> Layout:
    """Return the layout of a frame or series that pandas wrote, in its fixed or in its table layout.

    Raises
    ------
    DataError
        If it is of a kind that is not read, or its columns have names that are no plain strings or numbers.
    """
    written = _text(group.attrs["pandas_type"])
    if written.endswith("_table") and "table" in group:
        return _table(where, group["table"], _absent(group.attrs.get("nan_rep")))
    if written == "frame":
        return _fixed(where, group)
    if written == "series":
        name = _text(group.attrs.get("name", b"")) or "values"
        columns = _block(group["values"], ["values" if name == "N." else name])
        return Layout(_rows(group["values"]), joined(where, columns))
    raise DataError(f"{where}: pandas wrote it as {written!r}, which is not read; write a DataFrame with to_hdf")


def _fixed(where: str, group: h5py.Group) -> Layout:
    """Return a frame as ``to_hdf`` writes it: a matrix for each type of number, with the labels of its columns."""
    rows = _rows(group["axis1"] if "axis1" in group else group["axis1_label0"])
    columns: list[Hdf5Column] = []
    for number in range(int(group.attrs["nblocks"])):
        values = group[f"block{number}_values"]
        if values.ndim == 2 and _rows(values) != rows:
            raise DataError(f"{where}: the frame has {rows} rows, but its block {number} has {_rows(values)}")
        columns += _block(values, _labels(where, group, f"block{number}_items"))
    named = joined(where, iter(columns))
    return Layout(rows, {name: named[name] for name in _labels(where, group, "axis0") if name in named})


def _block(values: h5py.Dataset, labels: Sequence[str]) -> Iterator[Hdf5Column]:
    """Yield the columns of a block: those of its matrix in turn, but where pandas keeps other things than numbers in it."""
    written = _text(values.attrs.get("value_type", b""))
    found = list(columns_in("", values))
    is_empty = "shape" in values.attrs and written.rstrip("0123456789") in ("bool", "float", "int", "uint")
    is_numbers = not written and "PSEUDOATOM" not in values.attrs and len(found) == len(labels)
    for place, label in enumerate(labels):
        if is_numbers:
            yield _renamed(found[place], label)
        else:
            kind: ColumnKind = "flat" if is_empty else "other"
            typename = "pickled text" if written == "str" else written or str(values.dtype)
            yield Hdf5Column(ColumnInfo(name=label, type=typename, kind=kind), values.name, place=0)


def _table(where: str, table: h5py.Dataset, absent: str) -> Layout:
    """Return a frame as ``to_hdf(..., format="table")`` writes it: records of blocks, whose labels are pickled."""
    columns = []
    for field in table.dtype.names:
        if field == "index" or f"{field}_kind" not in table.attrs:
            continue
        labels = _pickled_labels(where, table.attrs[f"{field}_kind"])
        found = [column for column in columns_in("", table) if column.field == field]
        written, meta = (_text(table.attrs.get(f"{field}_{what}", b"")) for what in ("dtype", "meta"))
        if len(labels) != len(found):
            raise DataError(f"{where}: the names of the columns do not match: {len(labels)} for {len(found)} columns")
        for label, column in zip(labels, found, strict=True):
            named = _renamed(column, label, "category" if meta == "category" else written)
            columns.append(replace(named, absent=absent))
    return Layout(table.shape[0], joined(where, iter(columns)))


def _absent(written: Any) -> str:
    """Return the text that pandas writes for a missing one: its own word unless told otherwise."""
    told = _text(written)
    return told if told not in ("", "N.") else "nan"


def _renamed(column: Hdf5Column, label: str, written: str = "") -> Hdf5Column:
    """Return a column under its label; numbers that stand for something else are no numbers."""
    info = replace(column.info, name=label)
    if info.kind == "flat" and written.startswith(("datetime", "timedelta", "category")):
        info = replace(info, type=written, kind="other")
    return replace(column, info=info)


def _labels(where: str, group: h5py.Group, axis: str) -> list[str]:
    if _text(group.attrs[f"{axis}_variety"]) != "regular":
        raise DataError(
            f"{where}: the columns have names of several levels (a MultiIndex); write it with one name each"
        )
    labels = group[axis]
    if labels.dtype.kind not in "Siu":
        kind = _text(labels.attrs.get("kind", b"objects"))
        raise DataError(f"{where}: the names of the columns are no strings or whole numbers, but {kind}")
    check_filters(where, labels)
    encoding = _text(group.attrs.get("encoding", b"")) or "utf-8"
    return [label.decode(encoding) if isinstance(label, bytes) else str(label) for label in labels[:].tolist()]


def _pickled_labels(where: str, pickled: Any) -> list[str]:
    """Return the strings and whole numbers of a pickled list; its instructions are listed, never followed.

    Raises
    ------
    DataError
        If there is anything else in it.
    """
    labels = []
    try:
        for instruction, value, _ in pickletools.genops(bytes(pickled)):
            if instruction.name in _STRINGS | _NUMBERS and not isinstance(value, bool):
                labels.append(str(value))
            elif instruction.name not in _STRUCTURE | _MEMORY:
                raise DataError(
                    f"{where}: the names of the columns are pickled with more than strings, which is not read"
                )
    except (ValueError, TypeError) as error:
        raise DataError(f"{where}: the names of the columns cannot be read: {error}") from error
    return labels


def _rows(values: h5py.Dataset) -> int:
    """Return the number of rows of a block; pandas writes an empty one as a single number and its shape beside it."""
    return 0 if "shape" in values.attrs else int(values.shape[0])


def _text(value: Any) -> str:
    """Return an attribute of PyTables as text; it writes empty ones as no value at all."""
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else ""
