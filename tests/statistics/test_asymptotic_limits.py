"""Golden numbers: `golden/statistics.json` of the project's reference values; those of one bin are pyhf's, to a part in a thousand."""

import math

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.asymptotic_cls import band_thresholds, expected_cls, observed_cls
from fivesigma.statistics.asymptotic_limits import asymptotic_expected_upper_limits, asymptotic_upper_limit
from fivesigma.statistics.on_off_likelihood import conditional_background, q_tilde
from fivesigma.statistics.poisson_limits import expected_upper_limits, upper_limit

SIGNAL, BACKGROUND, ERROR, SEEN = 10.0, 50.0, 7.0, 55.0  # "one bin"
PER_TAU = ERROR**2 / BACKGROUND


def test_observed_cls_and_limit_of_one_bin() -> None:
    profiled = conditional_background(0.0, SEEN, BACKGROUND, PER_TAU)
    q_asimov = q_tilde(SIGNAL, profiled, profiled, PER_TAU)
    assert observed_cls(q_tilde(SIGNAL, SEEN, BACKGROUND, PER_TAU), q_asimov) == pytest.approx(0.4541889294, rel=1e-5)
    assert expected_cls(q_asimov) == pytest.approx(
        [0.0637201164, 0.1509686618, 0.327965743, 0.6046135698, 0.8662652332], rel=1e-4
    )
    assert asymptotic_upper_limit(SEEN, BACKGROUND, ERROR) / SIGNAL == pytest.approx(2.3795272, rel=1e-5)


def test_expected_limits_of_one_bin_with_the_background_profiled_on_the_data() -> None:
    limits = asymptotic_expected_upper_limits(BACKGROUND, ERROR, profiled_on=SEEN) / SIGNAL
    assert limits == pytest.approx([1.0756066, 1.4473117, 2.0181925, 2.8320534, 3.8467698], rel=1e-4)


def test_expected_limit_at_the_nominal_background() -> None:
    assert asymptotic_expected_upper_limits(50, 7)[2] == pytest.approx(19.709, rel=1e-4)
    assert asymptotic_expected_upper_limits(50, 7, profiled_on=50) == pytest.approx(
        asymptotic_expected_upper_limits(50, 7), rel=1e-10
    )
    # what a look at the data does to an "expected" limit: 17.7 as 30 are seen, 22.4 as 80 are
    seen = asymptotic_expected_upper_limits(50, 7, profiled_on=[30, 80])[2]
    assert seen == pytest.approx([17.7, 22.4], abs=0.05)


def test_too_strong_where_events_are_few() -> None:
    """4.78 in place of 5.40 at n = b = 3, and 1.92 in place of 3.00 at none."""
    assert asymptotic_upper_limit([3, 0], [3, 0]) == pytest.approx([4.78, 1.92], abs=0.005)
    assert upper_limit([3, 0], [3, 0]) == pytest.approx([5.3954495416, 2.9957322736], rel=1e-9)


def test_exact_and_asymptotic_limits_meet_where_events_are_many() -> None:
    assert asymptotic_expected_upper_limits(1e6) == pytest.approx(expected_upper_limits(1e6), rel=2e-3)
    assert asymptotic_upper_limit(10_150, 10_000, 100) == pytest.approx(upper_limit(10_150, 10_000, 100), rel=5e-3)


def test_a_known_background_is_the_limit_of_a_small_uncertainty() -> None:
    b = np.array([0.5, 3.0, 50.0, 1e5])
    assert asymptotic_expected_upper_limits(b, 1e-7 * b) == pytest.approx(asymptotic_expected_upper_limits(b), rel=1e-6)
    assert asymptotic_upper_limit(b * 2, b, 1e-7 * b) == pytest.approx(asymptotic_upper_limit(b * 2, b), rel=1e-6)


def test_limits_solve_their_definition() -> None:
    n, b, error = np.array([0.0, 30.0, 55.0, 90.0]), 50.0, 7.0
    limits = asymptotic_upper_limit(n, b, error, level=0.9)
    asimov = conditional_background(0.0, n, b, error**2 / b)
    q_asimov = q_tilde(limits, asimov, asimov, error**2 / b)
    assert observed_cls(q_tilde(limits, n, b, error**2 / b), q_asimov) == pytest.approx(np.full(4, 0.1), rel=1e-9)
    bands = asymptotic_expected_upper_limits(b, error, level=0.9)
    cls = [expected_cls(q_tilde(limit, b, b, error**2 / b))[place] for place, limit in enumerate(bands)]
    assert cls == pytest.approx([0.1] * 5, rel=1e-9)


def test_cls_of_the_paper_in_the_gaussian_regime() -> None:
    """The median limit is σ Φ⁻¹(1 - α/2), and the ends of the band are σ (Φ⁻¹(1 - α Φ(N)) + N)."""
    n = np.array([-2, -1, 0, 1, 2])
    assert band_thresholds(0.95) == pytest.approx(stats.norm.ppf(1 - 0.05 * stats.norm.cdf(n)) + n)
    assert band_thresholds(0.95)[2] == pytest.approx(1.959964, rel=1e-6)


def test_a_thousand_limits_in_one_call_are_those_of_one_call_each() -> None:
    b = np.geomspace(0.01, 1e4, 1000)
    limits = asymptotic_expected_upper_limits(b, 0.1 * b)
    assert limits.shape == (5, 1000)
    assert limits[:, 500] == pytest.approx(asymptotic_expected_upper_limits(b[500], 0.1 * b[500]), rel=1e-10)
    assert np.all(np.diff(limits, axis=0) > 0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: asymptotic_upper_limit(-1, 3), "unlike -1"),
        (lambda: asymptotic_upper_limit(1, math.inf), "unlike inf"),
        (lambda: asymptotic_upper_limit(1, 0, 1), "a background of zero"),
        (lambda: asymptotic_expected_upper_limits(3, -1), "uncertainty"),
        (lambda: asymptotic_expected_upper_limits(3, level=1.0), "between 0 and 1"),
        (lambda: asymptotic_expected_upper_limits(3, profiled_on=-2), "unlike -2"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
