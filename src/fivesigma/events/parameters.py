"""Numbers that all events of a file share, as columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from fivesigma.core.errors import DataError
from fivesigma.core.numbers import digits
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
        """Return the source's columns and the parameters; a column of a parameter's name holds its value."""
        infos = {name: ColumnInfo(name=name, type="parameter", kind="flat") for name in self.parameters}
        return {**self.source.columns(), **infos}

    def spans(self) -> Sequence[Span]:
        """Return the source's spans."""
        return self.source.spans()

    def read(self, names: Collection[str], spans: Sequence[Span]) -> Iterator[Table]:
        """Yield the named columns of each span.

        Raises
        ------
        DataError
            As the source does, and if it has a column of a parameter's name that holds something else.
        """
        own = [name for name in self.parameters if name in names]
        there = self.source.columns() if own else {}
        for name in own:
            if name in there and there[name].kind != "flat":
                raise DataError(self._differs(name, f"holds {there[name].type}"))
        compared = [name for name in own if name in there]
        for span, table in zip(spans, self.source.read({*names} - {*own} | {*compared}, spans), strict=True):
            for name in compared:
                self._check(span, name, table.columns[name])
            constant = {name: np.full(table.length, self.parameters[name]) for name in own}
            yield Table({**table.columns, **constant}, table.length)

    def _check(self, span: Span, name: str, column: Any) -> None:
        """Raise DataError unless a column holds the parameter of its name, in single precision at least."""
        wrong = ~np.isclose(column, self.parameters[name], rtol=1e-6, atol=0)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(self._differs(name, f"is {column[row]} at {self.position(span, row)}"))

    def _differs(self, name: str, held: str) -> str:
        value = self.parameters[name]
        return (
            f"{self.name}: {name!r} is {digits(value)} by the name of the file, but its column of that name {held};"
            " call the placeholder something else"
        )

    def position(self, span: Span, row: int) -> str:
        """Return where an event stands."""
        return self.source.position(span, row)

    @property
    def sequential(self) -> bool:
        """Whether a piece can only be reached through those before it."""
        return self.source.sequential

    def in_pieces(self, rows: int) -> Self:
        """Return the source in smaller pieces; see `Source.in_pieces`."""
        return replace(self, source=self.source.in_pieces(rows))

    def digest(self) -> str:
        """Return the source's digest."""
        return self.source.digest()
