"""Events of ROOT files: a TTree or an RNTuple as a `Source`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import uproot

from fivesigma.core.errors import DataError, first_line, suggestion
from fivesigma.core.identity import digest, file_digest
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.formats.root_columns import BROKEN, OpenTable, RootColumn
from fivesigma.events.formats.root_ntuples import Ntuple
from fivesigma.events.formats.root_trees import Tree
from fivesigma.events.source import ColumnInfo, Span, Table

__all__ = ["RootTable", "root_tables"]

_CLASSES: Mapping[str, Callable[[Any], OpenTable]] = {
    "TTree": Tree,
    "TNtuple": Tree,
    "TNtupleD": Tree,
    "ROOT::RNTuple": Ntuple,
}
_SPAN = 250_000
"""About how many entries to hold in memory at once: 1 MB a column of floats."""


def root_tables(path: Path) -> tuple[str, ...]:
    """Return the names of the trees and RNTuples of a file, with the directories they are in, in the file's order.

    Raises
    ------
    DataError
        If the file is missing, is no ROOT file, or is damaged.
    """
    with _opened(path) as file:
        return tuple(_found(file))


@dataclass(frozen=True, slots=True)
class RootTable:
    """A TTree or RNTuple of a ROOT file.

    Attributes
    ----------
    path
        The file.
    tree
        Name of the tree, with its directory if it is in one ("dir/Events"); the only one of the file if None. Of several
        cycles the newest is read.
    span_rows
        About how many entries a span has, whole clusters where all have one size.
    """

    path: Path
    tree: str | None = None
    span_rows: int = _SPAN

    @property
    def name(self) -> str:
        """What messages call it: the path, with the tree where one is named."""
        return f"{self.path}" if self.tree is None else f"{self.path}:{self.tree}"

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the branches or fields; parts of structures have names with dots: ``Jet.pt``.

        Raises
        ------
        DataError
            If the file is damaged or no ROOT file, or has no such tree; or has several, and none is named.
        """
        with self._table() as table:
            return {name: column.info for name, column in table.columns.items()}

    def spans(self) -> Sequence[Span]:
        """Return ranges of equally many entries, at least one."""
        with self._table() as table:
            step = _step(table.boundaries(), self.span_rows)
            return [Span(start, min(start + step, table.entries)) for start in range(0, max(table.entries, 1), step)]

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span; see `Source.read`."""
        with self._table() as table:
            check_named(self.name, {name: column.info for name, column in table.columns.items()}, names)
            wanted = {name: table.columns[name] for name in names}
            for run, step in _runs(spans):
                yield from self._read(table, wanted, run, step)

    def _read(self, table: OpenTable, wanted: Mapping[str, RootColumn], run: Span, step: int) -> Iterator[Table]:
        pieces = table.read(wanted, run, step) if wanted else None
        for start in range(run.start, max(run.stop, run.start + 1), step):
            span = Span(start, min(start + step, run.stop))
            try:
                columns = next(pieces) if pieces else {}
                if any(len(column) != span.stop - span.start for column in columns.values()):
                    raise ValueError("there are other numbers of entries than the file says")
            except (*BROKEN, StopIteration) as error:
                raise _damaged(self.name, table, wanted, span, error) from error
            yield Table(columns, span.stop - span.start)

    def position(self, span: Span, row: int) -> str:
        """Return the entry's number in the tree, from 0 as ROOT counts."""
        return f"entry {span.start + row}"

    @property
    def sequential(self) -> bool:
        """No piece needs those before it."""
        return False

    def in_pieces(self, rows: int) -> Self:
        """Return the table in pieces of about so many rows at most."""
        return replace(self, span_rows=min(self.span_rows, rows))

    def digest(self) -> str:
        """Return a digest of the file, and of the tree's name where there are several."""
        content = file_digest(self.path)
        with _opened(self.path) as file:
            found = _found(file)
            return content if len(found) == 1 else digest([content, _chosen(self.path, found, self.tree)])

    @contextmanager
    def _table(self) -> Iterator[OpenTable]:
        with _opened(self.path) as file:
            found = _found(file)
            name = _chosen(self.path, found, self.tree)
            yield _CLASSES[found[name]](file[name])


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file; what uproot cannot read of it becomes a DataError."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    _check_whole(path)
    try:
        # plain reads: a mapped file counts as memory, and kills the process if it shrinks meanwhile
        with uproot.open(path, handler=uproot.MultithreadedFileSource, use_threads=False, num_workers=1) as file:
            yield file
    except BROKEN as error:
        raise DataError(f"{path}: not a readable ROOT file (damaged or truncated): {first_line(error)}") from error


