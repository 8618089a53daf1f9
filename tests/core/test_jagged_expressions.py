"""Expressions over lists: what they mean, against awkward on many events, and what they say when lists do not fit."""

from __future__ import annotations

import itertools
import math
import pickle
import subprocess
import sys

import awkward as ak
import numpy as np
import pytest

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expressions import Expression

nan = math.nan
EVENTS = {
    "pt": ak.Array([[50.0, 30.0, 20.0], [], [26.0], [40.0, 40.0]]),
    "eta": ak.Array([[1.0, -2.5, 0.0], [], [0.5], [-1.0, 3.0]]),
    "tag": ak.Array([[True, False, True], [], [False], [True, True]]),
    "lep": ak.Array([[1], [2, 3], [], [4]]),
    "met": np.array([10.0, 20.0, 30.0, 40.0]),
    "i": np.array([0, 1, 2, -1], dtype=np.int8),
    "bad": np.array([False, True, False, True]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(pt)", [3, 0, 1, 2]),
        ("count(pt > 25)", [2, 0, 1, 2]),
        ("count(tag)", [2, 0, 0, 2]),
        ("count(pt > 25 and abs(eta) < 2.4)", [1, 0, 1, 1]),
        ("count((pt > 25) & !tag)", [1, 0, 1, 0]),
        ("count(25 < pt < 45)", [1, 0, 1, 2]),
        ("count(pt in (40, 50))", [1, 0, 0, 2]),
        ("count(pt > met)", [3, 0, 0, 0]),
        ("sum(pt)", [100, 0, 26, 80]),
        ("sum(tag)", [2, 0, 0, 2]),
        ("sum(lep)", [1, 5, 0, 4]),
        ("mean(pt)", [100 / 3, nan, 26, 40]),
        ("max(pt)", [50, nan, 26, 40]),
        ("min(eta)", [-2.5, nan, 0.5, -1]),
        ("max(tag)", [1, nan, 0, 1]),
        ("any(pt > 45)", [1, 0, 0, 0]),
        ("all(pt > 25)", [0, 1, 1, 1]),
        ("first(pt)", [50, nan, 26, 40]),
        ("last(eta)", [0, nan, 0.5, 3]),
        ("pt[1]", [30, nan, nan, 40]),
        ("pt[-2]", [30, nan, nan, 40]),
        ("at(pt, 2)", [20, nan, nan, nan]),
        ("pt[i]", [50, nan, nan, 40]),
        ("pt[2 * i + 1]", [30, nan, nan, 40]),
        ("argmax(pt)", [0, nan, 0, 0]),
        ("argmin(pt)", [2, nan, 0, 0]),
        ("eta[argmin(pt)]", [0, nan, 0.5, -1]),
        ("sum(pt[abs(eta) < 2.4])", [70, 0, 26, 40]),
        ("max(pt[tag])", [50, nan, nan, 40]),
        ("count(pt[not bad])", [3, 0, 1, 0]),
        ("count(pt[True])", [3, 0, 1, 2]),
        ("max((pt * 2)[eta < 0])", [60, nan, nan, 80]),
        ("sum(pt[pt > 25][0] - pt)", [50, 0, 0, 0]),
        ("ascending(pt)[0]", [20, nan, 26, 40]),
        ("descending(pt)[1]", [30, nan, nan, 40]),
        ("descending(eta, pt)[0]", [1, nan, 0.5, -1]),
        ("ascending(pt, eta)[0]", [30, nan, 26, 40]),
        ("max(pt, 35)[-1]", [35, nan, 35, 40]),
        ("sum(max(pt, met, 35))", [120, 0, 35, 80]),
        ("sum(where(tag, pt, -1))", [69, 0, -1, 80]),
        ("sum(pt if bad else eta)", [-1.5, 0, 0.5, 80]),
        ("sum(pt / sum(pt))", [1, 0, 1, 1]),
        ("sum(-pt // 7 % 3)", [1 + 1 + 0, 0, 2, 0]),
        ("default(first(pt), -1)", [50, -1, 26, 40]),
        ("missing(pt[1])", [0, 1, 1, 0]),
        ("pt[1] > 35", [0, 0, 0, 1]),
        ("not pt[1] > 35", [1, 1, 1, 0]),
        ("pt[1] != 30", [0, 1, 1, 1]),
    ],
)
def test_values(text, expected):
    np.testing.assert_allclose(Expression(text).values(EVENTS), expected, rtol=1e-15)


