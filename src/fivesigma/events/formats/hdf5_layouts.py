"""Where the columns of a table lie in an HDF5 file: in datasets side by side, in a matrix, or in the fields of records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import h5py
import numpy as np

from fivesigma.core.errors import DataError, suggestion
from fivesigma.events.source import ColumnInfo, ColumnKind

__all__ = ["Hdf5Column", "Layout", "columns_in", "find_tables", "joined", "plain_layout", "resolve"]


@dataclass(frozen=True, slots=True)
class Hdf5Column:
    """A column, and where it lies.

    Attributes
    ----------
    info
        The column.
    dataset
        Path of the dataset that holds it.
    field
        The field of the dataset's records; None if they are plain values.
    place
        Its place in the last axis of the dataset or field; None if there is no such axis.
    boolean
        Whether its bytes stand for true and false, as PyTables writes them.
    absent
        The text that stands for a missing one.
    """

    info: ColumnInfo
    dataset: str
    field: str | None = None
    place: int | None = None
    boolean: bool = False
    absent: str = ""


class Layout(NamedTuple):
    """A table: its number of rows, and its columns by name."""

    rows: int
    columns: Mapping[str, Hdf5Column]


def find_tables(file: h5py.File) -> tuple[str, ...]:
    """Return the paths of the tables: frames of pandas, datasets of records, groups of datasets ("/" is the file itself)."""
    return tuple(_tables(file, "", set()))


def resolve(where: str, file: h5py.File, key: str | None) -> Any:
    """Return the group or dataset that a key names; the only table if it is None.

    Raises
    ------
    DataError
        If there is no such thing, or there are several tables and no key.
    """
    found = find_tables(file)
    if key is None:
        if len(found) != 1:
            which = f"which key{suggestion('', found)}" if found else "there is no table in it"
            raise DataError(f"{where}: {which}")
        return file[found[0]]
    path = key.strip("/") or "/"
    if path not in found and not isinstance(file.get(path), h5py.Dataset):
        raise DataError(f"{where}: no key {key!r}{suggestion(path, found) or '; there is no table in it'}")
    return file[path]


def plain_layout(where: str, there: Any) -> Layout:
    """Return the layout of a dataset, or of the datasets of a group, of which each is one column or several.

    Raises
    ------
    DataError
        If datasets differ in length, or two columns would bear one name.
    """
    single = isinstance(there, h5py.Dataset)
    datasets = [there] if single else [item for item in _members(there) if _is_plain(item)]
    first = datasets[0]
    for other in datasets:
        if other.shape[0] != first.shape[0]:
            raise DataError(
                f"{where}: {_last(first)} has {first.shape[0]} rows, {_last(other)} has {other.shape[0]}: "
                f"no table; name one of them as key, as {other.name.strip('/')!r}"
            )
    return Layout(
        first.shape[0], joined(where, (column for item in datasets for column in columns_in(_last(item), item)))
    )


def joined(where: str, columns: Iterator[Hdf5Column]) -> dict[str, Hdf5Column]:
    """Return columns by name; DataError if two bear one."""
    named: dict[str, Hdf5Column] = {}
    for column in columns:
        if column.info.name in named:
            raise DataError(f"{where}: two columns are called {column.info.name!r}")
        named[column.info.name] = column
    return named


def columns_in(name: str, dataset: h5py.Dataset) -> Iterator[Hdf5Column]:
    """Yield the columns of a dataset: itself, ``name_0`` and so on for a matrix, or the fields of its records."""
    records = dataset.dtype.names
    if records is None or dataset.ndim > 1:
        yield from _spread(name, dataset, None, dataset.dtype, dataset.shape[1:])
        return
    for field in records:
        inner = dataset.dtype[field]
        base, shape = inner.subdtype or (inner, ())
        yield from _spread(field, dataset, field, base, shape)


def _spread(
    name: str, dataset: h5py.Dataset, field: str | None, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> Iterator[Hdf5Column]:
    kind, typename = _kind(dtype)
    boolean = dtype.kind == "u" and _is_bitfield(dataset, field)
    typename = "bool" if boolean else typename
    if not shape:
        yield Hdf5Column(ColumnInfo(name=name, type=typename, kind=kind), dataset.name, field, boolean=boolean)
    elif len(shape) == 1 and kind in ("flat", "text"):
        for place in range(shape[0]):
            info = ColumnInfo(name=f"{name}_{place}", type=typename, kind=kind)
            yield Hdf5Column(info, dataset.name, field, place, boolean)
    else:
        form = " x ".join(map(str, shape))
        yield Hdf5Column(ColumnInfo(name=name, type=f"{form} {typename}", kind="other"), dataset.name, field)


def _kind(dtype: np.dtype[Any]) -> tuple[ColumnKind, str]:
    if dtype.kind in "biuf":
        return "flat", str(dtype.newbyteorder("="))
    if dtype.kind == "S" or h5py.check_string_dtype(dtype):
        return "text", "text"
    inner = h5py.check_vlen_dtype(dtype)
    if inner is not None and inner.kind in "biuf":
        # h5py 3.16 gives the numbers of such lists with their bytes in the wrong order
        return ("jagged", f"list of {inner}") if inner.isnative else ("other", f"list of {inner} in foreign byte order")
    return "other", "records" if dtype.names else "objects" if dtype.kind == "O" else str(dtype)


def _is_bitfield(dataset: h5py.Dataset, field: str | None) -> bool:
    """Tell whether bytes are a truth of PyTables, which h5py shows as whole numbers."""
    found = dataset.id.get_type()
    if field is not None:
        found = found.get_member_type(found.get_member_index(field.encode()))
    if found.get_class() == h5py.h5t.ARRAY:
        found = found.get_super()
    return bool(found.get_class() == h5py.h5t.BITFIELD)


def _tables(group: h5py.Group, path: str, seen: set[int]) -> Iterator[str]:
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        return
    seen.add(address)
    if "pandas_type" in group.attrs:
        yield path or "/"
        return
    members = list(_members(group))
    if any(_is_plain(item) for item in members):
        yield path or "/"
    for item in members:
        inner = f"{path}/{_last(item)}".strip("/")
        if isinstance(item, h5py.Group):
            yield from _tables(item, inner, seen)
        elif item.ndim == 1 and item.dtype.names:
            yield inner


def _members(group: h5py.Group) -> Iterator[Any]:
    """Yield groups and datasets; links that lead elsewhere are not followed, and the indices of PyTables left out."""
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.HardLink) and not name.startswith("_i_"):
            item = group[name]
            if isinstance(item, h5py.Group | h5py.Dataset):
                yield item


def _is_plain(item: Any) -> bool:
    """Tell whether something is a dataset with rows of values, not of records."""
    return isinstance(item, h5py.Dataset) and bool(item.shape) and item.dtype.names is None


def _last(item: Any) -> str:
    return str(item.name).rpartition("/")[2]
