"""Golden numbers: `golden/statistics.json` of the project's reference values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.poisson import expected_counts
from fivesigma.statistics.poisson_limits import expected_upper_limits, upper_limit


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


def test_many_limits_in_one_call_are_those_of_one_call_each() -> None:
    b = np.array([0.0, 0.5, 3.0, 50.0, 800.0, 700.0])
    sigma_b = np.array([0.0, 0.2, 0.0, 7.0, 0.0, 70.0])
    n = np.array([[0, 2, 3, 55, 0, 690], [4, 0, 30, 10, 801, 1200]])
    limits = upper_limit(n, b, sigma_b)
    assert limits.shape == (2, 6)
    for place in np.ndindex(2, 6):
        alone = upper_limit(n[place], b[place[1]], sigma_b[place[1]])
        assert limits[place] == pytest.approx(float(alone), rel=1e-10)
    bands = expected_upper_limits(b, sigma_b)
    assert bands.shape == (5, 6)
    assert np.all(np.diff(bands, axis=0) >= 0)
    assert bands == pytest.approx(upper_limit(expected_counts(b, sigma_b), b, sigma_b), rel=1e-10)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: upper_limit(-1, 3), "unlike -1"),
        (lambda: upper_limit(2.5, 3, 1), "whole number"),
        (lambda: upper_limit(2.5, 2000), "whole number"),
        (lambda: upper_limit(2, math.nan), "finite"),
        (lambda: upper_limit(2, 3, -1), "uncertainty"),
        (lambda: upper_limit(2, 0, 1), "mean above zero"),
        (lambda: upper_limit(3, 3, level=95), "between 0 and 1, unlike 95"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
