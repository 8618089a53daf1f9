import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.costs import poisson_deviance, require_cost

# shared golden statistics.json, weighted_costs: iminuit 2.33, Poisson BinnedNLL
COUNTS = np.array([5.0, 10, 3, 0, 7])
EXPECTED = np.array([4.0, 11, 2.5, 0.5, 8])


def test_poisson_deviance_of_the_reference() -> None:
    assert poisson_deviance(COUNTS, EXPECTED) == pytest.approx(1.5497217610760146, rel=1e-8)


def test_a_cost_that_is_none_is_told_the_nearest() -> None:
    require_cost("weighted_chi2")
    with pytest.raises(FivesigmaError, match="no cost 'scaled_poison'; did you mean scaled_poisson"):
        require_cost("scaled_poison")