def test_kinematics_of_lists():
    phi = ak.Array([[0.1, 3.0, -3.0], [], [2.0], [0.0, 1.0]])
    columns = EVENTS | {"phi": phi, "lphi": np.array([0.0, 1.0, -3.0, 0.5])}
    expected = [
        [math.hypot(e - m, (p - q + math.pi) % (2 * math.pi) - math.pi) for e, p in zip(es, ps, strict=True)]
        for es, ps, m, q in zip(EVENTS["eta"].tolist(), phi.tolist(), EVENTS["met"], columns["lphi"], strict=True)
    ]
    found = Expression("delta_r(eta, phi, met, lphi)").column(columns).tolist()
    assert [len(one) for one in found] == [len(one) for one in expected]
    np.testing.assert_allclose(list(itertools.chain(*found)), list(itertools.chain(*expected)), rtol=1e-14)
    # M² = 2 pt₁ pt₂ (cosh Δη - cos Δφ), Review of Particle Physics eq. 49.38 without masses
    mass = Expression("invariant_mass(pt[0], eta[0], phi[0], pt[1], eta[1], phi[1])").values(columns)
    np.testing.assert_allclose(mass[0], math.sqrt(2 * 50 * 30 * (math.cosh(3.5) - math.cos(2.9))), rtol=1e-14)
    assert np.isnan(mass[1:3]).all()
    back_to_back = Expression("invariant_mass(50, eta[0], 0, 50, eta[0], pi)").values(columns)
    np.testing.assert_allclose(back_to_back[[0, 2, 3]], 100, rtol=1e-14)  # numbers and columns together


def test_a_list_that_is_asked_for_stays_one():
    assert Expression("pt[tag] * 1.02").column(EVENTS).tolist() == [[51.0, 20 * 1.02], [], [], [40.8, 40.8]]
    assert Expression("met * 2").column(EVENTS).tolist() == [20, 40, 60, 80]
    assert Expression("1").column({}, 2).tolist() == [1, 1]
    assert str(Expression("pt > 25").column(EVENTS).type) == "4 * var * bool"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pt > 25", "'pt > 25' has a value for each element of a list; reduce it with one of count, any, all"),
        ("pt * 2", r"reduce it with one of max, min, sum, mean, first, at, count"),
        ("pt > 25 and met > 10", "has a value for each element"),
        ("pt + lep > 2", r"'pt' and 'lep' are lists of different lengths \(3 and 1\), first in event 0"),
        ("count(met > 1 and lep > 2 and pt > 2)", "'lep > 2' and 'pt > 2' are lists of different lengths"),
        ("count(lep < pt)", "'lep' and 'pt' are lists"),
        ("count(lep in (1, pt))", "'lep' and 'pt' are lists"),
        ("sum(max(met, lep, pt))", "'lep' and 'pt' are lists"),
        ("sum(delta_phi(pt, lep))", "'pt' and 'lep' are lists"),
        ("sum(lep if tag else 0)", "'tag' and 'lep' are lists"),
        ("sum(pt[lep > 1])", "'pt' and 'lep > 1' are lists"),
        ("descending(pt, lep)[0]", "'pt' and 'lep' are lists"),
        ("sum(pt[pt > 25] * eta)", r"'pt\[pt > 25\]' and 'eta' are lists of different lengths \(2 and 3\)"),
        ("count(met > 25)", "'met > 25' is one value for each event, not a list; count counts within an event"),
        ("sum(met)", "'met' is one value for each event, not a list$"),
        ("max(met)", "give max two or more values to compare"),
        ("descending(pt, met)[0]", "'met' is one value for each event"),
        ("first(7)", "'7' is one value for each event"),
        ("met[0]", "'met' is one value for each event, not a list with an element to take"),
        ("met[met > 1]", "'met' is one value for each event, not a list"),
        ("pt[lep]", "a list in brackets must be a condition, as in pt.lep != 0."),
        ("at(pt, lep)", "'lep' is a list where one position for each event is needed"),
        ("pt[0.5]", "'0.5' is not a whole number"),
        ("any(pt)", "'pt' is a number where a condition is needed"),
        ("first(tag) and bad", "'first.tag.' is a number where a condition is needed"),
        ("m4l(x)", "column 'x_eta_2' has a list for each event"),
    ],
)
def test_refused_with_words(text, says):
    leptons = {f"x_{p}_{i}": np.ones(4) for p in ("pt", "eta", "phi", "type", "charge") for i in range(4)}
    with pytest.raises(ExpressionError, match=says):
        Expression(text).mask(EVENTS | leptons | {"x_eta_2": EVENTS["eta"]})


