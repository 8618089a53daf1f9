"""What columns a branch of a TTree or a field of an RNTuple gives, told from its form, and their values from its array."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import awkward as ak
import cramjam
import numpy as np
import uproot
from numpy.typing import NDArray

from fivesigma.events.source import ColumnInfo, ColumnKind, Span

__all__ = ["BROKEN", "Field", "OpenTable", "RootColumn", "columns_of", "values"]

BROKEN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    OSError,
    EOFError,
    MemoryError,
    NameError,
    RuntimeError,
    SyntaxError,
    struct.error,
    zlib.error,
    cramjam.DecompressionError,
    uproot.deserialization.DeserializationError,
)
"""What uproot raises for bytes that are no ROOT file, and for types that it does not know."""

_STRINGS = ("string", "bytestring")

Field: TypeAlias = tuple[str, ...]
"""Where a column lies: the path of its branch or outermost field, then the names within the structures that this holds."""


@dataclass(frozen=True, slots=True)
class RootColumn:
    """A column, and where it lies."""

    info: ColumnInfo
    field: Field


class OpenTable(Protocol):
    """A TTree or RNTuple of an open file.

    Attributes
    ----------
    entries
        The number of events.
    columns
        The columns by name.
    """

    entries: int
    columns: Mapping[str, RootColumn]

    def boundaries(self) -> Sequence[int]:
        """Return the entries at which clusters start, and where the last one ends."""
        ...

    def pieces(self, column: RootColumn) -> Sequence[Span]:
        """Return the entries of what is decompressed as one for a column."""
        ...

    def read(self, columns: Mapping[str, RootColumn], span: Span, step: int) -> Iterator[dict[str, Any]]:
        """Yield columns of every ``step`` entries from the start of a span to its end."""
        ...


def columns_of(name: str, path: str, typename: str, form: Any) -> Iterator[tuple[str, RootColumn]]:
    """Yield by name a branch or field as a column, and what lies in structures as columns with dots in their names.

    Parameters
    ----------
    name
        What users call it.
    path
        What the file calls it.
    typename
        Its type in C++, as far as it is known.
    form
        Its form in awkward; None if it cannot be read.
    """
    yield name, RootColumn(ColumnInfo(name=name, type=typename or "structure", kind=_kind(form)), (path,))
    for inner, part, kind in _parts(form):
        full = ".".join((name, *inner))
        yield full, RootColumn(ColumnInfo(name=full, type=str(part.type), kind=kind), (path, *inner))


def values(array: ak.Array, inner: Field) -> Any:
    """Return a column out of the array of its branch or field: numbers or texts of shape (n,), or n lists of numbers; null as NaN.

    Raises
    ------
    ValueError
        If its lists do not follow one another, as damage makes them.
    """
    for name in inner:
        array = array[name]
    if array.layout.parameter("__array__") in _STRINGS:
        return _texts(array.layout)
    if "?" in str(array.layout.form.type):
        array = ak.fill_none(ak.values_astype(array, np.float64), np.nan)
    if array.ndim == 1:
        return ak.to_numpy(array, allow_missing=False)
    array = ak.from_regular(array, axis=1)
    _offsets(array.layout.to_ListOffsetArray64(start_at_zero=False))
    return array


def _texts(layout: Any) -> NDArray[Any]:
    lists = layout.to_ListOffsetArray64(start_at_zero=False)
    offsets = _offsets(lists)
    content = np.asarray(lists.content.data)[offsets[0] : offsets[-1]].tobytes()
    texts = [content[start:stop].decode(errors="replace") for start, stop in pairwise((offsets - offsets[0]).tolist())]
    return np.array([*texts, None], dtype=object)[:-1]


def _offsets(lists: Any) -> NDArray[Any]:
    """Return where lists begin and the last one ends; ValueError if they do not follow one another, as damage makes them."""
    offsets = np.asarray(lists.offsets)
    if offsets[0] < 0 or np.any(offsets[1:] < offsets[:-1]) or offsets[-1] > len(lists.content):
        raise ValueError("its lists do not follow one another")
    return offsets


def _parts(form: Any) -> Iterator[tuple[Field, Any, ColumnKind]]:
    """Yield the members of a structure, or of lists of a structure: their names, forms, and kinds."""
    if form is None:
        return
    record = form.content if form.is_list else form
    if not record.is_record:
        return
    for name, content in zip(record.fields, record.contents, strict=True):
        kind = _kind(content)
        yield (name,), content, ("jagged" if kind == "flat" else "other") if form.is_list else kind
        if not form.is_list:
            yield from (((name, *inner), part, below) for inner, part, below in _parts(content))


def _kind(form: Any) -> ColumnKind:
    if form is None:
        return "other"
    if form.parameter("__array__") in _STRINGS:
        return "text"
    if form.is_numpy:
        return "flat" if np.dtype(form.primitive).kind in "biuf" and not form.inner_shape else "other"
    if (form.is_list or form.is_option) and not form.content.is_list and _kind(form.content) == "flat":
        return "jagged" if form.is_list else "flat"
    return "other"
