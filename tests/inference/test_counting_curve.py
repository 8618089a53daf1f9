"""CLs of a count against the strength, beside closed forms and the limits themselves."""

import numpy as np
import pytest
from scipy import stats

from fivesigma.inference.counting import count
from fivesigma.inference.counting_curve import counting_curve


def cls(n, s, b):
    """Return CLs of a count with a known background, A. Read, J. Phys. G 28 (2002) 2693."""
    return stats.poisson.cdf(n, s + b) / stats.poisson.cdf(n, b)


def test_of_a_known_background_it_is_the_ratio_of_tails():
    curve = counting_curve(count(5.0, 3.0, observed=4))
    assert curve.mu[0] == 0
    np.testing.assert_allclose(curve.observed, cls(4, 5.0 * curve.mu, 3.0), rtol=0.02)
    counts = stats.poisson.ppf(stats.norm.cdf([-2, -1, 0, 1, 2]), 3.0)
    for row, n in zip(curve.expected, counts, strict=True):
        np.testing.assert_allclose(row, cls(n, 5.0 * curve.mu, 3.0), rtol=0.03)


def test_of_an_uncertain_background_it_is_that_of_brute_force():
    """The background is Gamma distributed; its mean is 20, its error 6."""
    result = count(10.0, 20.0, background_uncertainty=0.3, observed=15)
    curve = counting_curve(result)
    random = np.random.default_rng(1)
    background = random.gamma((20 / 6) ** 2, 36 / 20, 400_000)
    for place in (10, 20, 30):
        both = stats.poisson.cdf(15, background + 10 * curve.mu[place]).mean()
        assert curve.observed[place] == pytest.approx(both / stats.poisson.cdf(15, background).mean(), rel=0.03)


@pytest.mark.parametrize("method", ["exact", "asymptotic"])
def test_curves_cross_the_level_at_the_limits(method):
    result = count(5.0, 30.0, background_uncertainty=0.2, observed=33, method=method)
    curve = counting_curve(result, method=method)
    for row, limit in zip(
        (*curve.expected, curve.observed), (*result.limit_expected, result.limit_observed), strict=True
    ):
        assert np.all(np.diff(row) < 0)
        assert np.exp(np.interp(limit, curve.mu, np.log(row))) == pytest.approx(0.05, rel=0.02)


def test_while_blind_there_is_no_observed_curve():
    curve = counting_curve(count(5.0, 3.0))
    assert curve.observed is None
    assert curve.limit_observed is None


def test_without_any_background():
    curve = counting_curve(count(2.0, 0.0))
    np.testing.assert_allclose(curve.expected[2], np.exp(-2.0 * curve.mu), rtol=0.01)