def test_the_event_of_different_lengths_is_counted_in_the_whole_table():
    lengths = np.full(100_000, 2)
    other = lengths.copy()
    other[98_765] = 3
    columns = {"x": ak.unflatten(np.ones(lengths.sum()), lengths), "y": ak.unflatten(np.ones(other.sum()), other)}
    with pytest.raises(ExpressionError, match=r"first in event 98765 \(counted from 0\)") as error:
        Expression("count(x > y)").values(columns)
    assert pickle.loads(pickle.dumps(error.value)).event == 98_765  # noqa: S301 - our own bytes, as between worker processes


@pytest.mark.parametrize(
    ("column", "lists"),
    [
        (ak.Array([[1, None], None, []]), [[1, nan], [], []]),
        (ak.Array([[], [], []]), [[], [], []]),
        (ak.from_numpy(np.arange(6).reshape(3, 2)), [[0, 1], [2, 3], [4, 5]]),
        (np.arange(6).reshape(3, 2), [[0, 1], [2, 3], [4, 5]]),
        (ak.mask(ak.from_numpy(np.arange(6).reshape(3, 2)), [True, False, True]), [[0, 1], [], [4, 5]]),
        (ak.Array([[9], [1, 2], [], [3]])[[1, 2, 3]], [[1, 2], [], [3]]),
        (ak.Array([[9], [1, 2], [], [3]])[[3, 1, 2]], [[3], [1, 2], []]),
        (ak.Array([[9], [1, 2], [], [3]])[1:], [[1, 2], [], [3]]),
        (ak.Array([[{"x": 1, "y": 2}], [], [{"x": 3, "y": 4}]]).x, [[1], [], [3]]),
        (ak.Array([[True], [], [False, True]]), [[1], [], [0, 1]]),
        (ak.values_astype(ak.Array([[2**60], [], [1]]), np.uint64), [[2.0**60], [], [1]]),
    ],
)
def test_however_awkward_holds_the_lists(column, lists):
    found = Expression("x + 0").column({"x": column}).tolist()
    assert [len(one) for one in found] == [len(one) for one in lists]
    np.testing.assert_array_equal(list(itertools.chain(*found)), list(itertools.chain(*lists)))


def test_flat_awkward_columns():
    assert Expression("x * 2").values({"x": ak.Array([1, 2, 3])}).tolist() == [2, 4, 6]
    np.testing.assert_array_equal(Expression("x * 2").values({"x": ak.Array([1, None, 3])}), [2, nan, 6])
    np.testing.assert_array_equal(Expression("x").values({"x": np.ma.masked_equal([1, 2, 3], 2)}), [1, nan, 3])


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (
            ak.Array([[[1.0]], []]),
            "column 'x' holds var . var . float64; an expression takes numbers, lists of them, or texts",
        ),
        (ak.Array(["a", "b"]), "column 'x' holds text such as 'a', not numbers"),
        (ak.Array([["a"], []]), "column 'x' holds var . string"),
        (ak.Array([[{"y": 1}], []]), "column 'x' holds var . {y: int64}"),
        (ak.Array([{"y": 1}, {"y": 2}]), "column 'x' holds {y: int64}"),
        (ak.Array([1, [2]]), "column 'x' holds union"),
        (np.array(["a", 2], dtype=object), "column 'x' holds objects"),
        (np.array([object(), None]), "column 'x' holds objects"),
        (np.array([1j, 2j]), "column 'x' holds values of type complex128"),
        (np.ones((2, 2, 2)), r"column 'x' holds an array of shape \(2, 2, 2\)"),
        (np.ones(3), "column 'x' has 3 events, column 'n' 2"),
        (ak.Array([[1]]), "column 'x' has 1 events, column 'n' 2"),
    ],
)
def test_columns_that_are_none(column, says):
    with pytest.raises(ExpressionError, match=says):
        Expression("x > n").values({"x": column, "n": np.ones(2)})


