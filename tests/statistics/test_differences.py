import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import ONE_SIGMA, Estimate
from fivesigma.statistics.differences import (
    familywise_level,
    normal_interval,
    seed_variance,
    with_seeds,
)


def test_intervals_are_right_together():
    assert familywise_level(0.05, 1) == 0.95
    generator = np.random.default_rng(1)
    half = normal_interval(0.0, 1.0, level=familywise_level(0.05, 15), method="").high
    wrong = (np.abs(generator.normal(size=(40_000, 15))) > half).any(axis=1).mean()
    assert 0.045 < wrong < 0.052  # 1 - (1 - 0.05/15)^15 = 0.0488 for independent ones


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 5.0])
def test_an_error_rate_is_a_probability(rate):
    with pytest.raises(FivesigmaError, match="between 0 and 1"):
        familywise_level(rate, 3)


def test_a_normal_interval_has_the_quantiles_of_tables():
    estimate = normal_interval(2.0, 4.0, level=0.95, method="m")
    assert_allclose([estimate.low, estimate.high], [2 - 2 * 1.959964, 2 + 2 * 1.959964], rtol=1e-6)
    assert_allclose(normal_interval(0.0, 9.0, level=ONE_SIGMA, method="m").error, 3.0)
    assert normal_interval(1.0, 0.0, level=0.9, method="m").error == 0


def test_the_spread_over_seeds_is_added_in_quadrature_on_either_side():
    estimate = Estimate(value=0.8, low=0.76, high=0.83, method="bootstrap")
    values = [0.79, 0.80, 0.84, 0.77]
    luck = np.std(values, ddof=1) / 2
    assert_allclose(seed_variance(values), luck**2)
    wider = with_seeds(estimate, values)
    assert wider.value == 0.8
    assert_allclose([wider.low, wider.high], [0.8 - math.hypot(0.04, luck), 0.8 + math.hypot(0.03, luck)])
    assert wider.method == "bootstrap; with the spread over 4 seeds"


def test_the_spread_counts_at_the_level_of_the_interval():
    estimate = Estimate(value=0.0, low=0.0, high=0.0, level=0.95, method="none")
    assert_allclose(with_seeds(estimate, [-1.0, 1.0]).high, 1.959964, rtol=1e-6)  # s/√2 = 1


@pytest.mark.parametrize("values", [[], [0.7]])
def test_one_seed_has_no_spread(values):
    estimate = Estimate(value=0.8, low=0.7, high=0.9, method="bootstrap")
    assert with_seeds(estimate, values) is estimate
    assert seed_variance(values) == 0
