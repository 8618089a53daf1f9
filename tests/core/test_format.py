"""Rounding is checked against the Review of Particle Physics' own examples and against the statement of its rule."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.format import (
    aligned,
    asymmetric,
    column,
    count,
    duration,
    few,
    measured,
    number,
    percent,
    plus_minus,
    quantum,
    significance,
)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.827, 0.119, ("0.83", "0.12")),  # Review of Particle Physics, Introduction, section 5.3
        (0.827, 0.367, ("0.8", "0.4")),  # the same
        (14.674, 0.964, ("14.7", "1.0")),  # its third case: 950 to 999 round up to 1000 and keep two digits
        (0.827, 0.354, ("0.83", "0.35")),
        (0.827, 0.355, ("0.8", "0.4")),
        (0.827, 0.949, ("0.8", "0.9")),
        (0.827, 0.950, ("0.8", "1.0")),
        (1234.0, 119.0, ("1230", "120")),
        (19960.4, 141.3, ("19\u202f960", "140")),
        (-2.0351, 0.2, ("−2.04", "0.20")),
        (-0.001, 0.2, ("0.00", "0.20")),
        (5.0, 0.25, ("5.00", "0.25")),
        (0.125, 0.2, ("0.13", "0.20")),
    ],
)
def test_value_and_error_round_by_the_rule_of_the_pdg(value: float, error: float, expected: tuple[str, str]) -> None:
    assert plus_minus(value, error) == expected


@given(st.floats(1e-12, 1e12))
def test_one_or_two_digits_of_the_error_are_kept(error: float) -> None:
    digits = Decimal(repr(error)) / quantum(error)
    assert Decimal("3.55") <= digits < Decimal("35.5")


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e6))
def test_rounding_moves_a_value_by_less_than_a_fifth_of_its_error(value: float, error: float) -> None:
    # the coarsest case is an error of 3.55 that keeps one digit: half a unit of 1 in 3.55
    text = plus_minus(value, error)[0].replace("−", "-").replace("\u202f", "")
    assert abs(float(text) - value) <= error * (0.5 / 3.55) + 1e-9


@pytest.mark.parametrize("error", [0.0, -1.0, math.nan, math.inf])
def test_no_rounding_without_an_error(error: float) -> None:
    with pytest.raises(ValueError, match="positive, finite"):
        quantum(error)


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.827, 0.119, "0.83 ± 0.12"),
        (0.827, None, "0.827"),
        (3.0, 0.0, "3"),
        (1.2345e-6, 2.1e-8, "(1.235 ± 0.021) × 10⁻⁶"),
        (12345678.0, 36700.0, "(1.235 ± 0.004) × 10⁷"),
        (0.0, 1.84, "0.0 ± 1.8"),
    ],
)
def test_measured(value: float, error: float | None, expected: str) -> None:
    assert plain(measured(value, error)) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.0, 3, "0"),
        (0.1, 4, "0.1"),
        (math.pi, 3, "3.14"),
        (1234.567, 3, "1235"),
        (12345.6, 3, "12 346"),
        (0.00012345, 3, "0.000123"),
        (0.000012345, 3, "1.23 × 10⁻⁵"),
        (-1.5e9, 3, "−1.50 × 10⁹"),
        (0.99996, 3, "1.00"),
        (9.999999e6, 3, "1.00 × 10⁷"),
        (math.inf, 3, "∞"),
        (-math.inf, 3, "−∞"),
        (math.nan, 3, "undefined"),
    ],
)
def test_number(value: float, digits: int, expected: str) -> None:
    assert plain(number(value, digits)) == expected


@given(st.floats(1e-4, 9e5), st.integers(2, 6))
def test_a_number_keeps_its_significant_digits(value: float, digits: int) -> None:
    back = float(number(value, digits).replace("\N{NARROW NO-BREAK SPACE}", ""))
    assert math.isclose(back, value, rel_tol=0.51 * 10 ** (1 - digits))


def test_numbers_of_one_band_share_their_decimals() -> None:
    assert aligned([0.2214, 0.3012, 0.4187, 0.5987, 1.102]) == ("0.22", "0.30", "0.42", "0.60", "1.10")
    assert aligned([1.31, 1.93, 2.84]) == ("1.3", "1.9", "2.8")
    assert aligned([0.0, 0.0]) == ("0", "0")
    assert aligned([131.2, 1933.0]) == ("131", "1933")
    assert plain(" ".join(aligned([1.2e-9, 3.4e-9]))) == "1.2 × 10⁻⁹ 3.4 × 10⁻⁹"


def test_numbers_of_one_column_share_their_decimals() -> None:
    assert column([0.8, 0.8200000000000001, 0.84]) == ("0.80", "0.82", "0.84")
    assert column([0.91234567, 0.5]) == ("0.9123", "0.5000")
    assert column([0.001, 4433.0]) == ("0.001", "4433"), "a thousandfold apart each has its own"
    assert column([math.inf, 0.5]) == ("∞", "0.5")
    assert plain(" ".join(column([1.5e-9, 2e-9]))) == "1.500 × 10⁻⁹ 2.000 × 10⁻⁹"
    assert column([]) == ()


def test_units() -> None:
    assert plain(percent(0.1234)) == "12.3 %"
    assert plain(percent(1.0)) == "100 %"
    assert plain(count(20000)) == "20 000"
    assert plain(count(1234)) == "1234"
    assert plain(significance(3.14159)) == "3.1 σ"
    assert plain(significance(0.4567)) == "0.46 σ"
    assert plain(significance(0.999)) == "1.0 σ"
    assert plain(significance(-0.3)) == "−0.30 σ"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 s"),
        (0.4213, "0.42 s"),
        (12.3, "12 s"),
        (59.7, "1 min"),
        (200.0, "3 min 20 s"),
        (7500.0, "2 h 5 min"),
        (3600.0, "1 h"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert plain(duration(seconds)) == expected


def test_two_errors_are_rounded_by_the_smaller() -> None:
    assert asymmetric(4.31, 3.9, 4.9) == ("4.3", "0.6", "0.4")
    assert asymmetric(1.0, 0.9, 1.0) == ("1.00", "0.00", "0.10")
    with pytest.raises(ValueError, match="positive"):
        asymmetric(1.0, 1.0, 1.0)


def test_many_names_are_shortened() -> None:
    assert few(["a", "b"], 2) == "a, b"
    assert few(["a", "b", "c", "d"], 2) == "a, b and 2 more"
