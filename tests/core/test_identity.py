"""Identifiers and folds depend on who an event is and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import (
    derive_seed,
    digest,
    entry_ids,
    fold_of,
    ids_from_columns,
    text_key,
    text_keys,
)


def test_folds_are_even():
    folds = fold_of(entry_ids("file", np.arange(100_000)), seed=42, folds=5)
    counts = np.bincount(folds, minlength=5)
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("folds", [128, 200, 0, -1])
def test_more_folds_than_their_numbers_hold_are_refused(folds):
    with pytest.raises(FivesigmaError, match=f"events are split into 1 to 127 folds, not {folds}"):
        fold_of(entry_ids("file", np.arange(3)), seed=1, folds=folds)


def test_as_many_folds_as_their_numbers_hold():
    fold = fold_of(entry_ids("file", np.arange(10_000)), seed=1, folds=127)
    assert (fold.min(), fold.max()) == (0, 126)


def test_folds_of_two_seeds_are_independent():
    ids = entry_ids("file", np.arange(100_000))
    table = np.zeros((5, 5))
    np.add.at(table, (fold_of(ids, seed=1, folds=5), fold_of(ids, seed=2, folds=5)), 1)
    assert stats.chi2_contingency(table).pvalue > 1e-3


@given(st.permutations(range(40)), st.integers(2, 10), st.integers(0, 2**31))
def test_folds_follow_the_event_wherever_it_stands(order, folds, seed):
    ids = entry_ids("file", np.arange(40))
    np.testing.assert_array_equal(
        fold_of(ids[order], seed=seed, folds=folds), fold_of(ids, seed=seed, folds=folds)[order]
    )


def test_an_entry_keeps_its_identifier_whatever_chunk_it_is_read_in():
    whole = entry_ids("file", np.arange(1000))
    np.testing.assert_array_equal(
        np.concatenate([entry_ids("file", np.arange(0, 300)), entry_ids("file", np.arange(300, 1000))]), whole
    )
    assert len(np.unique(np.concatenate([whole, entry_ids("another", np.arange(1000))]))) == 2000


def test_integers_count_by_value_and_floats_by_bits():
    numbers = np.array([1, 2, 3])
    np.testing.assert_array_equal(
        ids_from_columns([numbers.astype(np.int16)]), ids_from_columns([numbers.astype(np.uint64)])
    )
    assert ids_from_columns([np.array([0.0])]) == ids_from_columns([np.array([-0.0])])
    assert ids_from_columns([np.array([0.1])]) != ids_from_columns([np.array([np.nextafter(0.1, 1)])])


def test_a_fraction_elsewhere_in_a_column_changes_no_identifier():
    """One blind row with a fraction turns a column of whole numbers in a CSV into floats."""
    whole, mixed = np.array([3, 4, 5]), np.array([3.0, 4.0, 5.5])
    np.testing.assert_array_equal(ids_from_columns([whole])[:2], ids_from_columns([mixed])[:2])
    assert ids_from_columns([whole])[2] != ids_from_columns([mixed])[2]


def test_run_and_event_are_not_interchangeable():
    one, two = np.array([1]), np.array([2])
    assert ids_from_columns([one, two]) != ids_from_columns([two, one])


def test_identifiers_and_seeds_stay_what_they_were():
    # a change here would silently reshuffle the folds of every stored model
    assert entry_ids("file", np.arange(2)).tolist() == [2889853312806570121, 5833311759689330536]
    assert ids_from_columns([np.array([200519]), np.array([7])]).tolist() == [14053983772509776450]
    assert derive_seed(42, "trees", 0) == 1302505952


def test_seeds_differ_by_name():
    seeds = {derive_seed(42, name, fold) for name in ("trees", "forest") for fold in range(5)}
    assert len(seeds) == 10
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_digest_knows_no_order_of_keys():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))


def test_texts_count_by_their_letters_whatever_holds_them():
    words = ["s", "b", "", "ℓ", "s"]
    ids = ids_from_columns([np.array(words, dtype=object)])
    for column in (np.array(words), np.array(words, dtype=np.dtypes.StringDType())):
        np.testing.assert_array_equal(ids_from_columns([column]), ids)
    assert len(set(ids.tolist())) == 4
    assert ids[0] == ids[4]
    # the same in every process, which Python's own hash of a text is not
    assert text_keys(np.array(["s"], dtype=object)).tolist() == [int(text_key("s"))] == [0xBD72C57487713A04]


def test_a_text_is_no_number():
    ids = ids_from_columns([np.array(["12", "12.0"], dtype=object)])
    assert ids[0] != ids[1]
    assert ids[0] != ids_from_columns([np.array([12])])[0]
