"""Features of two jets against the vector library, at the edges of what numbers can hold, and by symmetry."""

import math
from fractions import Fraction

import numpy as np
import pytest
import vector
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core import dijets
from fivesigma.core.errors import ExpressionError
from fivesigma.core.expressions import Expression

COLUMNS = ("px1", "py1", "pz1", "m1", "px2", "py2", "pz2", "m2")
SYMMETRIC = ("dijet_mass(px1, py1, pz1, m1, px2, py2, pz2, m2)", "dijet_delta_r(px1, py1, pz1, px2, py2, pz2)")

component = st.floats(-5000, 5000).filter(lambda x: x == 0 or abs(x) > 1e-3)
mass = st.floats(0, 800)
jet = st.tuples(component, component, component, mass)


def jets(n=200, seed=1):
    random = np.random.default_rng(seed)
    return {name: random.uniform(0, 300, n) if name[0] == "m" else random.normal(0, 800, n) for name in COLUMNS}


def in_vector(columns, which):
    return vector.array({name: columns[f"{name}{which}"] for name in ("px", "py", "pz")} | {"m": columns[f"m{which}"]})


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_agrees_with_vector_whatever_the_type_of_the_columns(dtype):
    columns = {name: values.astype(dtype) for name, values in jets().items()}
    wide = {name: values.astype(np.float64) for name, values in columns.items()}
    one, two = in_vector(wide, 1), in_vector(wide, 2)
    book = {
        SYMMETRIC[0]: (one + two).mass,
        SYMMETRIC[1]: one.deltaR(two),
        "pt_of(px1, py1)": one.pt,
        "eta_of(px1, py1, pz1)": one.eta,
        "phi_of(px1, py1)": one.phi,
        "pt_of(px1 + px2, py1 + py2)": (one + two).pt,
    }
    for text, expected in book.items():
        np.testing.assert_allclose(Expression(text).values(columns), expected, rtol=1e-11, err_msg=text)


def test_the_mass_of_a_narrow_fast_pair_keeps_its_digits():
    """Against sixty digits of E₁E₂ - p₁·p₂, for two jets of 1 TeV a tenth of a milliradian apart."""
    one, two = (1000.0, 0.0, 0.0, 1e-3), (1000.0, 0.1, 0.0, 2e-3)
    p1, p2 = ([Fraction(x) for x in jet] for jet in (one, two))
    squares = [sum(x * x for x in p) for p in (p1, p2)]  # E² = p² + m²
    dot = sum(a * b for a, b in zip(p1[:3], p2[:3], strict=True))
    scale = 10**60
    energies = Fraction(math.isqrt(int(squares[0] * squares[1] * scale**2)), scale)
    exact = float(p1[3] ** 2 + p2[3] ** 2 + 2 * (energies - dot)) ** 0.5
    assert float(dijets.dijet_mass(*one, *two)) == pytest.approx(exact, rel=1e-14)


def test_closed_forms():
    """Two at rest together: M = E₁ + E₂; two massless ones along one line: 0; two alike: twice the mass of one."""
    assert float(dijets.dijet_mass(300, 0, 0, 400, -300, 0, 0, 0)) == pytest.approx(500 + 300)
    assert float(dijets.dijet_mass(0, 0, 7e3, 0, 0, 0, 6e3, 0)) == 0
    assert float(dijets.dijet_mass(1e6, 2e6, -3e6, 50, 1e6, 2e6, -3e6, 50)) == pytest.approx(100, rel=1e-14)
    assert float(dijets.dijet_mass(0, 0, 0, 3, 0, 0, 0, 4)) == 7
    assert float(dijets.dijet_mass(0, 0, 0, 0, 0, 0, 0, 0)) == 0
    assert float(dijets.dijet_delta_r(1, 0, 0, -1, 0, 0)) == pytest.approx(np.pi)


def test_a_mass_that_rounding_left_slightly_negative_does_no_harm():
    expected = dijets.dijet_mass(500, 0, 100, 0, 400, 1, 90, 0)
    np.testing.assert_allclose(dijets.dijet_mass(500, 0, 100, -1e-4, 400, 1, 90, -1e-4), expected, rtol=1e-9)


