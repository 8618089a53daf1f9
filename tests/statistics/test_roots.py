import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.roots import rising_root


def test_roots_near_and_far() -> None:
    roots = np.array([1e-9, 0.5, 3.0, 1e8])
    found = rising_root(lambda x: np.log(x + 1e-300) - np.log(roots), np.zeros(4), np.ones(4))
    assert found == pytest.approx(roots, rel=1e-6, abs=1e-12)


def test_a_jump_to_infinity_is_a_crossing() -> None:
    assert rising_root(lambda x: np.where(x < 2, -1.0, np.inf), np.zeros(1), np.ones(1)) == pytest.approx([2.0])


def test_one_number() -> None:
    assert rising_root(lambda x: x - 7, np.asarray(0.0), np.asarray(1.0)) == pytest.approx(7)


def test_a_function_that_never_crosses_is_no_root() -> None:
    with pytest.raises(FivesigmaError, match="1 of 2 roots"):
        rising_root(lambda x: np.array([1.0, 0.0]) * x - 1, np.zeros(2), np.ones(2))
