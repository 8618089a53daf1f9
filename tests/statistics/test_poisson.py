"""Golden numbers: `golden/statistics.json` of the project's reference values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.poisson import deviance_moments, expected_counts, garwood_interval, log_p_value
from fivesigma.statistics.significance import asimov_significance, on_off_log_p, z_from_log_p


@pytest.mark.parametrize("mean", [0.1, 2.0, 30.0])
def test_moments_of_the_deviance_are_those_of_toys(mean: float) -> None:
    n = np.random.default_rng(2).poisson(mean, 400_000)
    deviance = 2 * (mean - n + n * np.log(np.maximum(n, 1) / mean))
    assert deviance_moments(mean) == pytest.approx((deviance.mean(), deviance.var()), rel=0.015)


def test_moments_of_the_deviance_at_either_end() -> None:
    assert deviance_moments(1e9) == pytest.approx((1, 2), abs=1e-4)
    mean = 1e-6  # one event at most, with probability λ
    one = 2 * (mean - 1 - math.log(mean))
    assert deviance_moments(mean) == pytest.approx((2 * mean + mean * one, mean * one**2), rel=1e-4)


def test_expected_counts() -> None:
    assert expected_counts(3.0).tolist() == [0, 1, 3, 5, 7]
    assert expected_counts(0.0).tolist() == [0, 0, 0, 0, 0]
    wide = expected_counts(50.0, 20.0)
    narrow = expected_counts(50.0)
    assert wide[0] < narrow[0] < narrow[4] < wide[4]


def test_exact_significances_of_the_reference_beside_the_asymptotic_ones() -> None:
    z = z_from_log_p(log_p_value([25, 4], [10, 0.5]))
    assert z == pytest.approx([3.90584, 2.91974], abs=1e-5)
    assert asimov_significance([15, 3.5], [10, 0.5]) == pytest.approx([3.97675, 3.10412], abs=1e-5)


def test_p_value_far_below_the_smallest_double() -> None:
    # mpmath 1.3 at 40 digits: ln P(500, 10)
    assert log_p_value(500, 10) == pytest.approx(-1470.0177508159989, rel=1e-13)
    assert log_p_value(3, 0.0) == -math.inf
    assert log_p_value(0, 5.0) == 0


def test_p_value_with_uncertain_background_is_the_on_off_one() -> None:
    b, sigma_b = 8.0, 2.0  # tau = b / σ² = 2, n_off + 1 = b² / σ² = 16
    assert log_p_value(17, b, sigma_b) == pytest.approx(on_off_log_p(17, 15, 2.0), rel=1e-12)
    assert log_p_value(17, b, 1e-6) == pytest.approx(log_p_value(17, b), rel=1e-6)


def test_garwood_interval_of_the_review() -> None:
    # Garwood 1936 and PDG statistics table 40.3: n = 0 ... 3 at 90 % central = 95 % one-sided limits
    low, high = garwood_interval([0, 1, 2, 3], level=0.9)
    assert high == pytest.approx([3.00, 4.74, 6.30, 7.75], abs=0.005)
    assert low == pytest.approx([0, 0.051, 0.355, 0.818], abs=0.0005)


@given(st.floats(0.05, 40))
def test_garwood_interval_never_covers_too_little(mean: float) -> None:
    n = np.arange(200)
    low, high = garwood_interval(n)
    assert stats.poisson.pmf(n[(low <= mean) & (mean <= high)], mean).sum() >= 0.6826


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: garwood_interval([3, -2]), "unlike -2"),
        (lambda: log_p_value(-1, 3), "unlike -1"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
