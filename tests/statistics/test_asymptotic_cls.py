import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fivesigma.statistics.asymptotic_cls import expected_cls, log_observed_cls, observed_cls, threshold


def test_expected_cls_is_a_ratio_of_tails() -> None:
    cls = expected_cls([0.0, 4.0])
    assert cls.shape == (5, 2)
    assert cls[:, 0] == pytest.approx(np.ones(5))
    n = np.arange(-2, 3)
    assert cls[:, 1] == pytest.approx(stats.norm.cdf(n - 2) / stats.norm.cdf(n))


@given(q=st.floats(0, 50), q_asimov=st.floats(0.01, 50))
def test_observed_cls_as_the_paper_prints_it(q: float, q_asimov: float) -> None:
    """1007.1727 eqs. 64 and 66, tail by tail."""
    root, sigma = np.sqrt(q), np.sqrt(q_asimov)
    if q <= q_asimov:
        with_signal, background = stats.norm.logsf(root), stats.norm.logsf(root - sigma)
    else:
        with_signal = stats.norm.logsf((q + q_asimov) / (2 * sigma))
        background = stats.norm.logsf((q - q_asimov) / (2 * sigma))
    assert float(log_observed_cls(q, q_asimov)) == pytest.approx(with_signal - background, rel=1e-9, abs=1e-9)


def test_median_data_have_the_median_cls() -> None:
    assert observed_cls(3.0, 3.0) == pytest.approx(expected_cls(3.0)[2])


def test_never_underflows() -> None:
    assert np.all(np.isfinite(log_observed_cls([1e4, 5e3], [1e4, 1.0])))
    assert observed_cls(0.0, 0.0) == 1


@pytest.mark.parametrize("sigmas", [-2.0, -1.0, 0.0, 1.0, 2.0])
def test_cls_is_at_its_level_where_its_threshold_is(sigmas: float) -> None:
    place = (-2.0, -1.0, 0.0, 1.0, 2.0).index(sigmas)
    assert expected_cls(threshold(sigmas, 0.95) ** 2)[place] == pytest.approx(0.05)
