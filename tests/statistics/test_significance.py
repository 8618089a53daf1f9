"""Golden numbers: `golden/statistics.json` of the project's reference values, from the papers named there."""

import decimal
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.significance import (
    approximate_median_significance,
    approximate_median_significance_of_rates,
    asimov_significance,
    gaussian_background_z,
    log_incomplete_beta,
    log_p_from_z,
    on_off_binomial,
    on_off_log_p,
    on_off_profile_likelihood,
    signal_over_root_background,
    z_from_log_p,
    z_from_p,
)

positive = st.floats(1e-3, 1e5)


@pytest.mark.parametrize(
    ("s", "b", "sigma_b", "z"),
    [
        (10, 100, 0, 0.983991644757),
        (10, 100, 10, 0.690196063297),
        (50, 100, 7, 3.71953257644),
        (5, 1, 0.3, 3.11026559887),
        (772, 121352, 0, 2.21377935103),
    ],
)
def test_asimov_significance_of_the_papers(s: float, b: float, sigma_b: float, z: float) -> None:
    assert asimov_significance(s, b, sigma_b) == pytest.approx(z, rel=1e-9)


def test_background_term_has_its_factor_two() -> None:
    assert asimov_significance(20, 50, 0.2 * 50) == pytest.approx(1.48, abs=0.005)


@given(s=positive, b=positive, relative=st.floats(0, 2))
def test_asimov_significance_agrees_with_the_formula_as_printed(s: float, b: float, relative: float) -> None:
    variance = (relative * b) ** 2
    if variance * (s + b) < 1e-9 * b**2:
        printed = 2 * ((s + b) * math.log1p(s / b) - s)
    else:
        first = (s + b) * math.log((s + b) * (b + variance) / (b**2 + (s + b) * variance))
        printed = 2 * (first - b**2 / variance * math.log1p(variance * s / (b * (b + variance))))
    rounding = 1e-14 * (s + b + (b**2 / variance if variance else 0))
    assert float(asimov_significance(s, b, relative * b)) ** 2 == pytest.approx(printed, rel=1e-4, abs=10 * rounding)


@given(s=st.floats(1e-12, 1e-6), b=st.floats(1, 1e6))
def test_asimov_significance_of_little_signal_is_s_over_root_b(s: float, b: float) -> None:
    assert asimov_significance(s, b) == pytest.approx(s / math.sqrt(b), rel=1e-6)


def test_asimov_significance_without_background() -> None:
    assert asimov_significance(1, 0) == math.inf
    assert asimov_significance(0, 0) == 0
    assert asimov_significance(1, 1e-300) == pytest.approx(math.sqrt(2 * (300 * math.log(10) - 1)), rel=1e-9)
    assert asimov_significance(1, 0, 0.5) == 0


def test_asimov_significance_broadcasts_and_is_negative_for_a_deficit() -> None:
    z = asimov_significance(np.array([[10.0], [-10.0]]), np.array([100.0, 50.0, 20.0]))
    assert z.shape == (2, 3)
    assert np.all(z[0] > 0)
    assert np.all(z[1] < 0)


@given(s=positive, b=positive, relative=st.floats(0.01, 1), more=st.floats(1.1, 3))
def test_more_uncertainty_is_less_significance(s: float, b: float, relative: float, more: float) -> None:
    assert asimov_significance(s, b, more * relative * b) <= asimov_significance(s, b, relative * b)


