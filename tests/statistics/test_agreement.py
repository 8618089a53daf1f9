import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2_contingency, chisquare

from fivesigma.statistics.agreement import chi_square

COUNTS = np.array([22.0, 31.0, 18.0, 44.0, 9.0])
EXPECTED = np.array([25.0, 25.0, 20.0, 40.0, 12.0])
NONE = np.zeros(5)


def test_without_uncertainty_it_is_pearsons():
    free = chi_square(COUNTS, EXPECTED, NONE, normalisation="free")
    scaled = EXPECTED * COUNTS.sum() / EXPECTED.sum()
    textbook = chisquare(COUNTS, scaled)
    assert_allclose([free.value, free.p_value], [textbook.statistic, textbook.pvalue])
    assert free.ndf == 4
    assert free.scale == pytest.approx(COUNTS.sum() / EXPECTED.sum())
    fixed = chi_square(COUNTS, EXPECTED, NONE)
    textbook = chisquare(COUNTS, EXPECTED, ddof=-1, sum_check=False)
    assert_allclose([fixed.value, fixed.p_value], [textbook.statistic, textbook.pvalue])
    assert (fixed.ndf, fixed.scale) == (5, 1.0)


def test_simulated_events_of_equal_weight_are_a_second_histogram():
    """For two histograms of unit weights it is the homogeneity test of a contingency table."""
    simulated = np.array([120.0, 140.0, 70.0, 210.0, 60.0])
    found = chi_square(COUNTS, simulated, simulated, normalisation="free")
    table = chi2_contingency([COUNTS, simulated])
    assert found.ndf == table.dof
    assert_allclose(found.value, table.statistic, rtol=0.01)
    fixed = chi_square(simulated, simulated[::-1].copy(), simulated[::-1].copy())
    assert_allclose(fixed.value, np.sum((simulated - simulated[::-1]) ** 2 / (simulated + simulated[::-1])))


def test_bins_are_merged_until_they_expect_5_events_from_20_effective_ones():
    # 1 + 2 + 2 and 7 + 1 expected of certain means; 5 events each from 10 effective ones: two make 20
    for bins, variance, expected in (([5.0, 2.0, 2.0, 2.0, 7.0, 1.0], 0.0, 3), ([5.0] * 4, 2.5, 2)):
        found = chi_square(np.array(bins), np.array(bins), np.full(len(bins), variance))
        assert found.ndf == expected
    assert chi_square(np.zeros(4), np.full(4, 1.0), np.zeros(4)) is None
    assert chi_square(np.zeros(4), np.full(4, 5.0), np.zeros(4), normalisation="free") is None
    assert chi_square(np.full(4, 2.0), np.full(4, 2.0), np.zeros(4), normalisation="free") is None


def test_a_wrong_yield_is_seen_only_if_the_normalisation_is_fixed():
    shape = np.array([400.0, 300.0, 200.0, 100.0])
    assert chi_square(1.3 * shape, shape, 0.1 * shape).p_value < 1e-6
    free = chi_square(1.3 * shape, shape, 0.1 * shape, normalisation="free")
    assert free.value == pytest.approx(0, abs=1e-12)
    assert free.scale == pytest.approx(1.3)


@pytest.mark.slow
@pytest.mark.parametrize("normalisation", ["fixed", "free"])
@pytest.mark.parametrize("events", [10.0, 100.0, 1000.0])
@pytest.mark.parametrize("negative", [0.0, 0.2])
def test_the_false_alarm_rate_is_what_it_says(normalisation, events, negative):
    """Twice as many simulated events as data, weights that vary: 5 ± 1.5 % of 2,000 trials."""
    generator = np.random.default_rng(7)
    mean = events * np.geomspace(1, 0.02, 20)
    p = []
    for _ in range(2000):
        place = np.repeat(np.arange(20), generator.poisson(2 * mean / (1 - 2 * negative)))
        weight = generator.exponential(0.5, len(place)) * np.where(generator.random(len(place)) < negative, -1, 1)
        sums, squares = (np.bincount(place, power, minlength=20) for power in (weight, weight**2))
        found = chi_square(generator.poisson(mean).astype(float), sums, squares, normalisation=normalisation)
        p.append(1.0 if found is None else found.p_value)
    # where negative weights leave few effective events it alarms less than it says, never more
    assert np.mean(np.array(p) < 0.05) <= 0.065
    assert np.mean(np.array(p) < 0.05) >= (0.035 if not negative else 0.0)
