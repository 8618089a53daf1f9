"""The expression language: what it means and what it refuses."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_text import written
from fivesigma.core.expressions import Expression

COLUMNS = {
    "a": np.array([1, 2, 3, 4], dtype=np.int32),
    "b": np.array([-2.0, 0.5, 5.0, np.nan]),
    "pt": np.array([10.0, 40.0, 60.0, 80.0]),
    "flag": np.array([True, False, True, False]),
    "Jet.pt": np.array([1.0, 2.0, 3.0, 4.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2.5 < b < 2.5", [1, 1, 0, 0]),
        ("a in (1, 3)", [1, 0, 1, 0]),
        ("a not in [1, 3]", [0, 1, 0, 1]),
        ("!(a > 1) && pt < 20", [1, 0, 0, 0]),
        ("a > 3 || flag", [1, 0, 1, 1]),
        ("(a > 1) & (pt < 70)", [0, 1, 1, 0]),
        ("((a > 2) | flag) & (pt > 20)", [0, 0, 1, 1]),
        ("not flag and a != 4", [0, 1, 0, 0]),
        ("!flag", [0, 1, 0, 1]),
        ("a % 2 == 0", [0, 1, 0, 1]),
        ("Jet.pt >= 3", [0, 0, 1, 1]),
        ("True", [1, 1, 1, 1]),
        ("missing(b)", [0, 0, 0, 1]),
        ("b > 1", [0, 0, 1, 0]),
        ("not (b > 1)", [1, 1, 0, 1]),
        ("b <= 1", [1, 1, 0, 0]),
        ("b != 5", [1, 1, 0, 1]),
        ("b not in (5, 0.5)", [1, 0, 0, 1]),
        ("(!flag) == (a > 1)", [1, 1, 0, 1]),
        ("a > 1\r\nand flag", [0, 0, 1, 0]),
        ("flag if a > 2 else a == 1", [1, 0, 1, 0]),
    ],
)
def test_conditions(text, expected):
    assert Expression(text).mask(COLUMNS).tolist() == [bool(e) for e in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * a + 1", [3, 5, 7, 9]),
        ("a ** 2 / 2", [0.5, 2, 4.5, 8]),
        ("2 ** a", [2, 4, 8, 16]),
        ("max(a, 2, pt / 30)", [2, 2, 3, 4]),
        ("where(flag, pt, -pt)", [10, -40, 60, -80]),
        ("pt if a > 2 else 0", [0, 0, 60, 80]),
        ("abs(-a)", [1, 2, 3, 4]),
        ("cos(pi * a)", [-1, 1, -1, 1]),
        ("7", [7, 7, 7, 7]),
        ("flag + flag", [2, 0, 2, 0]),
        ("a // 2", [0, 1, 1, 2]),
        ("1 / (a - 1)", [np.inf, 1, 0.5, 1 / 3]),
        ("default(b, -1)", [-2, 0.5, 5, -1]),
        ("max(b, 1)", [1, 1, 5, np.nan]),
        ("-a % 3", [2, 1, 0, 2]),
        ("exp(flag)", [np.e, 1, np.e, 1]),
        ("hypot(3, a) * 0 + transverse_mass(pt, 0, pt, pi) / pt", [2, 2, 2, 2]),
    ],
)
def test_numbers(text, expected):
    np.testing.assert_allclose(Expression(text).values(COLUMNS), expected, rtol=1e-15)


def test_names_are_the_columns_to_read():
    assert Expression("2 * Jet.pt + sqrt(a) > pi").names == {"Jet.pt", "a"}
    leptons = Expression("z1_mass(lep)").names
    assert len(leptons) == 20
    assert {"lep_pt_0", "lep_eta_1", "lep_phi_2", "lep_type_3", "lep_charge_0"} < leptons


def test_small_integers_do_not_overflow():
    columns = {"charge": np.full(3, 100, dtype=np.int8)}
    assert Expression("charge * charge + charge").values(columns).tolist() == [10100.0] * 3


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("abs(x)", np.array([-128], dtype=np.int8), 128),
        ("sqrt(x)", np.array([5], dtype=np.int8), np.sqrt(5)),
        ("hypot(x, x)", np.array([60000], dtype=np.float16), np.hypot(60000, 60000)),
        ("x == 0.5", np.array([0.5], dtype=np.float32), 1),
        ("3000000000 * 4000000000 * x", np.array([1]), 1.2e19),
        ("x // 0", np.array([5]), np.nan),
        ("x % 0", np.array([5]), np.nan),
        ("x + 0", np.array([2**63 + 4096], dtype=np.uint64), 2.0**63 + 4096),
        ("x % 10", np.array([2**64 - 1], dtype=np.uint64), 5),
        ("x == 18446744073709551615", np.array([2**64 - 1], dtype=np.uint64), 1),
        ("x == 9007199254740993", np.array([2**53], dtype=np.int64), 0),
        ("x > -1", np.array([3], dtype=np.uint8), 1),
        ("x < 300", np.array([3], dtype=np.uint8), 1),
        ("x > 0.1", np.array([0.1], dtype=np.float32), 1),
        ("9223372036854775807 + 9223372036854775807 + x", np.array([0]), 2.0**64),
    ],
)
def test_narrow_types_are_computed_with_in_wide_ones(text, column, expected):
    np.testing.assert_allclose(
        Expression(text).values({"x": column}), [expected], rtol=1e-3 if column.dtype == np.float16 else 1e-15
    )


def test_the_bare_mix_is_refused_with_both_readings():
    with pytest.raises(ExpressionError, match="mixes") as error:
        Expression("(a > 1) | (b < 2) & (pt > 3)")
    assert "`(a > 1) | ((b < 2) & (pt > 3))` (what Python would do)" in str(error.value)
    assert "`((a > 1) | (b < 2)) & (pt > 3)`" in str(error.value)
    # both readings are expressions, and differ
    first, second = Expression("(a > 1) | ((b < 2) & (pt > 50))"), Expression("((a > 1) | (b < 2)) & (pt > 50)")
    assert first.mask(COLUMNS).tolist() != second.mask(COLUMNS).tolist()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pt > 30 & b < 2", "bind tighter than comparisons"),
        ("a & b | pt", "mixes"),
        ("__import__(os)", "no function '__import__'"),
        ("__import__('os')", "no function '__import__'"),
        ("sqr(a)", "did you mean sqrt"),
        ("max()", "1 or more arguments, not 0"),
        ("delta_r(a, b)", "4 arguments, not 2"),
        ("invariant_mass(a, b, a, a, b)", "in steps of 3, not 5"),
        ("z1_mass(lep, lep)", "one collection"),
        ("z1_mass(a + b)", "not the name of a column"),
        ("a[0, 1]", "no place"),
        ("a[0:1]", "no place"),
        ("lambda: 1", "no place"),
        ("[x for x in a]", "no place"),
        ("1j * a", "no place"),
        ("a is b", "no place"),
        ("a in b", "takes a list"),
        ("sqrt(*a)", "plain arguments"),
        ("sqrt(x=a)", "plain arguments"),
        ("a +", "cannot be read"),
        ("", "empty"),
        ("   ", "empty"),
        ("a\x00b", "cannot be read"),
        ("-" * 5000 + "a", "deep|cannot be read"),
        ("(" * 500 + "a" + ")" * 500, "cannot be read"),
        ("a + " * 9000 + "a", "at most"),
        ("9" * 400 + " * a", "beyond"),
        ("1e400 * a", "beyond"),
        ("!a > 1", "! and ~ bind tighter than comparisons"),
        ("1 < ~a", "! and ~ bind tighter than comparisons"),
        ("a = 1", "a single = compares nothing; write == for equal"),
        ("a > 1 # loose", "'#' has no place"),
        ("1if a else 2", "cannot be read"),
        ("(a > 1", "was never closed"),
        ("a > 1 and", "it ends too early"),
        ("a > 1) and b", r"cannot be read from '\) and b' on \(unmatched"),
        ("`a b > 1", "a backtick too many"),
        ("`` > 1", "backticks without a name between them"),
        ("lambda > 1", "a column of that name is written in backticks: `lambda`"),
        ("m(ll) > 1", r"no function 'm'; .*a column named m\(ll\) is written in backticks: `m\(ll\)`"),
        ("sort(a)", "write descending.x., the largest first, or ascending.x."),
        ("len(a)", r"no function 'len'; write count\(x\)"),
        ("invariant_mass(" + "a," * 33 + ")", "6 to 30 arguments in steps of 3, not 33"),
        ("(a | b)(pt)", r"no function 'a \| b'"),
    ],
)
def test_refused(text, says):
    with pytest.raises(ExpressionError, match=says):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ptt > 1", "did you mean pt"),
        ("pt", "not a condition"),
        ("pt and flag", "'pt' is a number where a condition is needed"),
        ("where(pt, a, b) > 1", "'pt' is a number where a condition is needed"),
        ("jet-pt > 1", "no column 'jet'; the column 'jet-pt' is written in backticks: `jet-pt`"),
        ("Muon.fMomentum / fX > 1", "the column 'Muon.fMomentum/fX' is written in backticks"),
        ("jetpt > 1", "did you mean Jet.pt or `jet-pt`"),
        ("short > 1", "column 'short' has 3 events, not 4"),
        ("short > pt", "column 'short' has 3 events, column 'pt' 4"),
        ("word > 1", "column 'word' holds text such as 'a', not numbers; compare it with words, as in word == 'a'"),
    ],
)
def test_refused_with_these_columns(text, says):
    odd = {
        "jet-pt": COLUMNS["pt"],
        "Muon.fMomentum/fX": COLUMNS["pt"],
        "short": np.ones(3),
        "word": np.array(list("abcd")),
    }
    with pytest.raises(ExpressionError, match=says):
        Expression(text).mask(COLUMNS | odd, 4)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("`jet-pt` * 2", "jet-pt"),
        ("2*`m(ll)`", "m(ll)"),
        ("`Muon.fMomentum/fX` * 2", "Muon.fMomentum/fX"),
        ("`a && b` * 2", "a && b"),
        ("`it's #1` * 2", "it's #1"),
        ("`lambda` * 2", "lambda"),
        ("`pi` * 2", "pi"),
        ("`plain`*2", "plain"),
        ("Jet.`p t` * 2", "Jet.p t"),
        ("`Jet.pt` * 2", "Jet.pt"),
        ("ℓ_pt * 2", "ℓ_pt"),
        ("µ * 2", "µ"),
        ("Δφ * 2", "Δφ"),
    ],
)
def test_any_name_of_a_column_can_be_written(text, name):
    """Python itself would read ℓ as l, and the sign for micro as the Greek letter."""
    assert Expression(text).names == {name}
    assert Expression(text).values({name: np.array([3.0])}).tolist() == [6]
    assert Expression(f"2 * {written(name)}").names == {name}


def test_messages_show_names_in_backticks():
    with pytest.raises(ExpressionError, match="mixes") as error:
        Expression("`a b` | `c d` & __0_")
    assert "`(`a b`) | ((`c d`) & (__0_))`" in str(error.value)
    with pytest.raises(ExpressionError, match="cannot be read from '`a b` `c d`' on"):
        Expression("1 + 2 `a b` `c d`")


def test_answers_are_not_the_columns_themselves():
    columns = {"a": np.array([1.0, 2.0]), "flag": np.array([True, False])}
    Expression("a").values(columns)[:] = 0
    Expression("flag").mask(columns)[:] = False
    Expression("+a").column(columns)[:] = 0
    assert columns["a"].tolist() == [1, 2]
    assert columns["flag"].tolist() == [True, False]


def test_without_events_or_columns():
    assert Expression("a > 1").mask({"a": np.empty(0)}).shape == (0,)
    assert Expression("max(1, 2)").values({}, 3).tolist() == [2, 2, 2]
    assert Expression("1").values({}).shape == (0,)
    with pytest.raises(ExpressionError, match="not a condition"):
        Expression("a").mask({"a": np.empty(0)})


def test_a_condition_depends_on_types_and_not_on_numbers():
    """Pieces of a table must not differ in whether an expression is one."""
    assert Expression("a % 2").mask({"a": np.array([1, 2])}).tolist() == [True, False]
    for divisor in (1, 0):
        with pytest.raises(ExpressionError, match="not a condition"):
            Expression("a % b").mask({"a": np.array([1, 2]), "b": np.array([2, divisor])})


def test_no_arithmetic_of_unbounded_integers():
    assert np.isinf(Expression("9 ** 9 ** 9 ** 9").values(COLUMNS)).all()


def test_travels_between_processes():
    expression = Expression("a > 1 && pt < 70")
    again = pickle.loads(pickle.dumps(expression))  # noqa: S301 - our own bytes, as between worker processes
    assert again == expression
    assert again.mask(COLUMNS).tolist() == expression.mask(COLUMNS).tolist()


_LEAVES = st.sampled_from(["a", "pt", "2", "0.5"])
_NUMBERS = st.recursive(
    _LEAVES,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=6,
)
_CONDITIONS = st.recursive(
    st.tuples(_NUMBERS, st.sampled_from(["<", ">=", "!="]), _NUMBERS).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    lambda inner: st.tuples(inner, st.sampled_from(["&", "|"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=5,
)


@given(_CONDITIONS)
def test_means_what_numpy_means(text):
    table = {"a": COLUMNS["a"].astype(np.int64), "pt": COLUMNS["pt"]}
    expected = np.broadcast_to(eval(text, {"__builtins__": {}}, table), 4)  # noqa: S307 - text made above, checked against numpy
    assert Expression(text).mask(COLUMNS).tolist() == expected.tolist()
    words = text.replace("&", "and").replace("|", "or")
    assert Expression(words).mask(COLUMNS).tolist() == expected.tolist()
