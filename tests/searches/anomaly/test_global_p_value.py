import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import ONE_SIGMA, Estimate
from fivesigma.searches.anomaly.global_p_value import (
    bonferroni,
    expected_largest,
    experiment_p_value,
    gross_vitells_p,
)
from fivesigma.statistics.trial_factors import independent_trials


def of_number(reached: int, number: int) -> Estimate:
    return experiment_p_value(np.where(np.arange(number) < reached, 2.0, 1.0), 2.0)


def test_bonferroni_bounds_what_independent_trials_give() -> None:
    found = bonferroni(math.log(1e-4), 66)
    assert found.value == found.high == pytest.approx(66e-4)
    assert found.low == pytest.approx(1e-4)
    assert found.low < independent_trials(1e-4, 66) < found.high
    assert "66 trials" in found.method


def test_bonferroni_of_numbers_that_end() -> None:
    assert bonferroni(math.log(0.5), 66).value == 1
    assert bonferroni(0.0, 1).low == bonferroni(0.0, 1).high == 1
    assert bonferroni(-300 * math.log(10), 50).value == pytest.approx(5e-299, rel=1e-9)
    assert 0 < bonferroni(-5000.0, 50).value < 1e-300  # a bound from above is never zero
    assert bonferroni(-5000.0, 50).low == 0


@pytest.mark.parametrize("number", [19, 99])
def test_p_values_of_experiments_are_uniform_without_a_signal(number: int) -> None:
    largest = np.random.default_rng(7).gumbel(size=(4000, number + 1))
    reached = np.array([of.value for of in (experiment_p_value(row[1:], row[0]) for row in largest)])
    ranks = np.rint(reached * (number + 1)).astype(int)
    assert stats.chisquare(np.bincount(ranks, minlength=number + 2)[1:]).pvalue > 0.01
    for alpha in (0.05, 0.1, 0.3):
        assert np.mean(reached <= alpha) <= alpha + 3 * math.sqrt(alpha / len(reached))


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    found, tail = of_number(7, 50), (1 - ONE_SIGMA) / 2
    assert found.value == pytest.approx(8 / 51)
    assert stats.binom.sf(6, 50, found.low) == pytest.approx(tail)
    assert stats.binom.cdf(7, 50, found.high) == pytest.approx(tail)
    assert "7 of 50" in found.method


@pytest.mark.parametrize("true", [0.004, 0.02, 0.1, 0.37, 0.9])
def test_the_interval_covers(true: float) -> None:
    number = 60
    covered = [one.low <= true <= one.high for one in (of_number(k, number) for k in range(number + 1))]
    assert stats.binom.pmf(np.arange(number + 1), number, true)[covered].sum() >= ONE_SIGMA


@pytest.mark.parametrize(("reached", "number"), [(0, 1), (0, 40), (40, 40), (1, 1)])
def test_the_interval_holds_the_value(reached: int, number: int) -> None:
    found = of_number(reached, number)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == (reached + 1) / (number + 1)
    assert (found.low == 0) == (reached == 0)


def correlated_scans(count: int) -> np.ndarray:
    """Return Z of scans over sixty masses, neighbours correlated as Gaussians of a width of six."""
    place = np.arange(60)
    covariance = np.exp(-(np.subtract.outer(place, place) ** 2) / (2 * 6.0**2)) + 1e-9 * np.eye(60)
    normal = np.random.default_rng(3).normal(size=(count, 60))
    return normal @ np.linalg.cholesky(covariance).T


def test_p_values_of_upcrossings_against_scans_without_a_signal() -> None:
    scans = correlated_scans(15_000)
    scans = scans[scans.max(axis=1) > 0]
    p_values = np.array([gross_vitells_p(z).value for z in scans])
    for alpha in (0.1, 0.03, 0.01):
        seen, error = float(np.mean(p_values <= alpha)), math.sqrt(alpha / len(scans))
        assert 0.8 * alpha - 3 * error < seen < alpha + 3 * error


def test_upcrossings_of_one_scan() -> None:
    # it begins above zero, and rises through it twice
    found = gross_vitells_p(np.array([0.5, -1.0, 0.0, 3.0, -0.2, -0.1, 1.0]))
    local = stats.norm.sf(3.0)
    assert [found.value, found.low, found.high] == pytest.approx(
        [local + number * math.exp(-4.5) for number in (3, 3 - math.sqrt(3), 3 + math.sqrt(3))]
    )
    assert "3 upcrossings" in found.method
    assert 0 < gross_vitells_p(np.array([-1.0, 60.0])).value < 1e-300


@pytest.mark.parametrize(
    ("trials", "mean"), [(1, math.sqrt(2 / math.pi)), (2, 2 / math.sqrt(math.pi))], ids=["one", "two"]
)
def test_expected_largest_in_closed_form(trials: int, mean: float) -> None:
    assert expected_largest(trials) == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("trials", [66, 3000])
def test_expected_largest_of_numbers_drawn(trials: int) -> None:
    # the largest of N absolute values, by the inverse of its distribution function
    uniform = np.random.default_rng(1).uniform(size=100_000)
    largest = stats.halfnorm.isf(-np.expm1(np.log(uniform) / trials))
    error = largest.std() / math.sqrt(len(largest))
    assert expected_largest(trials) == pytest.approx(largest.mean(), abs=4 * error)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: bonferroni(-1.0, 0), "0 trials"),
        (lambda: bonferroni(0.1, 3), "no p-value"),
        (lambda: bonferroni(math.nan, 3), "no p-value"),
        (lambda: gross_vitells_p(np.array([-1.0, -0.5])), "without an excess"),
        (lambda: gross_vitells_p(np.array([])), "without an excess"),
        (lambda: experiment_p_value(np.array([]), 1.0), "without a pseudo-experiment"),
        (lambda: expected_largest(0), "one trial or more"),
    ],
)
def test_refuses(call: Callable[[], object], match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        call()
