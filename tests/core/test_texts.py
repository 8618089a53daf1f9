"""Columns of texts from any array that holds some."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fivesigma.core.texts import as_texts

STRING = np.dtypes.StringDType
WORDS = ["s", "", "it's", "ℓ ", "2"]


@pytest.mark.parametrize(
    "column",
    [
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        np.array([np.str_(word) for word in WORDS], dtype=object),
        np.array(WORDS, dtype=STRING()),
        np.array([word.encode() for word in WORDS]),
        np.asarray(pd.Series(WORDS)),
        np.asarray(pd.Series(WORDS, dtype="category")),
        np.asarray(pl.Series(WORDS)),
        np.asarray(pa.array(WORDS)),
    ],
    ids=lambda column: str(column.dtype),
)
def test_any_type_of_text(column):
    texts = as_texts(column)
    assert texts.tolist() == WORDS
    assert texts.dtype == object
    assert {type(text) for text in texts} == {str}


@pytest.mark.parametrize(
    "column",
    [
        np.array(["s", None], dtype=object),
        np.array(["s", np.nan], dtype=object),
        np.array(["s", pd.NA], dtype=object),
        np.array(["s", None], dtype=STRING(na_object=None)),
        np.array(["s", np.nan], dtype=STRING(na_object=np.nan)),
        np.ma.masked_array(["s", "b"], [False, True]),
        np.ma.masked_array(np.array(["s", "b"], dtype=object), [False, True]),
        np.ma.masked_array([b"s", b"b"], [False, True]),
    ],
    ids=lambda column: f"{type(column).__name__} {column.dtype}",
)
def test_missing_ones_are_empty(column):
    before = column.copy()
    assert as_texts(column).tolist() == ["s", ""]
    assert repr(column) == repr(before)


def test_what_ends_in_a_zero_byte_and_what_is_no_utf_8():
    assert as_texts(np.array(["a\0", "a"], dtype=object)).tolist() == ["a\0", "a"]
    assert as_texts(np.array([b"caf\xe9"])).tolist() == ["caf\N{REPLACEMENT CHARACTER}"]


def test_none_at_all():
    assert as_texts(np.empty(0, dtype=object)).tolist() == []
    assert as_texts(np.array([""], dtype=object)).tolist() == [""]


@pytest.mark.parametrize(
    "column",
    [
        np.array([1.0]),
        np.array([True]),
        np.array(["2012-07-04"], dtype="M8[D]"),
        np.array(["s", 2], dtype=object),
        np.array(["s", b"b"], dtype=object),
        np.array(["s", np.inf], dtype=object),
        np.array([None, None], dtype=object),
        np.array([["s"], None], dtype=object),
    ],
    ids=str,
)
def test_what_holds_anything_else_is_none(column):
    assert as_texts(column) is None
