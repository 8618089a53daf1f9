"""Texts in expressions: columns of words compared with words, and all else refused in words."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expressions import Expression

COLUMNS = {
    "Label": np.array(["s", "b", "it's", ""], dtype=object),
    "other": np.array(["s", "s", "x", "y"]),
    "jet-tag": np.array(["b", "c", "b", "light"]),
    "Jet.tag": np.array(["b", "c", "b", "light"], dtype=np.dtypes.StringDType()),
    "m": np.array([1.0, 2.0, 3.0, np.nan]),
    "n": np.array([1, 2, 3, 4]),
    "flag": np.array([True, False, True, False]),
    "x": ak.Array([[1.0], [], [2.0, 3.0], []]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Label == 's'", [1, 0, 0, 0]),
        ('Label == "s"', [1, 0, 0, 0]),
        ("'s' == Label", [1, 0, 0, 0]),
        ("Label != 's'", [0, 1, 1, 1]),
        ("Label in ('s', 'b')", [1, 1, 0, 0]),
        ("Label in ['s']", [1, 0, 0, 0]),
        ("Label in ('s',)", [1, 0, 0, 0]),
        ("Label not in ('s', 'b')", [0, 0, 1, 1]),
        ('Label == "it\'s"', [0, 0, 1, 0]),
        (r"Label == 'it\'s'", [0, 0, 1, 0]),
        (r"Label == '\x73'", [1, 0, 0, 0]),
        ("Label == ''", [0, 0, 0, 1]),
        ("Label == 'S'", [0, 0, 0, 0]),
        ("Label == 's '", [0, 0, 0, 0]),
        ("Label == ('s')", [1, 0, 0, 0]),
        ("Label == 's' and n < 3 || flag", [1, 0, 1, 0]),
        ("(Label == 's') | (other == 's')", [1, 1, 0, 0]),
        ("!(Label == 's')", [0, 1, 1, 1]),
        ("'b' != Label != 's'", [0, 0, 1, 1]),
        ("`jet-tag` == 'b'", [1, 0, 1, 0]),
        ("Jet.tag in ('c', 'light')", [0, 1, 0, 1]),
        ("`Jet.tag` != 'b'", [0, 1, 0, 1]),
        ("where(Label == 's', n, -n) > 0", [1, 0, 0, 0]),
        ("flag if Label == 's' else n == 2", [1, 1, 0, 0]),
        ("count(x > 1) == 2 and Label != 's'", [0, 0, 1, 0]),
        ('count(x > 1 and Label == "it\'s") == 2', [0, 0, 1, 0]),
    ],
)
def test_conditions(text, expected):
    assert Expression(text).mask(COLUMNS).tolist() == [bool(e) for e in expected]


def test_a_condition_on_words_is_one_like_any_other():
    assert Expression("2 * (Label == 's') + n").values(COLUMNS).tolist() == [3, 2, 3, 4]
    assert Expression("Label == 's'").column(COLUMNS).tolist() == [True, False, False, False]
    assert Expression("x[Label != 's']").column(COLUMNS).to_list() == [[], [], [2, 3], []]


def test_names_are_the_columns_and_not_the_words():
    assert Expression("process in ('ttbar', 'st') and m > 1").names == {"process", "m"}
    assert Expression("'pi and `m`' == `a b`").names == {"a b"}
    assert str(Expression("Label == 's'")) == "Label == 's'"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("'text'", "'text' has no place here; a text is compared with a column, as in label == 's'"),
        ("Label + 's'", "'s' has no place here"),
        ("abs('s')", "'s' has no place here"),
        ("not 's'", "'s' has no place here"),
        ("Label == 's' or 'b'", "'b' has no place here"),
        ("m if 's' else n", "'s' has no place here"),
        ("where(flag, 's', 'b') == Label", "not with \"where|'s' has no place here"),
        ("Label['s']", "'s' has no place here"),
        ("Label == -'s'", "'s' has no place here"),
        ("Label < 's'", "texts are compared by ==, != and `in"),
        ("'a' <= Label < 'b'", "texts are compared by ==, != and `in"),
        ("'s' == 's'", "compares two texts"),
        ("Label == 's' == 'b'", "compares two texts"),
        ("'s' in ('s', 'b')", "the column stands before `in`"),
        ("'s' in (Label, other)", "the column stands before `in`"),
        ("Label in ('s', 1)", "a list holds texts or numbers, not both"),
        ("Label in ('s', other)", "a list holds texts or numbers, not both"),
        ("Label in 's'", r"takes a list, as in \('s',\), with a comma"),
        ("Label in ('s')", r"takes a list, as in \('s',\), with a comma"),
        ("Label in ('s', ('b', 'c'))", "not both"),
        ("'s' in Label", "takes a list"),
        ("Label in ()", "takes a list"),
        ("pi == 's'", "with a column as it is, not with 'pi'"),
        ("abs(m) == 's'", r"with a column as it is, not with 'abs\(m\)'"),
        ("1 == 's'", "with a column as it is, not with '1'"),
        ("m + 1 in ('s', 'b')", r"with a column as it is, not with 'm \+ 1'"),
        ("Label == 's' 'b'", "two texts side by side, the first of them 's'; is a comma missing"),
        ("Label in ('s'\n 'b')", "is a comma missing"),
        ("Label == '''s'''", "two texts side by side"),
        ("Label == f's'", "with nothing before them, not as f's'"),
        ("Label == f'{m}'", "with nothing before them, not as f'{m}'"),
        ("Label == b's'", "with nothing before them, not as b's'"),
        ("Label == r's'", "with nothing before them, not as r's'"),
        ("Label == Rb's'", "with nothing before them, not as Rb's'"),
        ("Label == 's", "a text that begins with ' does not end with it"),
        ("Label == \"s'", 'a text that begins with " does not end with it'),
        ("Label == 's\nb'", "a text that begins with ' does not end with it"),
        (r"Label == 'C:\data'", r"a backslash is written twice: '\\\\'"),
        ("Label is 's'", "no place"),
        ("Label == 's' & flag", "bind tighter than comparisons"),
        ("Label == 'lambda' m", "cannot be read from"),
        ("Label == 'a = b' m", "cannot be read from"),
        ("Label = 's'", "a single = compares nothing"),
    ],
)
def test_refused(text, says):
    with pytest.raises(ExpressionError, match=says):
        Expression(text)


WORDY = "column 'Label' holds text such as 's', not numbers; compare it with words, as in Label == 's'"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Label == 1", WORDY),
        ("1 != Label", WORDY),
        ("Label in (1, 2)", WORDY),
        ("Label == m", WORDY),
        ("x == Label", WORDY),
        ("Label == other", WORDY),
        ("m in (1, Label)", WORDY),
        ("Label > 1", WORDY),
        ("Label == pi", WORDY),
        ("Label + 1 > 2", WORDY),
        ("abs(Label) > 2", WORDY),
        ("missing(Label)", WORDY),
        ("max(Label, 2) > 1", WORDY),
        ("count(Label) > 1", WORDY),
        ("Label[0] == 1", WORDY),
        ("x[Label] == 1", WORDY),
        ("Label", WORDY),
        ("not Label", WORDY),
        ("Label and flag", WORDY),
        ("(Label == 's') == Label", WORDY),
        ("flag if Label else flag", WORDY),
        ("`jet-tag` == 1", "column 'jet-tag' holds text such as 'b', .* as in `jet-tag` == 'b'"),
        ("Jet.tag == 1", "column 'Jet.tag' holds text such as 'b', .* as in Jet.tag == 'b'"),
        ("m == 's'", "column 'm' holds numbers, not text; compare it with a number, without quotes"),
        ("m in ('1', '2')", "column 'm' holds numbers, not text"),
        ("'1' != n", "column 'n' holds numbers, not text"),
        ("flag == 'True'", "column 'flag' holds true or false, not text; it is a condition by itself"),
        ("count(x == 's') > 1", "column 'x' holds lists of numbers, not text"),
        ("z1_mass(lep) > 1", "column 'lep_charge_3' holds text such as '-'"),
        ("Label == z", "no column 'z'.*; a text stands in quotes: 'z'"),
        ("Labl == 's'", "no column 'Labl'; did you mean Label\\?$"),
    ],
)
def test_refused_with_these_columns(text, says):
    leptons = {f"lep_{part}_{i}": np.ones(4) for part in ("pt", "eta", "phi", "type", "charge") for i in range(4)}
    leptons["lep_charge_3"] = np.array(list("-+-+"))
    with pytest.raises(ExpressionError, match=says):
        Expression(text).mask(COLUMNS | leptons)


def test_without_a_word_to_show():
    for column in (np.empty(0, dtype=object), np.array(["", ""], dtype=object)):
        with pytest.raises(ExpressionError, match=r"column 'w' holds text, not numbers; .* as in w == 'word'"):
            Expression("w > 1").mask({"w": column})
    with pytest.raises(ExpressionError) as error:
        Expression("w > 1").mask({"w": np.array(["long" * 1000])})
    assert len(str(error.value)) < 250


def test_columns_of_other_libraries():
    for column in (
        pd.Series(["s", "b"]),
        pd.Series(["s", None]),
        ak.Array(["s", "b"]),
        ak.Array(["s", None]),
        ["s", "b"],
    ):
        assert Expression("w == 's'").mask({"w": column}).tolist() == [True, False]
        assert Expression("w != 's'").mask({"w": column}).tolist() == [False, True]
    with pytest.raises(ExpressionError, match=r"column 'w' holds var [*] string"):
        Expression("w == 's'").mask({"w": ak.Array([["s"], ["b"]])})


texts = st.text(max_size=4) | st.sampled_from(
    ["s", "b", "ttbar", "it's", 'the "b"', "", " s", "s ", "ℓ", "\\", "`m`", "a\0"]
)


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=8), st.lists(texts, min_size=1, max_size=4), st.booleans())
def test_means_what_python_means(column, words, in_objects):
    array = np.array(column, dtype=object) if in_objects else np.array(column, dtype=np.dtypes.StringDType())
    table, members = {"w": array}, "".join(f"{word!r}, " for word in words)
    for text, expected in {
        f"w == {words[0]!r}": [each == words[0] for each in column],
        f"{words[0]!r} != w": [each != words[0] for each in column],
        f"w in ({members})": [each in words for each in column],
        f"w not in [{members}]": [each not in words for each in column],
    }.items():
        assert Expression(text).names == {"w"}
        assert Expression(text).mask(table).tolist() == expected


def test_many_events_are_compared_block_by_block():
    rng = np.random.default_rng(5)
    words = np.array(["s", "b", "ttbar"], dtype=object)[rng.integers(0, 3, 200_000)]
    pt = rng.exponential(40, 200_000)
    passed = Expression("process in ('s', 'ttbar') and pt > 30").mask({"process": words, "pt": pt})
    assert np.array_equal(passed, np.array([word != "b" for word in words]) & (pt > 30))


def test_the_text_that_is_shown_is_the_first_that_is_no_number():
    for words, shown in ((["1", "-2.5e3", "x", "y"], "x"), (["", "nan", "oops"], "oops"), (["", "1", "2"], "1")):
        with pytest.raises(ExpressionError, match=f"column 'pt' holds text such as '{shown}', not numbers; .*"):
            Expression("pt > 1").mask({"pt": np.array(words, dtype=object)})