def test_directions_at_the_edges():
    assert dijets.eta_of([0, 0, 1e-300], [0.0] * 3, [5, -5, 1e300]).tolist() == [np.inf, -np.inf, np.inf]
    assert float(dijets.eta_of(1e-3, 0, 7e6)) == pytest.approx(np.log(2 * 7e9), rel=1e-14)
    assert float(dijets.eta_of(1, 0, 1e-12)) == pytest.approx(1e-12, rel=1e-14)
    assert float(dijets.pt_of(3e-200, 4e-200)) == pytest.approx(5e-200, rel=1e-14)
    assert np.isnan([dijets.eta_of(0, 0, 0), dijets.phi_of(0, 0)]).all()
    assert np.isnan([dijets.dijet_delta_r(0, 0, 0, 1, 0, 0), dijets.dijet_delta_r(0, 0, 5, 0, 0, 1)]).all()
    assert float(dijets.dijet_delta_r(0, 0, 5, 1, 0, 0)) == np.inf
    assert float(dijets.phi_of(-1, 0)) == pytest.approx(np.pi)


def test_ratios_of_nothing_are_zero_and_missing_ones_stay_missing():
    nan = np.nan
    given = np.array([[3, 2], [0, 0], [1, 0], [0, 2], [nan, 0], [nan, 1], [0, nan], [1, nan]])
    np.testing.assert_array_equal(dijets.ratio(*given.T), [1.5, 0, 0, 0, nan, nan, nan, nan])
    assert float(dijets.ratio(np.float32(1), np.float32(3))) == 1 / 3


def test_jets_are_ordered_by_mass_and_the_first_is_the_lighter_of_equals():
    nan = np.nan
    m1, m2 = np.array([1.0, 5, 3, nan, 1, 1]), np.array([2.0, 4, 3, 1, nan, 2])
    x1, x2 = np.array([10.0, 10, 10, 10, 10, nan]), np.full(6, 20.0)
    np.testing.assert_array_equal(dijets.of_lighter(m1, m2, x1, x2), [10, 20, 10, nan, nan, nan])
    np.testing.assert_array_equal(dijets.of_heavier(m1, m2, x1, x2), [20, 10, 20, nan, nan, 20])


@settings(max_examples=60, deadline=None)
@given(one=jet, two=jet)
def test_swapped_jets_have_the_same_symmetric_features(one, two):
    there = dict(zip(COLUMNS, np.array([*one, *two])[:, None], strict=True))
    back = dict(zip(COLUMNS, np.array([*two, *one])[:, None], strict=True))
    for text in SYMMETRIC:
        a, b = (Expression(text).values(columns) for columns in (there, back))
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=text)
    if one[3] != two[3]:
        for text in ("of_lighter(m1, m2, px1, px2)", "of_heavier(m1, m2, ratio(px1, pz1), ratio(px2, pz2))"):
            assert Expression(text).values(there) == Expression(text).values(back), text


@settings(max_examples=60, deadline=None)
@given(one=jet, two=jet, rapidity=st.floats(-3, 3))
def test_a_boost_along_the_beam_leaves_the_mass(one, two, rapidity):
    boosted = []
    for px, py, pz, m in (one, two):
        energy = np.sqrt(px**2 + py**2 + pz**2 + m**2)
        boosted += [px, py, pz * np.cosh(rapidity) + energy * np.sinh(rapidity), m]
    before, after = float(dijets.dijet_mass(*one, *two)), float(dijets.dijet_mass(*boosted))
    # the boost itself rounds each pz to 1e-16 of the energies, which is what a pair of no mass is left with
    assert after == pytest.approx(before, rel=1e-6, abs=1e-3)
    assert before >= one[3] + two[3] - 1e-9 * (1 + before)


def test_lists_and_missing_values_go_through_expressions():
    columns = {"a": np.array([1.0, np.nan]), "b": np.array([0.0, 2.0])}
    np.testing.assert_array_equal(Expression("ratio(a, b)").values(columns), [0, np.nan])
    with pytest.raises(ExpressionError, match=r"dijet_mass\(...\) takes 8 arguments, not 4"):
        Expression("dijet_mass(a, a, a, a)")
    with pytest.raises(ExpressionError, match="did you mean dijet_mass"):
        Expression("dijet_mas(a, b)")
