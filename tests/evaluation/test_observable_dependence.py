from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.observable_dependence import input_correlations, observable_correlations
from fivesigma.evaluation.observable_findings import input_follows_observable, score_follows_observable


def test_signal_does_not_count(toy):
    dataset, scores = toy
    only_in_signal = np.where(dataset.signal, scores.value, dataset.observables["mass"])
    result = observable_correlations(replace(dataset, observables={"mass": only_in_signal}), scores)
    assert not score_follows_observable([result])


def test_a_constant_observable_has_no_correlation(toy):
    dataset, scores = toy
    result = observable_correlations(replace(dataset, observables={"mass": np.ones(len(dataset))}), scores)
    assert result.coefficients == {"mass": None}


def test_an_observable_that_is_missing_in_some_events_is_correlated_in_the_others(toy):
    dataset, scores = toy
    holes = np.where(np.arange(len(dataset)) % 3 == 0, np.nan, dataset.observables["follower"])
    changed = replace(dataset, observables={"follower": holes, "nothing": np.full(len(dataset), np.nan)})
    found = observable_correlations(changed, scores).coefficients
    mask = dataset.background & np.isfinite(holes)
    assert_allclose(found["follower"].value, np.corrcoef(scores.value[mask], holes[mask])[0, 1])
    assert found["nothing"] is None


def test_ranks_and_distances_tell_what_a_line_does_not(toy):
    dataset, scores = toy
    bent = np.abs(scores.value - 0.5) + 0.01 * dataset.observables["mass"]
    changed = replace(dataset, observables={"bent": bent, "steep": np.exp(9 * scores.value), "mass": bent * np.nan})
    found = observable_correlations(changed, scores).dependences
    mask = dataset.background
    assert abs(found["bent"].pearson.value) < 0.1
    assert found["bent"].distance.value > 4 * found["bent"].distance.independence
    assert_allclose(found["steep"].spearman.value, 1)
    assert found["steep"].pearson.value < 0.9
    assert_allclose(found["bent"].spearman.value, spearmanr(scores.value[mask], bent[mask]).statistic, atol=1e-9)
    assert "ranks held fixed" in found["bent"].spearman.method
    assert found["mass"].distance is None


def test_the_interval_of_spearman_is_as_wide_as_independence_tells(toy):
    dataset, scores = toy
    spearman = observable_correlations(dataset, scores).dependences["mass"].spearman
    assert_allclose(spearman.error, 1 / np.sqrt(3000), rtol=0.2)


def test_no_input_of_the_toy_is_nearly_an_observable_and_each_pair_has_its_coefficients(toy):
    dataset, _ = toy
    results = input_correlations(dataset, replicas=50)
    assert input_follows_observable(results) == ()
    assert [result.observable for result in results] == ["mass", "follower"]
    assert list(results[0].dependences) == ["useful", "flat", "type"]
    mask = dataset.background
    follower = dataset.observables["follower"][mask]
    expected = np.corrcoef(dataset.X[mask, 0], follower)[0, 1]
    assert_allclose(results[1].dependences["useful"].pearson.value, expected, rtol=1e-6)
    (only,) = input_correlations(replace(dataset, observables={"mass": dataset.observables["mass"]}), inputs=["flat"])
    assert list(only.dependences) == ["flat"]
    with pytest.raises(FivesigmaError, match="no input 'flet'"):
        input_correlations(dataset, inputs=["flet"])


def test_intervals_of_scores_say_that_nothing_was_trained_again_and_those_of_inputs_need_not(toy):
    dataset, scores = toy
    of_score = observable_correlations(dataset, scores, replicas=5).dependences["mass"]
    of_input = input_correlations(dataset, inputs=["flat"], replicas=5)[0].dependences["flat"]
    for dependence, said in ((of_score, True), (of_input, False)):
        assert all(("retraining" in one.method) is said for one in (dependence.pearson, dependence.spearman))
