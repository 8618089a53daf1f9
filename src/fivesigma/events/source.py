"""A table of events, wherever it lies: which columns it has, and any piece of it.

What reads events knows no format: it asks a `Source` for its columns and for spans of rows. Each format has a module that
makes one (`root_files`, `csv_files`, `parquet_files`, `hdf5_files`, `frames`), `friends` puts tables of one length side by side, and `formats` finds
the right module for a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, Self, TypeAlias

__all__ = ["ColumnInfo", "ColumnKind", "Columns", "Source", "Span", "Table"]

Columns: TypeAlias = dict[str, Any]
"""Values by name: numpy arrays of shape (n,), of objects of type str where a column holds texts; or awkward arrays of n lists of
numbers where a column is jagged."""
ColumnKind: TypeAlias = Literal["flat", "jagged", "text", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """A column before it is read: its name, its type as the file calls it, and what can be done with it.

    ``kind`` is "flat" for a number or boolean an event, "jagged" for a list of them, "text" for words, "other" for what no
    expression can use (structures, lists of lists, objects).
    """

    name: str
    type: str
    kind: ColumnKind


class Span(NamedTuple):
    """A piece of a source from ``start`` up to ``stop``, in the source's own unit: rows, or bytes of a text file."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Table:
    """Some columns of a piece of a source, and its number of events (needed where no column is read)."""

    columns: Columns
    length: int


class Source(Protocol):
    """A table of events in a file or in memory; small and picklable, so that workers can read pieces of it."""

    @property
    def name(self) -> str:
        """What messages call it: the path as the user gave it, with the tree where a file holds several."""
        ...

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return what columns there are, in the file's order; DataError if it cannot be read."""
        ...

    def spans(self) -> Sequence[Span]:
        """Return pieces that follow one another and together are all events, each small enough to hold in memory.

        They depend on the source alone, never on who reads it or how many do.
        """
        ...

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span in turn; the file is opened once.

        Numbers come in the machine's byte order; null becomes NaN (in float64), in flat columns and within lists. Texts come
        as the file has them; null becomes the empty text. Whether a text is welcome is for those to say who asked for it.

        Raises
        ------
        DataError
            Naming file, column and, where there are any, rows (counted from 1 as in the file; for text files lines): if a
            column is missing (the nearest names are offered) or holds neither numbers nor texts, or the file is damaged.
        """
        ...

    def position(self, span: Span, row: int) -> str:
        """Return where the ``row``-th event of a span (from 0) stands, as messages say it: "entry 17", "line 18"."""
        ...

    @property
    def sequential(self) -> bool:
        """Whether a piece can only be reached through those before it, so that one reader reads best them all."""
        ...

    def in_pieces(self, rows: int) -> Self:
        """Return the same events in pieces of about so many rows at most, where pieces are counted in rows."""
        ...

    def digest(self) -> str:
        """Return a short digest of the content, from which events without identifying columns get theirs."""
        ...
