"""Counts in a window over a fit outside it."""

import numpy as np
import pytest
from scipy import stats

from fivesigma.searches.anomaly.excess import local_excess, spectrum_edges
from fivesigma.searches.anomaly.windows import mass_windows
from fivesigma.statistics.marginal_counts import marginalised_poisson_p


def one_window():
    return mass_windows([3500.0], width=400, sideband=400)[0]


def test_a_window_is_made_of_whole_bins():
    window = one_window()
    edges = spectrum_edges(2000.0, 8000.0, 40, window)
    assert edges[0] == 2000
    assert edges[-1] == 8000
    assert window.low in edges
    assert window.high in edges
    assert np.all(np.diff(edges) > 0)
    assert 36 <= len(edges) <= 46
    steps = np.diff(np.log(edges))
    assert steps.max() < 1.6 * steps.min()


def test_without_a_window_edges_are_even_in_the_logarithm():
    assert spectrum_edges(2000.0, 8000.0, 4) == pytest.approx(2000 * 4 ** np.linspace(0, 1, 5))


def test_a_count_and_its_p_value(quick):
    random = np.random.default_rng(1)
    mass = np.concatenate([2000 + random.exponential(900, 2000), random.uniform(3300, 3700, 80)])
    found = local_excess(mass[mass < 8000], 0.02, one_window(), quick())
    inside = (mass >= 3300) & (mass < 3700)
    assert found.observed == inside.sum()
    # of 2,000 exponential masses: e^(-1300/900) - e^(-1700/900) of them
    assert found.expected == pytest.approx(2000 * (np.exp(-13 / 9) - np.exp(-17 / 9)), rel=0.1)
    by_hand = marginalised_poisson_p(found.observed, found.expected, found.expected_error)
    assert found.log_p == by_hand.log_p
    assert found.p_value == pytest.approx(stats.norm.sf(found.z), rel=1e-6)
    assert found.order == 3


def test_the_order_is_chosen_where_none_is_asked_for(quick):
    random = np.random.default_rng(2)
    mass = 2000 + random.exponential(900, 20_000)
    assert local_excess(mass[mass < 8000], 0.5, one_window(), quick(order=None)).order >= 2
