"""Which columns say who an event is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, UInts
from fivesigma.core.errors import DataError
from fivesigma.core.identity import ids_from_columns
from fivesigma.core.sample import Kind
from fivesigma.events.source import ColumnInfo, Source, Span, Table

__all__ = ["EVENT_NAMES", "LUMI_NAMES", "RUN_NAMES", "Identity", "identity_of"]

EVENT_NAMES = ("event", "Event", "eventNumber", "EventNumber", "evt", "event_id", "id")
RUN_NAMES = ("run", "Run", "runNumber", "RunNumber")
LUMI_NAMES = ("lumi", "luminosityBlock", "LumiSec", "LumiBlock", "lumiBlock", "ls")


class _Identified(Protocol):
    @property
    def kind(self) -> Kind: ...

    @property
    def id_columns(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """The columns that identify an event, none if only its entry does; ``strict`` if all must hold a value."""

    columns: tuple[str, ...]
    strict: bool

    def ids(self, source: Source, span: Span, table: Table) -> UInts:
        """Return an identifier for each event of a piece, shape (n,): its row in the piece where no column identifies it.

        Raises
        ------
        DataError
            If a column that must identify events has lists, or holds nothing for one of them.
        """
        if not self.columns:
            return np.arange(table.length, dtype=np.uint64)
        for name in self.columns if self.strict else ():
            column, what = table.columns[name], f"{source.name}: column {name!r} identifies events, but"
            if not isinstance(column, np.ndarray):
                raise DataError(f"{what} holds a list for each of them")
            absent = _absent(column)
            if absent.any():
                raise DataError(
                    f"{what} is empty or infinite in {np.count_nonzero(absent)} of {table.length},"
                    f" the first of them {source.position(span, int(np.argmax(absent)))}"
                )
        return ids_from_columns([table.columns[name] for name in self.columns])


def identity_of(selection: _Identified, there: Mapping[str, ColumnInfo]) -> Identity:
    """Return what identifies the events of a source: declared columns, recognised ones, or for data the whole content.

    Data are not identified by their entry number: an event would be another one in another trigger stream's file, and its fold
    would depend on how many blind events stand before it.
    """
    if selection.id_columns:
        return Identity(selection.id_columns, strict=True)
    flat = [name for name, info in there.items() if info.kind == "flat"]
    content = [name for name, info in there.items() if info.kind in ("flat", "text")]
    event = next((name for name in EVENT_NAMES if name in flat), None)
    if event is not None:
        run = [next((name for name in names if name in flat), None) for names in (RUN_NAMES, LUMI_NAMES)]
        return Identity((*(name for name in run if name is not None), event), strict=True)
    return Identity(tuple(content) if selection.kind == "data" else (), strict=False)


def _absent(column: NDArray[Any]) -> Bools:
    """Return which events, shape (n,), a column does not identify: by NaN, infinity or an empty text."""
    if column.dtype.kind == "O":
        return np.asarray(column == "", dtype=np.bool_)
    return ~np.isfinite(column) if column.dtype.kind == "f" else np.zeros(len(column), dtype=np.bool_)
