"""What becomes of each event as it is read: weighed, shifted, blinded, cut, and reduced to what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, UInts
from fivesigma.core.errors import DataError, ExpressionError
from fivesigma.core.expression_operands import UnequalListsError
from fivesigma.core.expressions import Expression
from fivesigma.core.identity import ids_from_columns
from fivesigma.core.sample import Kind, Variation
from fivesigma.events.absence import absent, lost_for_lack
from fivesigma.events.blinding import Blinding
from fivesigma.events.cross_section import CrossSection
from fivesigma.events.identify import Identity, identity_of
from fivesigma.events.missing import MissingValues
from fivesigma.events.selected import Selected, Tally
from fivesigma.events.source import ColumnInfo, Columns, Source, Span, Table
from fivesigma.events.summaries import Summary
from fivesigma.events.usable import LARGEST_WEIGHT, require_finite, tell, within

__all__ = ["Selection"]

_MOST_SUMS = 1000
"""Different sums of weights in one piece: more are no sums, but a column of something else."""
_NAN_HINT = "; `missing: [nan]` lets models see events that lack a value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is done with every event of a sample.

    Attributes
    ----------
    kind
        Data count one each and take no weight.
    cuts
        Conditions by name, in their order.
    keep
        What is kept of an event: expressions by name, None for a column as it is.
    weight
        Expected events, or with a ``cross_section`` the weight that it scales; 1 if None.
    weights
        The same for variations that touch weights only.
    cross_section
        What scales weights to expected events, if they are not that already.
    missing
        Values that stand for "not there"; None if nothing may be missing.
    shift
        Columns of a variation, from the nominal ones; everything is computed from these.
    id_columns
        Columns that identify an event; recognised by name if empty.
    blinding
        Data events that are dropped before anything is counted.
    draw
        Which events a draw chooses from, if there is one.
    together
        Whether events are counted together, after duplicates are removed or a number of them is drawn.
    watch
        Whether columns are summed up in the first piece of a source.
    """

    kind: Kind
    cuts: Mapping[str, Expression]
    keep: Mapping[str, Expression | None]
    weight: Expression | None = None
    weights: Mapping[Variation, Expression] = field(default_factory=dict)
    cross_section: CrossSection | None = None
    missing: MissingValues | None = None
    shift: Mapping[str, Expression] = field(default_factory=dict)
    id_columns: tuple[str, ...] = ()
    blinding: Blinding | None = None
    draw: Expression | None = None
    together: bool = False
    watch: bool = False

    def names(self, there: Mapping[str, ColumnInfo]) -> frozenset[str]:
        """Return the columns to be read of a source that has the columns ``there``."""
        return self.used | set(identity_of(self, there).columns)

    @property
    def used(self) -> frozenset[str]:
        """The columns to be read where nobody asks who an event is.

        What is shifted is read though nothing may ask for it: a column that is not there shifts nothing, and is told.
        """
        computed = self._computed | self._direct
        shifted = (expression.names for name, expression in self.shift.items() if name in computed)
        return computed.union(*shifted, self.shift)

    @property
    def _direct(self) -> frozenset[str]:
        return frozenset(name for name, expression in self.keep.items() if expression is None)

    @property
    def _computed(self) -> frozenset[str]:
        """The columns that expressions name."""
        expressions: list[Expression | CrossSection | Blinding] = [*self._looked_at]
        if self.kind != "data":
            expressions += [part for part in (self.weight, self.cross_section) if part is not None]
            expressions += self.weights.values()
        expressions += [part for part in (self.draw, self.blinding) if part is not None]
        return frozenset[str]().union(*(part.names for part in expressions))

    @property
    def _looked_at(self) -> list[Expression]:
        return [*self.cuts.values(), *(expression for expression in self.keep.values() if expression is not None)]

    def apply(
        self, source: Source, there: Mapping[str, ColumnInfo], span: Span, table: Table, *, first: bool
    ) -> Selected:
        """Return what is left of a piece of a source.

        Raises
        ------
        DataError
            Naming the file, and where it can the row: if an expression does not fit the columns, a weight is not finite, or a
            value that is kept is infinite, or missing where nothing may be.
        """
        with _named(source, span):
            return self._applied(source, identity_of(self, there), span, table, first=first)

    def passing(self, source: Source, span: Span, table: Table) -> tuple[Columns, Floats, Mapping[float | None, float]]:
        """Return ``columns``, ``weight`` and ``generated`` as `apply` does, without a look at who the events are.

        Of the columns of the source, those `used` will do.
        """
        with _named(source, span):
            columns = self._prepared(table)
            weight, generated = self._weighed(source, span, columns, table.length)
            alive = self._visible(columns, table.length)
            for cut in self.cuts.values():
                alive &= cut.mask(columns, table.length)
            rows = np.flatnonzero(alive)
            return self._kept(source, span, columns, rows, table), weight.take(rows), generated

    def _applied(self, source: Source, identity: Identity, span: Span, table: Table, *, first: bool) -> Selected:
        ids = identity.ids(source, span, table)
        columns = self._prepared(table)
        weight, generated = self._weighed(source, span, columns, table.length)
        weights = {key: self._factor(columns, table.length, w)[0] for key, w in self._varied()}
        for key, varied in weights.items():
            require_finite(source, span, varied, f"weight of {key.systematic} {key.label}")
        seen = self._visible(columns, table.length)
        chosen = self.draw.mask(columns, table.length) if self.draw is not None else None
        # what is drawn does not depend on what is blind
        counted = np.flatnonzero(seen if chosen is None else seen | chosen) if self.together else None
        alive, passed = seen.copy(), np.zeros(table.length if self.together else 0, dtype=np.int32)
        rows = np.flatnonzero(alive)
        tallies = [Tally.of(weight, rows)]
        for cut in self.cuts.values():
            fulfilled = cut.mask(columns, table.length)
            lost = lost_for_lack(cut, columns, alive & ~fulfilled)
            alive &= fulfilled
            rows = np.flatnonzero(alive)
            tallies.append(Tally.of(weight, rows, lost))
            if self.together:
                passed += alive
        return Selected(
            columns=self._kept(source, span, columns, rows, table),
            weight=weight.take(rows),
            weights={key: varied.take(rows) for key, varied in weights.items()},
            id=ids.take(rows),
            length=table.length,
            tallies=tuple(tallies),
            generated=generated,
            summaries=self._summed_up(columns, np.flatnonzero(seen)) if first and self.watch else {},
            passed=passed[counted] if counted is not None else None,
            roll=ids[counted] if counted is not None else None,
            weighed=weight[counted] if counted is not None else None,
            chosen=chosen[counted] if counted is not None and chosen is not None else None,
            seen=seen[counted] if counted is not None else None,
            content=_content(table)[counted] if counted is not None and self.kind != "data" else None,
        )

    def _visible(self, columns: Columns, length: int) -> Bools:
        """Return which events may be looked at."""
        if self.blinding is None:
            return np.ones(length, dtype=np.bool_)
        return ~self.blinding.hidden(columns, length)

    def _summed_up(self, columns: Columns, visible: Any) -> dict[str, Summary]:
        names = frozenset[str]().union(*(expression.names for expression in self._looked_at))
        return {name: Summary.of(columns[name][visible]) for name in sorted(names) if _is_numeric(columns[name])}

    def _prepared(self, table: Table) -> Columns:
        """Return the columns with sentinels replaced and shifts made."""
        columns = dict(table.columns)
        if self.missing is not None:
            columns = {name: self.missing.replaced(name, values) for name, values in columns.items()}
        shifted = {
            name: expression.column(columns, table.length)
            for name, expression in self.shift.items()
            if expression.names <= set(columns)
        }
        return columns | shifted

    def _varied(self) -> Iterator[tuple[Variation, Expression]]:
        return iter(self.weights.items() if self.kind != "data" else ())

    def _weighed(
        self, source: Source, span: Span, columns: Columns, length: int
    ) -> tuple[Floats, dict[float | None, float]]:
        if self.kind == "data":
            return np.ones(length), {}
        weight, generated = self._factor(columns, length, self.weight)
        if not within(weight, LARGEST_WEIGHT):
            self._require_factors(source, span, columns, length)
        require_finite(source, span, weight, "weight")
        return weight, generated

    def _require_factors(self, source: Source, span: Span, columns: Columns, length: int) -> None:
        """Raise DataError naming the factor of the weight that is no number, or the sum that nothing is divided by."""
        scale = {} if self.cross_section is None else self.cross_section.factors
        for what, factor in {**({} if self.weight is None else {"weight": self.weight}), **scale}.items():
            values = factor.values(columns, length)
            require_finite(source, span, values, f"{what} {factor}")
            if what == "sum_of_weights" and not values.all():
                tell(source, span, values == 0, f"{what} {factor}", "zero")

    def _factor(
        self, columns: Columns, length: int, weight: Expression | None
    ) -> tuple[Floats, dict[float | None, float]]:
        values = np.ones(length) if weight is None else weight.values(columns, length)
        if self.cross_section is None:
            return values, {}
        generated = self.cross_section.generated(columns, length)
        declared = self.cross_section.declared(columns, length)
        scaled = values * self.cross_section.factor(columns, length)
        if generated is None:
            generated = values
        else:
            scaled = scaled * generated
        if declared is None:
            return scaled, {None: float(generated.sum())}
        if self.cross_section.skimmed:
            return scaled, {}
        sums = np.unique(declared)
        if len(sums) > _MOST_SUMS:
            raise ExpressionError(
                f"sum_of_weights {self.cross_section.sum_of_weights} has {len(sums)} values in {length} events;"
                " it is one number for all that was generated together"
            )
        return scaled, {float(each): float(generated[declared == each].sum()) for each in sums}

    def _kept(self, source: Source, span: Span, columns: Columns, rows: Ints, table: Table) -> Columns:
        needed = self._direct.union(*(e.names for e in self.keep.values() if e is not None))
        events = columns if len(rows) == table.length else {name: columns[name][rows] for name in needed}
        kept: Columns = {}
        for name, expression in self.keep.items():
            if expression is None:
                kept[name] = events[name]
                continue
            with _counted_in(rows):
                kept[name] = expression.values(events, len(rows))
            shifted = [
                f", {column} shifted to {self.shift[column]}" for column in sorted(expression.names & set(self.shift))
            ]
            what = f"{name!r} ({expression}{''.join(shifted)})"
            self._require_there(source, span, rows, what, kept[name], self._origins(expression), table)
        return kept

    def _origins(self, expression: Expression) -> frozenset[str]:
        """Return the columns of the source that an expression is made of."""
        shifted = [self.shift[name].names for name in expression.names if name in self.shift]
        return frozenset(name for name in expression.names if name not in self.shift).union(*shifted)

    def _require_there(
        self, source: Source, span: Span, rows: Ints, what: str, values: Floats, origins: frozenset[str], table: Table
    ) -> None:
        """Raise DataError unless values are there, or are missing because a column of the source says so."""
        if within(values, float(np.finfo(np.float32).max)):
            return
        unusable = ~(np.abs(values) <= np.finfo(np.float32).max)
        read = {name: table.columns[name][rows] for name in origins if name in table.columns}
        declared, lacking = self._declared(read, len(rows)), np.isnan(values) & absent(origins, read, len(rows))
        undeclared = lacking & ~declared
        computed = unusable & ~lacking & ~(declared & np.isnan(values))
        for wrong, how, hint in ((computed, "is NaN or infinite", ""), (undeclared, "is not there", _NAN_HINT)):
            if wrong.any():
                first = source.position(span, int(rows[np.argmax(wrong)]))
                raise DataError(
                    f"{source.name}: {what} {how} in {np.count_nonzero(wrong)} of {len(values)} selected events,"
                    f" the first of them {first}{hint}"
                )

    def _declared(self, read: Columns, length: int) -> Bools:
        """Return which events lack a value of a column by what is declared as "not there"; lists may lack one if anything is."""
        if self.missing is None:
            return np.zeros(length, dtype=np.bool_)
        replaced = {name: self.missing.replaced(name, values) for name, values in read.items()}
        nan = {name: values for name, values in read.items() if not self.missing.holds_nan(name)}
        return absent(replaced, replaced, length) & ~absent(nan, nan, length, jagged=False)


def _content(table: Table) -> UInts:
    """Return what stands for all numbers and texts of each event, shape (n,); numbers of simulated events may start anew."""
    flat = [table.columns[name] for name in sorted(table.columns) if isinstance(table.columns[name], np.ndarray)]
    return ids_from_columns(flat) if flat else np.zeros(table.length, dtype=np.uint64)


def _is_numeric(column: Any) -> bool:
    return not isinstance(column, np.ndarray) or column.dtype.kind in "iuf"


@contextmanager
def _named(source: Source, span: Span) -> Iterator[None]:
    """Tell of which file it is that an expression does not fit, and where that can be said of which event."""
    try:
        yield
    except UnequalListsError as error:
        raise DataError(f"{source.name}: {error.what}, first {source.position(span, error.event)}") from error
    except ExpressionError as error:
        raise DataError(f"{source.name}: {error}") from error


@contextmanager
def _counted_in(rows: Ints) -> Iterator[None]:
    """Count events as the piece has them, where an expression has some of its rows only."""
    try:
        yield
    except UnequalListsError as error:
        raise UnequalListsError(error.what, int(rows[error.event])) from error
