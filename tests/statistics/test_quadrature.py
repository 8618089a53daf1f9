import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.quadrature import quadrature

errors = st.lists(st.floats(0, 1e300), min_size=1, max_size=6)


def test_three_and_four_make_five() -> None:
    assert quadrature(3.0, 4.0) == 5.0
    assert quadrature(0.1, 0.1) == pytest.approx(0.1 * math.sqrt(2), rel=1e-15)


def test_ten_per_cent_alone_stays_ten_per_cent() -> None:
    """A root forgotten, or squared once more, makes it 1 %."""
    assert quadrature(0.1) == pytest.approx(0.1, rel=1e-15)
    assert quadrature(quadrature(0.1, 0.0), 0.0) == pytest.approx(0.1, rel=1e-15)


@given(errors)
def test_is_hypot(parts: list[float]) -> None:
    assert float(quadrature(*parts)) == pytest.approx(math.hypot(*parts), rel=1e-14)


def test_shapes_broadcast() -> None:
    total = quadrature(np.array([[3.0], [5.0]]), np.array([4.0, 12.0]), 0.0)
    assert total.shape == (2, 2)
    assert total[0, 0] == 5
    assert total[1, 1] == 13


@pytest.mark.parametrize(
    ("parts", "match"),
    [((), "not none"), ((1.0, -2.0), "-2, number 2 of 2"), (([1.0, math.nan],), "nan, number 1 of 1")],
)
def test_refuses(parts: tuple, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        quadrature(*parts)
