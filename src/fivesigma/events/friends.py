"""Tables of one length side by side, as friend trees are: further columns of the same events from other files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.errors import DataError
from fivesigma.core.identity import digest
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.identify import EVENT_NAMES, LUMI_NAMES, RUN_NAMES
from fivesigma.events.source import ColumnInfo, Columns, Source, Span, Table

__all__ = ["Friends"]

_NUMBERS = tuple(name for name in (*RUN_NAMES, *LUMI_NAMES, *EVENT_NAMES) if name not in ("id", "ls"))
"""Columns that number events in every table that has them; an ``id`` may be that of a lepton elsewhere."""


@dataclass(frozen=True, slots=True)
class Friends:
    """A table and its friends, event by event in the order in which they stand.

    Attributes
    ----------
    main
        The table that says where pieces begin and what events are called; of columns with one name, its own counts.
    others
        The friends, earlier ones before later ones. Like ``main`` they are of a format whose pieces are rows, which text is
        not.
    """

    main: Source
    others: tuple[Source, ...]

    @property
    def name(self) -> str:
        """The name of the main table."""
        return self.main.name

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the columns of the main table, then those of the friends that are new.

        Raises
        ------
        DataError
            If a friend has another number of events, or cannot be read by rows.
        """
        self._check_lengths()
        return {name: info for name, (_, info) in self._columns().items()}

    def spans(self) -> Sequence[Span]:
        """Return the spans of the main table; DataError if a friend has another number of events."""
        self._check_lengths()
        return self.main.spans()

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span, each from the table that has it; see `Source.read`.

        Raises
        ------
        DataError
            As the tables do, and if a friend numbers its events otherwise: it holds others, or these in another order.
        """
        there = self._columns()
        check_named(self.name, {name: info for name, (_, info) in there.items()}, names)
        wanted = {friend: [name for name in names if there[name][0] is friend] for friend in self.others}
        read = {friend: (own, self._numbers(friend)) for friend, own in wanted.items() if own}
        # the main table is always read, if only for the numbers of events
        main = {name for name in names if there[name][0] is self.main}.union(*(shared for _, shared in read.values()))
        tables = [self.main.read(main, spans), *(f.read({*own, *shared}, spans) for f, (own, shared) in read.items())]
        for span, mine, *others in zip(spans, *tables, strict=True):
            columns: Columns = dict(mine.columns)
            for other, (friend, (own, shared)) in zip(others, read.items(), strict=True):
                for name in shared:
                    self._check_order(friend, span, name, mine.columns[name], other.columns[name])
                columns |= {name: other.columns[name] for name in own}
            yield Table({name: columns[name] for name in names}, mine.length)

    def _numbers(self, friend: Source) -> list[str]:
        """Return the columns of event numbers that the main table and a friend both have."""
        infos, main = friend.columns(), self.main.columns()
        return [name for name in _NUMBERS if all(name in i and i[name].kind == "flat" for i in (infos, main))]

    def _check_order(self, friend: Source, span: Span, name: str, mine: NDArray[Any], other: NDArray[Any]) -> None:
        """Raise DataError unless two columns of whole numbers are the same."""
        if mine.dtype.kind in "iu" and other.dtype.kind in "iu" and (wrong := mine != other).any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"{self.name}: {name} is {mine[row]} at {self.position(span, row)}, but {other[row]} in its friend"
                f" {friend.name}; friends hold the same events in the same order"
            )

    def position(self, span: Span, row: int) -> str:
        """Return where an event stands in the main table."""
        return self.main.position(span, row)

    @property
    def sequential(self) -> bool:
        """Whether a piece can only be reached through those before it."""
        return any(source.sequential for source in self._sources())

    def in_pieces(self, rows: int) -> Self:
        """Return the tables in smaller pieces of the main one; see `Source.in_pieces`."""
        return replace(self, main=self.main.in_pieces(rows))

    def digest(self) -> str:
        """Return a digest of the main table and of its friends."""
        return digest([source.digest() for source in self._sources()])

    def _sources(self) -> tuple[Source, ...]:
        return (self.main, *self.others)

    def _columns(self) -> dict[str, tuple[Source, ColumnInfo]]:
        found: dict[str, tuple[Source, ColumnInfo]] = {}
        for source in self._sources():
            for name, info in source.columns().items():
                found.setdefault(name, (source, info))
        return found

    def _check_lengths(self) -> None:
        length = _rows(self.main)
        for friend in self.others:
            if (other := _rows(friend)) != length:
                raise DataError(
                    f"{self.main.name}: has {length} events, but its friend {friend.name} has {other}; "
                    "friends hold the same events in the same order"
                )


def _rows(source: Source) -> int:
    """Return the number of rows of a table whose spans are rows; DataError if they are bytes of a text."""
    spans = source.spans()
    first = next(iter(source.read((), spans[:1])))
    if first.length != spans[0].stop - spans[0].start:
        raise DataError(
            f"{source.name}: a text file cannot be read beside another, for where its rows begin is not known; "
            "write it as Parquet, HDF5 or ROOT"
        )
    return spans[-1].stop