@pytest.mark.parametrize(
    ("s", "b", "sigma_b", "match"),
    [
        (1, -1, 0, "background is negative: -1"),
        (1, 1, -0.1, "uncertainty is negative"),
        (-3, 1, 0, "sum"),
        (math.nan, 1, 0, "s is not finite"),
    ],
)
def test_asimov_significance_refuses(s: float, b: float, sigma_b: float, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        asimov_significance(s, b, sigma_b)


ON_OFF = [
    (4, 5, 5, 1.9473014515, 1.664347604),
    (17, 40.11, 10.56, 4.5747982458, 4.458247901),
    (50, 55, 2, 3.023188407, 2.93323644),
    (523, 2327, 5.99, 5.9515075723, 5.932504098),
    (18, 97, 10, 2.2421704425, 2.143353205),
]


@pytest.mark.parametrize(("on", "off", "tau", "likelihood", "binomial"), ON_OFF)
def test_on_off_of_the_paper(on: float, off: float, tau: float, likelihood: float, binomial: float) -> None:
    assert on_off_profile_likelihood(on, off, tau) == pytest.approx(likelihood, rel=1e-8)
    assert on_off_binomial(on, off, tau) == pytest.approx(binomial, rel=1e-8)


def test_asimov_significance_is_on_off_of_the_asimov_counts() -> None:
    s, b, sigma_b = 5.0, 1.0, 0.3
    expected = on_off_profile_likelihood(s + b, b**2 / sigma_b**2, b / sigma_b**2)
    assert asimov_significance(s, b, sigma_b) == pytest.approx(expected, rel=1e-12)


def test_p_values_far_below_the_smallest_double() -> None:
    # mpmath 1.3 at 40 digits: ln erfc(40/√2)/2 and ln I_{1/3}(2000, 4)
    assert log_p_from_z(40.0) == pytest.approx(-804.6084420137538, rel=1e-14)
    assert on_off_log_p(2000, 3, 2) == pytest.approx(-2177.4262767810374, rel=1e-12)
    assert on_off_binomial(2000, 3, 2) > 60
    a, b, x = np.full(3, 30.0), np.full(3, 5.0), np.array([1e-12, 1e-9, 0.4])
    assert np.all(np.diff(log_incomplete_beta(a, b, x)) > 0)


def test_p_values_of_backgrounds_known_nearly_exactly() -> None:
    """ln I_x(149, 4.6e10) by the Poisson tail it tends to: P(N ≥ 149) for a mean of 0.036."""
    mean, off = 0.0362, 4.59e10
    poisson_tail = 149 * math.log(mean) - mean - math.lgamma(150) + math.log1p(mean / 150)
    assert log_incomplete_beta(149.0, off, mean / (off + mean)) == pytest.approx(poisson_tail, rel=1e-7)


@given(st.floats(-8, 1000))
def test_z_and_p_are_inverse(z: float) -> None:
    assert z_from_log_p(log_p_from_z(z)) == pytest.approx(z, abs=1e-9)


def test_z_of_known_p_values() -> None:
    assert z_from_p(0.5) == pytest.approx(0, abs=1e-15)
    assert z_from_p(2.866515718791939e-07) == pytest.approx(5, rel=1e-12)


def test_ams_of_the_challenge() -> None:
    assert approximate_median_significance(100, 1000) == pytest.approx(3.09669170661, rel=1e-9)
    assert approximate_median_significance(250, 4000) == pytest.approx(3.9079239454, rel=1e-9)
    assert approximate_median_significance(10, 100, regulator=0) == asimov_significance(10, 100)


def test_the_two_ams_are_two_numbers() -> None:
    s, b = 0.4, 0.02
    of_rates = approximate_median_significance_of_rates(s, b)
    assert of_rates == pytest.approx(math.sqrt(2 * ((s + b + 0.001) * math.log(1 + s / (b + 0.001)) - s)), rel=1e-12)
    assert of_rates != pytest.approx(approximate_median_significance(s, b), rel=0.1)


def test_signal_over_root_background() -> None:
    assert signal_over_root_background([10, 0, 1, -1], [100, 0, 0, 0]).tolist() == [1, 0, math.inf, -math.inf]


def test_a_background_known_exactly_is_the_poisson_test() -> None:
    closed = np.sqrt(2 * (30 * np.log(30 / 18) - 12))
    found = gaussian_background_z([30, 0, 18], 18, [0, 0, 3])
    assert found == pytest.approx([closed, -6, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("observed", "expected", "error"),
    [
        *[(30, 18, 3), (5, 18, 4), (1, 0.5, 0.4), (400, 380, 60), (3, 0.1, 50), (0, 4, 1), (0, 1, 2), (1e-9, 1, 2)],
        *[(1e6 + 1, 1e6, 10), (7, 2, 1e6), (2, 2.0001, 1e-6), (1, 1e-5, 1), (5, 25, 5), (3.5, 9, 3)],
    ],
)
def test_the_nuisance_profiled_in_fifty_digits(observed: float, expected: float, error: float) -> None:
    with decimal.localcontext(decimal.Context(prec=50)):
        n, b, sigma = (decimal.Decimal(x) for x in (observed, expected, error))
        half = (b - sigma * sigma) / 2
        best = half + (half * half + n * sigma * sigma).sqrt()
        poisson = best - n + (n * (n / best).ln() if n > 0 else 0)
        z = (2 * poisson + ((best - b) / sigma) ** 2).sqrt().copy_sign(n - b)
    assert float(gaussian_background_z(observed, expected, error)) == pytest.approx(float(z), rel=1e-10)


@pytest.mark.parametrize(("observed", "expected", "error"), [(30, 18, 3), (5, 18, 4), (1, 0.5, 0.4), (3, 0.1, 50)])
def test_no_other_background_does_better(observed: float, expected: float, error: float) -> None:
    background = np.geomspace(1e-6, 2 * (observed + expected), 200_001)
    deviance = 2 * (background - observed + observed * np.log(observed / background))
    least = np.min(deviance + np.square((background - expected) / error))
    assert float(gaussian_background_z(observed, expected, error)) ** 2 == pytest.approx(least, rel=1e-6)


@given(expected=st.floats(0.01, 1e4), relative=st.floats(0, 30), more=st.floats(1.001, 3))
def test_a_significance_with_a_nuisance_has_no_steps(expected: float, relative: float, more: float) -> None:
    """It rises with the count from nothing on, and falls in size as the background is known worse, from perfectly on."""
    error = relative * expected
    counts = np.array([0, 1e-12, 0.3 * expected, expected, more * expected])
    z = gaussian_background_z(counts, expected, error)
    assert np.all(np.diff(z) > -1e-12)
    assert z[1] == pytest.approx(z[0], abs=1e-4)
    assert np.all(np.abs(z) <= np.abs(gaussian_background_z(counts, expected, 0.0)) + 1e-12)
    assert gaussian_background_z(counts, expected, 1e-9) == pytest.approx(
        gaussian_background_z(counts, expected, 0), rel=1e-6
    )


@pytest.mark.parametrize(
    ("numbers", "match"),
    [
        ((3, 0, 1), "without an expected background.*: 0"),
        ((-1, 2, 1), "negative: -1"),
        ((1, 2, -3), "negative: -3"),
        ((1, np.nan, 1), "expected is not finite"),
    ],
)
def test_counts_that_have_no_significance(numbers: tuple[float, float, float], match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        gaussian_background_z(*numbers)
