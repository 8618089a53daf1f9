"""Sources read piece by piece, here or by worker processes; what comes back is the same for any number of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.events.source import ColumnInfo, Source, Span, Table

__all__ = ["Piecework", "over_pieces"]

Result_co = TypeVar("Result_co", covariant=True)
_SPANS_A_TASK = 8
"""Pieces that one task reads from a file it opens once; enough that opening costs nothing, few enough to share out a file."""


class Piecework(Protocol[Result_co]):
    """What is done with each piece; picklable, and without memory of other pieces."""

    def names(self, there: Mapping[str, ColumnInfo], /) -> frozenset[str]:
        """Return the columns it needs of a source that has the columns ``there``."""
        ...

    def apply(
        self, source: Source, there: Mapping[str, ColumnInfo], span: Span, table: Table, /, *, first: bool
    ) -> Result_co:
        """Return what becomes of a piece; ``first`` says whether it is its source's first."""
        ...


@dataclass(frozen=True, slots=True)
class _Task(Generic[Result_co]):
    work: Piecework[Result_co]
    source: Source
    there: Mapping[str, ColumnInfo]
    spans: tuple[Span, ...]
    first: bool


def over_pieces(
    sources: Sequence[Source], work: Piecework[Result_co], workers: Workers | None = None
) -> list[list[Result_co]]:
    """Return, for each source, what becomes of each of its pieces, in order.

    Raises
    ------
    DataError
        If a source cannot be read, lacks a column, or the work cannot be done on its values.
    """
    # what lies in memory is not worth sending to another process
    away = None if workers is None or workers.inline or _in_memory(sources) else workers
    tasks = [
        (number, _Task(work, source, there, spans, first=not place))
        for number, source in enumerate(sources)
        for there in [dict(source.columns())]
        for place, spans in enumerate(_shared_out(source.spans(), whole=away is None or source.sequential))
    ]
    results: list[list[Result_co]] = [[] for _ in sources]
    done = run_map(_perform, [task for _, task in tasks], workers=away)
    for (number, _), pieces in zip(tasks, done, strict=True):
        results[number] += pieces
    return results


def _in_memory(sources: Sequence[Source]) -> bool:
    from fivesigma.events.formats.frames import Frame  # noqa: PLC0415 - who reads files alone does not wait for what frames need

    return any(isinstance(source, Frame) for source in sources)


def _shared_out(spans: Sequence[Span], *, whole: bool) -> Iterator[tuple[Span, ...]]:
    """Yield the pieces of each task: all, so that a source is opened once, where they are not shared out."""
    size = len(spans) if whole else _SPANS_A_TASK
    for first in range(0, len(spans), size):
        yield tuple(spans[first : first + size])


def _perform(task: _Task[Result_co], _shared: Shared) -> list[Result_co]:
    return list(_each(task))


def _each(task: _Task[Result_co]) -> Iterator[Result_co]:
    tables = task.source.read(task.work.names(task.there), task.spans)
    for place, (span, table) in enumerate(zip(task.spans, tables, strict=True)):
        yield task.work.apply(task.source, task.there, span, table, first=task.first and not place)
