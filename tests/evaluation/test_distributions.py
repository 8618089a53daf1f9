from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.agreement import data_and_simulation_differ
from fivesigma.evaluation.distributions import feature_distributions, score_distribution
from fivesigma.evaluation.histograms import binning, score_edges
from fivesigma.statistics.agreement import chi_square


def test_histograms_hold_the_yields_and_share_their_edges(toy):
    dataset, scores = toy
    result = score_distribution(dataset, scores, bins=20, show_data=True)
    assert [sample.title for sample in result.samples] == ["H(125)", "zz"]
    assert_allclose([sample.histogram.total.sum() for sample in result.samples], [20, 80])
    assert_allclose(result.samples[1].histogram.error ** 2, result.samples[1].histogram.total * 80 / 3000)
    assert result.data.counts.sum() == 100
    # Garwood's interval of no event at one sigma ends at -ln(0.1587)
    assert_allclose(result.data.high[result.data.counts == 0], 1.8410216450)


def test_score_bins_hold_even_shares_of_what_is_left_and_fifty_events_at_the_end():
    edges = score_edges(np.full(4000, 0.01), 20)
    assert len(edges) == 21
    assert_allclose(edges[[0, -1]], [0, 1])
    left = 1 - edges[:-1]
    assert_allclose(left[1:] / left[:-1], left[1])
    assert_allclose(left[-1], 50 / 4000)
    # with next to no events, or with very many, edges stay where bins can be told apart
    assert_allclose(1 - score_edges(np.ones(3), 5)[-2], 0.5)
    assert_allclose(1 - score_edges(np.ones(10**7), 5)[-2], 1e-4)


def test_while_blind_no_data_are_filled(toy):
    dataset, scores = toy
    assert score_distribution(dataset, scores).data is None
    assert all(result.data is None for result in feature_distributions(dataset))


def test_edges_do_not_depend_on_the_data(toy):
    dataset, _ = toy
    wild = dataset.X.copy()
    wild[dataset.data] = 1000
    before = feature_distributions(dataset)
    after = feature_distributions(replace(dataset, X=wild))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one.edges, other.edges)


def test_inputs_and_observables_are_all_there_or_those_asked_for(toy):
    dataset, _ = toy
    names = [result.feature for result in feature_distributions(dataset)]
    assert names == ["useful", "flat", "type", "mass", "follower"]
    assert [result.feature for result in feature_distributions(dataset, features=["mass"])] == ["mass"]
    with pytest.raises(FivesigmaError, match="did you mean mass"):
        feature_distributions(dataset, features=["mas"])


def test_few_whole_values_get_a_bin_each():
    assert_allclose(binning(np.array([-1.0, 1.0, 1.0]), 30), [-1.5, -0.5, 0.5, 1.5])
    assert_allclose(binning(np.array([11.0, 13.0]), 30), [10.5, 11.5, 12.5, 13.5])
    # more of them than bins were asked for: bins narrower than 1 would leave gaps
    assert_allclose(binning(np.arange(45.0), 30), np.arange(46) - 0.5)
    assert len(binning(np.arange(100.0), 30)) == 31


def test_events_that_lack_a_value_are_counted_and_the_others_filled(toy):
    dataset, _ = toy
    X = dataset.X.copy()
    X[dataset.signal & (np.arange(len(dataset)) % 4 == 0), 0] = np.nan
    (found,) = feature_distributions(replace(dataset, X=X), features=["useful"])
    signal, background = found.samples
    assert (signal.histogram.missing, background.histogram.missing) == (750, 0)
    assert found.missing == pytest.approx(750 / 6000)
    (whole,) = feature_distributions(dataset, features=["useful"])
    assert found.outside == pytest.approx(whole.outside, abs=0.005)
    assert signal.histogram.total.sum() == pytest.approx(0.75 * whole.samples[0].histogram.total.sum(), rel=0.02)
    np.testing.assert_array_equal(background.histogram.events, 3000)


def test_data_are_held_against_backgrounds_and_the_signals_that_are_named(toy):
    dataset, scores = toy
    found = score_distribution(dataset, scores, bins=8, show_data=True)
    background = found.samples[1].histogram
    by_hand = chi_square(found.data.counts.astype(float), background.total, background.error**2)
    assert found.agreement == by_hand
    both = score_distribution(dataset, scores, bins=8, show_data=True, expected_signal=["higgs"])
    assert both.agreement.value != found.agreement.value
    free = feature_distributions(dataset, features=["flat"], show_data=True, normalisation="free")[0].agreement
    assert free.normalisation == "free"
    assert free.scale == pytest.approx(100 / 80, rel=0.1)
    assert score_distribution(dataset, scores).agreement is None
    with pytest.raises(FivesigmaError, match="did you mean higgs"):
        feature_distributions(dataset, show_data=True, expected_signal=["higs"])


def test_a_shifted_input_is_seen_in_data_and_the_others_are_not(make):
    dataset, _ = make(n=8000, yields=(1.0, 4000.0))
    generator = np.random.default_rng(3)
    rows = generator.choice(np.flatnonzero(dataset.of("zz"))[4000:], 4000, replace=False)
    simulated = dataset.where(~dataset.data & ~np.isin(np.arange(len(dataset)), rows))
    weight = np.where(simulated.of("zz"), 1.0, simulated.weight)
    observed = dataset.where(np.isin(np.arange(len(dataset)), rows))
    X = observed.X.copy()
    joined = _joined(simulated, weight, observed, X)
    clean = {one.feature: one.agreement for one in feature_distributions(joined, show_data=True)}
    assert data_and_simulation_differ(clean) == ()
    X[:, 1] += 0.1
    shifted = _joined(simulated, weight, observed, X)
    found = data_and_simulation_differ(
        {one.feature: one.agreement for one in feature_distributions(shifted, show_data=True)}
    )
    assert [finding.subject for finding in found] == ["flat"]
    assert found[0].code == "data-and-simulation-differ"


def _joined(simulated, weight, observed, X):
    """Return simulated events, and others as if they were data."""
    return replace(
        simulated,
        X=np.concatenate([simulated.X, X]),
        observables={},
        weight=np.concatenate([weight, np.ones(len(X))]),
        id=np.concatenate([simulated.id, observed.id]),
        sample=np.concatenate([simulated.sample, np.full(len(X), 2, dtype=np.int16)]),
    )
