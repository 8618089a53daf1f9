"""Golden numbers: `golden/statistics.json` of the project's reference values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.poisson import (
    deviance_moments,
    expected_counts,
    expected_upper_limits,
    garwood_interval,
    log_p_value,
    upper_limit,
)
from fivesigma.statistics.significance import asimov_significance, on_off_log_p, z_from_log_p


def test_exact_limits_of_the_reference() -> None:
    assert upper_limit(0, 0) == pytest.approx(2.9957322736, rel=1e-9)
    assert upper_limit(3, 3) == pytest.approx(5.3954495416, rel=1e-9)


@given(n=st.integers(0, 60), b=st.floats(0, 50))
def test_exact_limit_solves_its_definition(n: int, b: float) -> None:
    s = upper_limit(n, b)
    assert stats.poisson.cdf(n, s + b) / stats.poisson.cdf(n, b) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize(("n", "b"), [(0, 1000.0), (0, 800.0), (50, 1000.0), (10, 5000.0), (3000, 8000.0)])
def test_limits_from_deep_deficits(n: int, b: float) -> None:
    """CLs(s) = e⁻ˢ Σ_k (s+b)ᵏ/k! / Σ_k bᵏ/k!, summed here in logarithms."""
    k = np.arange(n + 1)

    def log_sum(mean: float) -> float:
        return float(special.logsumexp(k * math.log(mean) - special.gammaln(k + 1)))

    s = upper_limit(n, b)
    assert -s + log_sum(s + b) - log_sum(b) == pytest.approx(math.log(0.05), rel=1e-9)
    if n == 0:
        assert s == pytest.approx(-math.log(0.05), rel=1e-12)
        assert upper_limit(n, b, 0.3 * b) == pytest.approx(-math.log(0.05), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "b", "sigma_b"),
    [
        (5, 2.0, 0.8),
        (3, 3.0, 6.0),
        (100, 3.0, 30.0),
        (400, 1000.0, 30.0),
        (10, 2000.0, 20.0),
        (10_000, 10_000.0, 3000.0),
    ],
)
def test_limit_with_uncertain_background_solves_its_definition(n: int, b: float, sigma_b: float) -> None:
    """The convolution the other way round: over all counts of the background, which are negative binomial."""
    s = upper_limit(n, b, sigma_b)
    k = np.arange(n + 1)
    background = stats.nbinom.logpmf(k, (b / sigma_b) ** 2, b / (b + sigma_b**2))
    with_signal = special.logsumexp(background + stats.poisson.logcdf(n - k, s))
    assert with_signal - special.logsumexp(background) == pytest.approx(math.log(0.05), rel=1e-8)


def test_limit_of_a_million_events() -> None:
    """With so many all is Gaussian: at n = b the limit is 1.96 standard deviations, as CLs has it."""
    assert upper_limit(1e6, 1e6) == pytest.approx(1.96 * 1000, rel=2e-3)
    assert upper_limit(1e6, 1e6, 1000.0) == pytest.approx(1.96 * 1000 * math.sqrt(2), rel=2e-3)


def test_limit_with_uncertain_background_against_sampling() -> None:
    n, b, sigma_b = 5, 2.03, 0.8
    limit = upper_limit(n, b, sigma_b)
    means = np.random.default_rng(1).gamma((b / sigma_b) ** 2, sigma_b**2 / b, 400_000)
    ratio = stats.poisson.cdf(n, limit + means).mean() / stats.poisson.cdf(n, means).mean()
    assert ratio == pytest.approx(0.05, rel=0.01)


@given(n=st.integers(0, 30), b=st.floats(0.5, 30))
def test_limit_with_uncertain_background_tends_to_the_exact_one(n: int, b: float) -> None:
    assert upper_limit(n, b, 1e-5 * b) == pytest.approx(upper_limit(n, b), rel=1e-5)


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


def test_expected_counts_and_limits() -> None:
    assert expected_counts(3.0) == (0, 1, 3, 5, 7)
    assert expected_counts(0.0) == (0, 0, 0, 0, 0)
    assert expected_upper_limits(3.0)[2] == pytest.approx(5.3954495416, rel=1e-9)
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
        (lambda: upper_limit(-1, 3), "unlike -1"),
        (lambda: upper_limit(2.5, 3, 1), "whole number"),
        (lambda: upper_limit(2.5, 2000), "whole number"),
        (lambda: upper_limit(2, math.nan), "finite"),
        (lambda: upper_limit(2, 3, -1), "uncertainty"),
        (lambda: upper_limit(2, 0, 1), "mean above zero"),
        (lambda: garwood_interval([3, -2]), "unlike -2"),
        (lambda: log_p_value(-1, 3), "unlike -1"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
