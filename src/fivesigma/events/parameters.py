"""Numbers that all events of a file share, as columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.events.source import ColumnInfo, Source, Span, Table

__all__ = ["Parametrised"]


@dataclass(frozen=True, slots=True)
class Parametrised:
    """A source with a further column for each parameter, such as the masses of a point of a signal grid."""

    source: Source
    parameters: Mapping[str, float]

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.source.name

    def columns(self) -> Mapping[str, ColumnInfo]:
        """Return the source's columns and the parameters; a parameter hides a column of its name."""
        infos = {name: ColumnInfo(name=name, type="parameter", kind="flat") for name in self.parameters}
        return {**self.source.columns(), **infos}

    def spans(self) -> Sequence[Span]:
        """Return the source's spans."""
        return self.source.spans()

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span; errors are the source's."""
        own = [name for name in self.parameters if name in names]
        for table in self.source.read(set(names) - set(own), spans):
            constant = {name: np.full(table.length, self.parameters[name]) for name in own}
            yield Table({**table.columns, **constant}, table.length)

    def position(self, span: Span, row: int) -> str:
        """Return where an event stands."""
        return self.source.position(span, row)

    @property
    def sequential(self) -> bool:
        """Whether a piece can only be reached through those before it."""
        return self.source.sequential

    def digest(self) -> str:
        """Return the source's digest."""
        return self.source.digest()
