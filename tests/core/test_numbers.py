import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.numbers import digits

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (500, "500"),
        (500.0, "500"),
        (0.1, "0.1"),
        (-1.5, "-1.5"),
        (1234567.0, "1234567"),
        (1e10, "10000000000"),
        (1e-5, "1e-05"),
    ],
)
def test_numbers_are_written_as_people_do(value, text):
    assert digits(value) == text


@given(FINITE, FINITE)
def test_what_is_written_is_the_number_and_no_other(one, other):
    assert float(digits(one)) == one
    assert (digits(one) == digits(other)) <= (one == other)
