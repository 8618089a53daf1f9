import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.costs import poisson_deviance, require_cost, scaled_poisson_deviance, weighted_chi2

# shared golden statistics.json, weighted_costs and bohm_zech: iminuit 2.33, Poisson and weighted BinnedNLL
COUNTS = np.array([5.0, 10, 3, 0, 7])
EXPECTED = np.array([4.0, 11, 2.5, 0.5, 8])
SUM_W, SUM_W2 = np.array([6.2, 9.8, 2.1, 0.7, 7.7]), np.array([8.1, 12.4, 1.9, 0.6, 9.9])


def test_poisson_deviance_of_the_reference() -> None:
    assert poisson_deviance(COUNTS, EXPECTED) == pytest.approx(1.5497217610760146, rel=1e-8)


def test_scaled_poisson_deviance_of_the_reference() -> None:
    assert scaled_poisson_deviance(SUM_W, SUM_W2, EXPECTED) == pytest.approx(1.0657854072542223, rel=1e-8)


def test_scaled_poisson_of_unit_weights_is_poisson() -> None:
    assert scaled_poisson_deviance(COUNTS, COUNTS, EXPECTED) == pytest.approx(poisson_deviance(COUNTS, EXPECTED))


def test_weighted_chi2_bin_by_bin() -> None:
    by_hand = sum((w - m) ** 2 / v for w, v, m in zip(SUM_W, SUM_W2, EXPECTED, strict=True))
    assert weighted_chi2(SUM_W, SUM_W2, EXPECTED) == pytest.approx(by_hand)
    # a bin without weights says nothing
    assert weighted_chi2(np.append(SUM_W, 0), np.append(SUM_W2, 0), np.append(EXPECTED, 9)) == pytest.approx(by_hand)


def test_a_cost_that_is_none_is_told_the_nearest() -> None:
    require_cost("weighted_chi2")
    with pytest.raises(FivesigmaError, match="no cost 'scaled_poison'; did you mean scaled_poisson"):
        require_cost("scaled_poison")