def _check_whole(path: Path) -> None:
    """Raise DataError unless the file begins as ROOT files do and is as long as it says itself."""
    size = path.stat().st_size
    if not size:
        raise DataError(f"{path}: not a readable ROOT file: it is empty (0 bytes)")
    with path.open("rb") as file:
        head = file.read(24)
    if head[:4] != b"root" or len(head) < 24:
        raise DataError(f"{path}: not a readable ROOT file: it does not begin as one")
    version, _, short = struct.unpack(">iii", head[4:16])
    end = struct.unpack(">q", head[12:20])[0] if version >= 1_000_000 else short
    if size < end:
        raise DataError(f"{path}: not a readable ROOT file: truncated, it ends after {size} of {end} bytes")


def _found(file: Any) -> dict[str, str]:
    """Return the trees and RNTuples of an open file and the classes of their newest cycles."""
    newest: dict[str, tuple[int, str]] = {}
    for key, kind in file.iterclassnames(recursive=True, cycle=True):
        name, _, cycle = key.rpartition(";")
        newest[name] = max(newest.get(name, (0, "")), (int(cycle), kind))
    return {name: kind for name, (_, kind) in newest.items() if kind in _CLASSES}


def _chosen(path: Path, found: Mapping[str, str], tree: str | None) -> str:
    if tree is None:
        if len(found) != 1:
            which = f"which tree{suggestion('', found)}" if found else "there is no tree in it"
            raise DataError(f"{path}: {which}")
        return next(iter(found))
    name = tree.strip("/")
    if name not in found:
        raise DataError(f"{path}: no tree {tree!r}{suggestion(name, found) or '; there are none'}")
    return name


def _step(boundaries: Sequence[int], about: int) -> int:
    """Return how many entries to read at once: whole clusters if all but the last have one size."""
    sizes = np.diff(boundaries)
    if len(sizes) and np.all(sizes[:-1] == sizes[0]) and 0 < sizes[-1] <= sizes[0] <= 2 * about:
        return int(sizes[0]) * max(1, round(about / int(sizes[0])))
    return about


def _runs(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Yield spans that follow one another and have one size as one, with that size; only the last may be smaller."""
    run: list[Span] = []
    for span in spans:
        if run and not (span.start == run[-1].stop and 0 < _size(span) <= _size(run[0]) == _size(run[-1])):
            yield Span(run[0].start, run[-1].stop), max(_size(run[0]), 1)
            run = []
        run.append(span)
    if run:
        yield Span(run[0].start, run[-1].stop), max(_size(run[0]), 1)


def _size(span: Span) -> int:
    return span.stop - span.start


def _damaged(
    where: str, table: OpenTable, wanted: Mapping[str, RootColumn], span: Span, error: BaseException
) -> DataError:
    """Return an error that says which column cannot be read in which entries, having tried them one by one."""
    for name, column in wanted.items():
        # from the end, for uproot reads the cluster that follows, too
        for piece in reversed(table.pieces(column)):
            if piece.start <= span.stop and piece.stop > span.start:
                try:
                    next(table.read({name: column}, piece, max(_size(piece), 1)))
                except BROKEN as fault:
                    return _unreadable(f"{where}: column {name!r}, ", piece, fault)
    return _unreadable(f"{where}: ", span, error)


def _unreadable(what: str, span: Span, error: BaseException) -> DataError:
    entries = f"entries {span.start} to {span.stop - 1}"
    return DataError(f"{what}{entries} cannot be read (damaged or truncated): {first_line(error)}")
