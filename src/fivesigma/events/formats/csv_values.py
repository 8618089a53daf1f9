"""Words of a text table as numbers or as they are: which are numbers, which stand for a missing value, and of what type a column is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["as_array", "column_type", "first_word", "typed"]

_MISSING = ("", "nan", "+nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none")
_TRUTHS = ("true", "false")


def typed(words: pl.Series, expected: pl.DataType | None = None) -> pl.Series | None:
    """Return words as numbers or truths, missing ones as null; None if one of them is neither.

    Parameters
    ----------
    words
        Fields of a column.
    expected
        Type of the column, from its first rows: numbers and truths do not mix. Either will do if None.
    """
    if expected is not None and (numbers := _numbers(words, expected)) is not None:
        return numbers  # as they stand: nothing to strip, no words for missing values
    clean = _clean(words)
    if (numbers := _numbers(clean, expected)) is not None:
        return numbers
    truths = clean.str.to_lowercase()
    return truths == "true" if expected in (None, pl.Boolean) and truths.is_in(_TRUTHS).all() else None


def first_word(words: pl.Series, expected: pl.DataType | None = None) -> int:
    """Return which of the words, from 0, is the first that is neither missing nor a number (a truth if such are expected)."""
    return int(_others(_clean(words), expected).arg_true()[0])


def column_type(words: pl.Series) -> pl.DataType:
    """Return the type of a column from some of its words: ``String`` if half of them or more are no numbers."""
    if (numbers := typed(words)) is not None:
        return numbers.dtype
    clean = _clean(words)
    others = int(_others(clean, None).sum())
    return pl.String() if 2 * others >= len(clean) - clean.null_count() else pl.Float64()


def as_array(column: pl.Series) -> NDArray[Any]:
    """Return a column as an array of shape (n,), null as NaN in float64 or as the empty text; not copied where there is none."""
    if column.dtype == pl.String:
        return column.fill_null("").to_numpy()
    return (column.cast(pl.Float64).fill_null(np.nan) if column.null_count() else column).to_numpy()


def _clean(words: pl.Series) -> pl.Series:
    stripped = words.str.strip_chars()
    return stripped.set(stripped.str.to_lowercase().is_in(_MISSING), None)


def _numbers(words: pl.Series, expected: pl.DataType | None) -> pl.Series | None:
    """Return words as whole numbers if they are, else as fractions; None if they are no numbers, or truths are expected."""
    missing = words.null_count()
    if missing == len(words):
        return words.cast(pl.Float64)
    # unsigned first if so expected, so that all pieces are alike
    whole = (pl.UInt64, pl.Int64) if expected == pl.UInt64 else (pl.Int64, pl.UInt64)
    for kind in () if expected == pl.Boolean else (*whole, pl.Float64):
        numbers = words.cast(kind, strict=False)
        if numbers.null_count() == missing:
            return numbers
    return None


def _others(clean: pl.Series, expected: pl.DataType | None) -> pl.Series:
    if expected == pl.Boolean:
        return ~clean.str.to_lowercase().is_in(_TRUTHS) & clean.is_not_null()
    return clean.cast(pl.Float64, strict=False).is_null() & clean.is_not_null()
