"""Words of a text table as numbers: which are numbers, which stand for a missing value, and of what type a column is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["as_array", "column_type", "first_word", "typed"]

_MISSING = ("", "nan", "+nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none")
_TRUTHS = ("true", "false")


def typed(words: pl.Series) -> pl.Series | None:
    """Return words as whole numbers, fractions or truths, missing ones as null, or None if one of them is neither."""
    clean = _clean(words)
    missing = clean.null_count()
    if missing == len(clean):
        return clean.cast(pl.Float64)
    for kind in (pl.Int64, pl.UInt64, pl.Float64):
        numbers = clean.cast(kind, strict=False)
        if numbers.null_count() == missing:
            return numbers
    truths = clean.str.to_lowercase()
    return truths == "true" if truths.is_in(_TRUTHS).all() else None


def first_word(words: pl.Series) -> int:
    """Return which of the words, from 0, is the first that is neither number nor missing; a truth is none."""
    return int(_no_numbers(_clean(words)).arg_true()[0])


def column_type(words: pl.Series) -> pl.DataType:
    """Return the type of a column from some of its words: ``String`` if half of them or more are no numbers."""
    if (numbers := typed(words)) is not None:
        return numbers.dtype
    clean = _clean(words)
    others = int(_no_numbers(clean).sum())
    return pl.String() if 2 * others >= len(clean) - clean.null_count() else pl.Float64()


def as_array(column: pl.Series) -> NDArray[Any]:
    """Return a column as an array of shape (n,), null as NaN in float64; not copied where there is none."""
    return (column.cast(pl.Float64).fill_null(np.nan) if column.null_count() else column).to_numpy()


def _clean(words: pl.Series) -> pl.Series:
    stripped = words.str.strip_chars()
    return stripped.set(stripped.str.to_lowercase().is_in(_MISSING), None)


def _no_numbers(clean: pl.Series) -> pl.Series:
    return clean.cast(pl.Float64, strict=False).is_null() & clean.is_not_null()
