import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.marginal_counts import marginalised_poisson_p
from fivesigma.statistics.poisson import log_p_value
from fivesigma.statistics.significance import gaussian_background_z, log_p_from_z


@pytest.mark.parametrize(
    ("count", "expected", "error", "log_p"),
    [
        (30, 18, 3, -3.674792679662915),
        (5, 18, 4, -0.001149334096744131),
        (1, 0.5, 0.4, -0.8498142921702558),
        (3, 0.1, 0.5, -1.3431146508143341),
        (291, 168.8, 11.8, -19.855013159274524),
        (50, 1, 0.01, -149.33788507384645),
        (1, 1e-20, 1e-18, -1.1249776032832997),
        (1e5, 9e4, 3e3, -7.098805640968618),
        (1e5, 9e4, 3, -540.3696807832773),
    ],
)
def test_integrals_in_thirty_digits(count: float, expected: float, error: float, log_p: float) -> None:
    """Calculated by mpmath's adaptive quadrature of the Gamma density of order n times the normal distribution."""
    assert float(marginalised_poisson_p(count, expected, error).log_p) == pytest.approx(log_p, rel=1e-8)


@given(
    count=st.integers(1, 3000),
    ratio=st.floats(0.05, 4),
    spread=st.floats(3e-3, 20),
)
@settings(max_examples=40, deadline=None)
def test_integrals_by_brute_force(count: int, ratio: float, spread: float) -> None:
    median = ratio * count

    def integral(k: int) -> float:
        low = min(np.log(k), np.log(median)) - 60 / k - 12 / np.sqrt(k)
        step = min(spread, 1 / np.sqrt(k), 0.5) / 60
        at = np.arange(low, np.log(k) + min(4.5, 12 / np.sqrt(k)), step)
        density = k * at - np.exp(at) - special.gammaln(k) + special.log_ndtr((np.log(median) - at) / spread)
        return float(special.logsumexp(density) + np.log(step))

    found = marginalised_poisson_p(count, median, spread * median)
    assert float(found.log_p) == pytest.approx(integral(count), abs=1e-9)
    mid = np.logaddexp(integral(count), integral(count + 1)) - np.log(2)
    assert float(found.log_mid_p) == pytest.approx(mid, abs=1e-9)


def test_p_values_are_those_of_thrown_counts() -> None:
    rng = np.random.default_rng(1)
    expected, error, throws = 3.0, 1.5, 400_000
    counts = rng.poisson(expected * np.exp(error / expected * rng.normal(size=throws)))
    seen = np.arange(12)
    found = marginalised_poisson_p(seen, expected, error)
    at_least = np.array([np.mean(counts >= n) for n in seen])
    more = np.array([np.mean(counts > n) for n in seen])
    assert found.p == pytest.approx(at_least, abs=4 * 0.5 / np.sqrt(throws))
    assert found.mid_p == pytest.approx((at_least + more) / 2, abs=4 * 0.5 / np.sqrt(throws))


def test_a_known_background_is_the_poisson_test() -> None:
    counts, expected = np.arange(40.0)[:, None], np.array([0.01, 3, 18])
    found = marginalised_poisson_p(counts, expected, 0)
    assert found.log_p.shape == (40, 3)
    assert found.log_p == pytest.approx(log_p_value(counts, expected), rel=1e-8, abs=1e-12)
    assert found.mid_p == pytest.approx(
        stats.poisson.sf(counts, expected) + stats.poisson.pmf(counts, expected) / 2, rel=1e-8
    )
    assert marginalised_poisson_p(counts, expected, 1e-9).log_p == pytest.approx(found.log_p, rel=1e-8, abs=1e-12)


def test_neither_tail_saturates() -> None:
    found = marginalised_poisson_p([0, 0, 9000], [18, 5000, 1000], [0, 10, 5])
    assert found.mid_p[:2] == pytest.approx([1, 1])
    # no event at all: P(0) = exp(-18), and half of it
    assert found.z[0] == pytest.approx(stats.norm.ppf(np.exp(-18)))
    assert found.mid_z[0] == pytest.approx(stats.norm.ppf(np.exp(-18) / 2))
    assert found.mid_z[1] < -90
    assert found.mid_z[2] > 100
    assert log_p_from_z(found.z[2]) == pytest.approx(found.log_p[2])
    assert found.p[2] == 0


@given(expected=st.floats(1e-3, 300), relative=st.floats(0, 100))
@settings(max_examples=30, deadline=None)
def test_more_events_are_more_significant(expected: float, relative: float) -> None:
    found = marginalised_poisson_p(np.arange(30), expected, relative * expected)
    assert np.all(np.diff(found.mid_z) > 0)
    assert np.all(np.diff(found.z) >= -1e-9)
    assert np.all(np.abs(found.z) <= np.abs(found.mid_z) + 1e-7)
    assert np.all(found.log_mid_p <= found.log_p)


def test_many_events_are_the_gaussian_nuisance() -> None:
    counts = np.array([900, 1000, 1100])
    assert marginalised_poisson_p(counts, 1000, 20).mid_z == pytest.approx(
        gaussian_background_z(counts, 1000, 20), abs=0.04
    )


def test_a_background_that_nothing_is_known_of_makes_no_discovery() -> None:
    """One event over 10⁻⁸⁴ ± 10⁻⁸²: with a Gaussian error that would be 19 σ."""
    assert float(marginalised_poisson_p(1, 1e-84, 1e-82).z) < 2
    assert abs(float(marginalised_poisson_p(7, 1e-280, 1).mid_z)) < 1
    assert float(gaussian_background_z(1, 1e-84, 1e-82)) > 15


@pytest.mark.parametrize(
    ("numbers", "match"),
    [
        ((-1, 2, 1), "unlike -1"),
        ((1, 0, 1), "above zero, unlike 0"),
        ((1, 2, -3), "unlike -3"),
        ((np.inf, 2, 1), "unlike inf"),
    ],
)
def test_counts_that_have_no_p_value(numbers: tuple[float, float, float], match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        marginalised_poisson_p(*numbers)