def test_narrow_elements_are_computed_with_in_wide_ones():
    columns = {"x": ak.values_astype(ak.Array([[100, 100], [100]]), np.int8), "y": ak.Array([[0.1], [0.2]])}
    assert Expression("sum(x)").values(columns).tolist() == [200, 100]
    assert Expression("sum(x * x)").values(columns).tolist() == [20_000, 10_000]
    narrow = {"y": ak.values_astype(columns["y"], np.float32)}
    assert Expression("count(y > 0.1)").values(narrow).tolist() == [1, 1]  # 0.1 in single precision is above 0.1
    assert Expression("count(y == 0.1)").values(narrow).tolist() == [0, 0]


def test_what_is_missing_in_a_list_makes_what_needs_it_missing():
    columns = {"x": ak.Array([[1.0, nan, 3.0], [nan], [2.0]]), "n": ak.Array([[1, 2, 3], [4], [5]])}
    for text in ("sum(x)", "mean(x)", "max(x)", "min(x)", "argmax(x)", "argmin(x)"):
        assert np.isnan(Expression(text).values(columns)).tolist() == [True, True, False]
    assert Expression("sum(x[not missing(x)])").values(columns).tolist() == [4, 0, 2]
    assert Expression("descending(n, x)").column(columns).tolist() == [[3, 1, 2], [4], [5]]
    assert Expression("ascending(n, x)").column(columns).tolist() == [[1, 3, 2], [4], [5]]
    infinite = {"x": ak.Array([[-math.inf, nan, math.inf, 1.0]]), "n": ak.Array([[0, 1, 2, 3]])}
    assert Expression("descending(n, x)").column(infinite).tolist() == [[2, 3, 0, 1]]
    assert Expression("ascending(n, x)").column(infinite).tolist() == [[0, 3, 2, 1]]


def test_equals_keep_their_order():
    columns = {"x": ak.Array([[k % 3 for k in range(99)]]), "k": ak.Array([list(range(99))])}
    for text, sign in (("descending(k, x)", -1), ("ascending(k, x)", 1)):
        assert Expression(text).column(columns).tolist() == [sorted(range(99), key=lambda k, s=sign: s * (k % 3))]


def test_numbers_alone_do_not_load_awkward():
    code = (
        "import sys, numpy, fivesigma\n"
        "from fivesigma.core.expressions import Expression\n"
        "assert Expression('max(a, 2) > 1 and not missing(a)').mask({'a': numpy.ones(3)}).all()\n"
        "assert 'awkward' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# -- many events, against awkward -------------------------------------------------------------------------------------

RNG = np.random.default_rng(5)
LENGTHS = RNG.poisson(3, 150_000)
PT = ak.unflatten(RNG.exponential(30, LENGTHS.sum()).astype(np.float32), LENGTHS)
ETA = ak.unflatten(RNG.normal(0, 2, LENGTHS.sum()), LENGTHS)
MET = RNG.exponential(30, len(LENGTHS))


def filled(array):
    return ak.to_numpy(ak.fill_none(ak.values_astype(array, np.float64), nan))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(pt > 25) >= 4", lambda: ak.sum(PT > 25, axis=1) >= 4),
        ("sum(pt[abs(eta) < 2.4])", lambda: ak.sum(ak.values_astype(PT, np.float64)[abs(ETA) < 2.4], axis=1)),
        ("max(pt)", lambda: filled(ak.max(PT, axis=1))),
        ("min(pt * eta)", lambda: filled(ak.min(ak.values_astype(PT, np.float64) * ETA, axis=1))),
        ("any(pt > met)", lambda: ak.any(PT > MET, axis=1)),
        ("all(pt > met or eta > 1)", lambda: ak.all((PT > MET) | (ETA > 1), axis=1)),
        ("argmax(pt)", lambda: filled(ak.argmax(PT, axis=1))),
        ("eta[argmin(pt)]", lambda: filled(ak.firsts(ETA[ak.argmin(PT, axis=1, keepdims=True)]))),
        ("mean(eta)", lambda: filled(ak.mean(ETA, axis=1))),
        ("descending(pt)[1]", lambda: filled(ak.pad_none(ak.sort(PT, ascending=False), 2)[:, 1])),
        ("ascending(eta, pt)[-1]", lambda: filled(ak.firsts(ETA[ak.argsort(PT)][:, ::-1]))),
        ("met - pt[-1]", lambda: MET - filled(ak.firsts(PT[:, ::-1]))),
    ],
)
def test_many_events_as_awkward_has_them(text, expected):
    found = Expression(text).values({"pt": PT, "eta": ETA, "met": MET})
    np.testing.assert_allclose(found, ak.to_numpy(expected()).astype(np.float64), rtol=1e-12, atol=1e-12)
