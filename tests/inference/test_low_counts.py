import numpy as np
import pytest
from scipy import optimize

from fivesigma.inference.limits import cls_limit
from fivesigma.inference.low_counts import _asymptotic_limit, _best_strength, _q_tilde, asymptotic_shift
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.statistics.poisson_limits import expected_upper_limits, upper_limit


@pytest.mark.parametrize(("background", "sigmas"), [(3.0, 0), (3.0, -1), (8.0, 0), (30.0, 0), (30.0, -1)])
def test_the_shift_of_a_count_is_that_of_the_exact_limit(make_workspace, background: float, sigmas: int) -> None:
    """At n = b = 3 the asymptotic limit is 4.78 where 5.40 is exact."""
    asymptotic = cls_limit(PyhfModel(make_workspace([1.0], [background]))).expected[2 + sigmas]
    exact = expected_upper_limits(background)[2 + sigmas]
    shift = asymptotic_shift(np.ones(1), np.array([background]), seed=1, sigmas=sigmas, toys=20_000)
    assert shift == pytest.approx(1 - asymptotic / exact, abs=0.045)
    if background == 3 and sigmas == 0:
        assert (asymptotic, upper_limit(3, 3)) == pytest.approx((4.78, 5.40), abs=0.006)


def test_many_events_need_no_toys() -> None:
    assert abs(asymptotic_shift(np.full(4, 30.0), np.full(4, 5000.0), seed=1)) < 0.04


def test_the_asymptotic_limit_is_that_of_the_fit_engine(make_workspace) -> None:
    signal, background = np.array([1.0, 3.0, 2.0]), np.array([9.0, 2.0, 0.5])
    band = cls_limit(PyhfModel(make_workspace(signal, background))).expected
    for sigmas, limit in zip((-2, -1, 0, 1, 2), band, strict=True):
        assert _asymptotic_limit(signal, background, sigmas, 0.95) == pytest.approx(limit, rel=1e-5)


def test_fits_of_toys_agree_with_a_general_minimiser() -> None:
    signal, background = np.array([1.0, 3.0, 2.0]), np.array([9.0, 2.0, 0.5])
    counts = np.random.default_rng(5).poisson(1.5 * signal + background, (20, 3)).astype(float)
    best, q = _best_strength(counts, signal, background, 4.0), _q_tilde(counts, signal, background, 4.0)
    for row, strength, statistic in zip(counts, best, q, strict=True):

        def deviance(mu: float, row=row) -> float:
            return float(2 * np.sum(mu * signal + background - row * np.log(mu * signal + background)))

        found = optimize.minimize_scalar(deviance, bounds=(0, 4), method="bounded", options={"xatol": 1e-10})
        assert strength == pytest.approx(found.x, abs=1e-4)
        assert statistic == pytest.approx(deviance(4.0) - found.fun, abs=1e-6)
