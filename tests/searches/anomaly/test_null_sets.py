"""Scans of events without a signal: local p-values are uniform, and the largest excess is what pseudo-experiments say.

Members, folds and trees are fewer than a search has. The spectrum is an exponential and fitted by one: a function that cannot follow the
spectrum moves p-values, whatever was selected.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.null_experiments import null_experiments
from fivesigma.searches.anomaly.scan import anomaly_scan, scan_events
from fivesigma.searches.anomaly.windows import mass_windows
from fivesigma.statistics.marginal_counts import marginalised_poisson_p

pytestmark = pytest.mark.slow


def test_local_p_values_of_independent_sets_are_uniform(dijets, quick):
    windows = mass_windows([3000.0], width=500, sideband=400)
    p_values = []
    for seed in range(100):
        options = quick(seed=seed, efficiencies=(0.1,), family="exponential", order=1)
        scan = anomaly_scan(scan_events(*dijets(seed=seed), options), windows, options, features=("one", "other"))
        (excess,) = scan.windows[0].excesses
        assert excess.expected > 50
        p_values.append(float(marginalised_poisson_p(excess.observed, excess.expected, excess.expected_error).mid_p))
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_the_largest_excess_of_null_sets_is_one_that_chance_brings(dijets, quick):
    windows = mass_windows([2800.0, 3200.0, 3600.0, 4000.0], width=500, sideband=400)
    largest, null = [], None
    for seed in (101, 102, 103, 104, 105):
        options = quick(seed=seed, family="exponential", order=1)
        events = scan_events(*dijets(seed=seed), options)
        scan = anomaly_scan(events, windows, options, features=("one", "other"))
        largest.append(max(abs(excess.z) for window in scan.windows for excess in window.excesses))
        if null is None:
            model = BackgroundModel.of_scan(scan, events, options, features="conditional")
            null = null_experiments(
                windows, replace(options, seed=1), model=model, count=200, members=2, observed_z=scan.best.z, seed=1
            )
    reached = [int(np.sum(null.largest_absolute_z >= one)) for one in largest]
    assert all((one + 1) / 201 > 0.01 for one in reached)
    # cross-fitting makes them scatter by more than 1, and by no more than folds can teach each other
    assert 0.9 < null.width.value < 1.5
