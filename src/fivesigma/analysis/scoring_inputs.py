"""What a model sees of a piece of a file, and of which events it cannot be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fivesigma.analysis.schema import Configuration
from fivesigma.core.arrays import Bools, Floats, UInts
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, ExpressionError
from fivesigma.core.expressions import Expression
from fivesigma.core.numbers import digits
from fivesigma.core.sample import SampleInfo
from fivesigma.events.absence import absent
from fivesigma.events.files import filled
from fivesigma.events.given import missing_of
from fivesigma.events.missing import MissingValues
from fivesigma.events.source import Columns, Table
from fivesigma.learning.fitted_model import FittedModel

__all__ = ["Seen", "ToSee", "to_see"]

_ANY = SampleInfo(name="", kind="background")
"""The sample that events are of: a model asks for none."""
_COLUMN = "column"
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Events as a model sees them, those of which something cannot be computed left out.

    Attributes
    ----------
    dataset
        The m events.
    computed
        Which of the n events of the piece they are, shape (n,).
    lacking
        In how many events each input cannot be computed, by its name.
    """

    dataset: Dataset
    computed: Bools
    lacking: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSee:
    """What a model takes of events.

    Attributes
    ----------
    inputs, observables
        Expressions by name.
    missing
        Values that stand for "not there"; None if nothing may be missing.
    needs_all
        Whether an event without one of them has no score, missing or not.
    """

    inputs: Mapping[str, Expression]
    observables: Mapping[str, Expression]
    missing: MissingValues | None
    needs_all: bool

    @property
    def names(self) -> frozenset[str]:
        """The columns to be read."""
        return frozenset[str]().union(*(each.names for each in self._expressions.values()))

    @property
    def _expressions(self) -> dict[str, Expression]:
        return {**self.inputs, **self.observables}

    def of(self, where: str, table: Table, ids: UInts) -> Seen:
        """Return what is seen of a piece.

        Raises
        ------
        DataError
            Naming ``where``, if an expression does not fit the columns.
        """
        columns = {name: table.columns[name] for name in self.names}
        prepared = columns
        if self.missing is not None:
            prepared = {name: self.missing.replaced(name, values) for name, values in columns.items()}
        values, lacking = {}, {}
        computed = np.ones(table.length, dtype=np.bool_)
        for name, expression in self._expressions.items():
            try:
                values[name] = expression.values(prepared, table.length)
            except ExpressionError as error:
                raise DataError(f"{where}: {name!r}: {error}") from error
            usable = self._usable(expression, values[name], columns)
            computed &= usable
            lacking[name] = int(np.count_nonzero(~usable))
        dataset = self._dataset({name: column[computed] for name, column in values.items()}, ids[computed])
        return Seen(dataset=dataset, computed=computed, lacking={name: n for name, n in lacking.items() if n})

    def _usable(self, expression: Expression, values: Floats, columns: Columns) -> Bools:
        """Return which events, shape (n,), have a value, or lack it because their file says so and may."""
        there = np.abs(values) <= _LARGEST
        if there.all() or self.missing is None or self.needs_all:
            return there
        read = {name: columns[name] for name in expression.names}
        replaced = {name: self.missing.replaced(name, column) for name, column in read.items()}
        undeclared = {name: column for name, column in read.items() if not self.missing.holds_nan(name)}
        declared = absent(replaced, replaced, len(values)) & ~absent(undeclared, undeclared, len(values), jagged=False)
        return there | (np.isnan(values) & declared)

    def _dataset(self, values: Mapping[str, Floats], ids: UInts) -> Dataset:
        columns = [values[name].astype(np.float32) for name in self.inputs]
        return Dataset(
            X=np.stack(columns, axis=1) if columns else np.empty((len(ids), 0), dtype=np.float32),
            inputs=tuple(self.inputs),
            observables={name: values[name] for name in self.observables},
            weight=np.ones(len(ids)),
            id=ids,
            sample=np.zeros(len(ids), dtype=np.int16),
            samples=(_ANY,),
        )


def to_see(model: FittedModel, config: Configuration) -> ToSee:
    """Return what a model takes of events, at any point of its grid."""
    spec = model.spec
    points = [dict(zip(spec.parametrised, map(digits, point), strict=True)) for point in model.points]
    wanted = {filled(name, point) for point in points for name in spec.inputs}

    def expressions(columns: Mapping[str, str]) -> dict[str, Expression]:
        return {name: Expression(text) for name, text in columns.items() if name in wanted}

    return ToSee(
        inputs=expressions(config.features.inputs),
        observables=expressions(config.features.observables),
        missing=missing_of(config.events.missing),
        needs_all=spec.use == _COLUMN,
    )
