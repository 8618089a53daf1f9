"""Values that stand for "not there"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fivesigma.core.errors import ExpressionError

__all__ = ["MissingValues"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValues:
    """Which values stand for "not there", and become NaN as they are read.

    Attributes
    ----------
    everywhere
        Such values in any column, as -9999; NaN itself may be among them, and only then may a file hold it.
    of_column
        Those of single columns, in addition.
    """

    everywhere: tuple[float, ...] = ()
    of_column: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def of(self, column: str) -> tuple[float, ...]:
        """Return the values that stand for "not there" in a column."""
        return (*self.everywhere, *self.of_column.get(column, ()))

    def holds_nan(self, column: str) -> bool:
        """Return whether the file itself may hold NaN in a column."""
        return any(np.isnan(value) for value in self.of(column))

    def replaced(self, column: str, values: Any) -> Any:
        """Return a column, numpy or awkward, with NaN (float64) where a value stands for "not there"; texts as they are.

        Raises
        ------
        ExpressionError
            If a value is declared for a column of texts by its name.
        """
        sentinels = [value for value in self.of(column) if not np.isnan(value)]
        if not sentinels:
            return values
        if isinstance(values, np.ndarray) and values.dtype.kind == "O":
            if column in self.of_column:
                raise ExpressionError(f"column {column!r} holds text; the number {sentinels[0]:g} is never in it")
            return values
        if isinstance(values, np.ndarray):
            return _flat(values, sentinels)
        import awkward as ak  # noqa: PLC0415 - who has no lists does not wait for awkward

        # only the numbers within the lists change; the lists stay as they are
        return ak.transform(
            lambda layout, **_: ak.contents.NumpyArray(_flat(layout.data, sentinels)) if layout.is_numpy else None,
            values,
        )


def _flat(values: np.ndarray[Any, Any], sentinels: Sequence[float]) -> np.ndarray[Any, Any]:
    absent = np.isin(values, np.asarray(sentinels).astype(values.dtype)) if values.dtype.kind == "f" else None
    if absent is None:
        absent = np.isin(values, sentinels)
    return np.where(absent, np.nan, values.astype(np.float64)) if absent.any() else values
