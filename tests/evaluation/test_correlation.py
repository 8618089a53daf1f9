from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.observable_dependence import input_correlations, observable_correlations
from fivesigma.evaluation.observable_findings import input_follows_observable, score_follows_observable


def test_each_class_has_its_matrix_and_what_does_not_vary_has_none(make):
    dataset, _ = make()
    constant = dataset.X.copy()
    constant[:, 2] = 11
    signal, background, _ = correlations(replace(dataset, X=constant))
    assert (signal.name, background.name) == ("signal", "background")
    assert signal.features == ("useful", "flat", "type")
    assert_allclose(signal.matrix[0][0], 1)
    assert signal.matrix[2] == (None, None, None)
    mask = dataset.background
    expected = np.corrcoef(dataset.X[mask, 0], dataset.X[mask, 1])[0, 1]
    assert_allclose(background.matrix[0][1], expected, rtol=1e-4)


def test_a_score_that_follows_an_observable_is_a_finding_and_one_that_does_not_is_none(toy):
    dataset, scores = toy
    result = observable_correlations(dataset, scores)
    mass, follower = result.coefficients["mass"], result.coefficients["follower"]
    mask = dataset.background
    assert_allclose(follower.value, np.corrcoef(scores.value[mask], dataset.observables["follower"][mask])[0, 1])
    assert_allclose(mass.error, 1 / np.sqrt(3000), rtol=0.2)
    (finding,) = score_follows_observable([result])
    assert (finding.code, finding.severity, finding.subject) == (
        "score-follows-observable",
        "warning",
        "trees and follower",
    )
    assert finding.evidence["correlation"] == follower.value
    assert not score_follows_observable([result], threshold=0.99)


def test_a_negative_correlation_is_found_too(toy):
    dataset, scores = toy
    turned = replace(dataset, observables={"follower": -dataset.observables["follower"]})
    (finding,) = score_follows_observable([observable_correlations(turned, scores)])
    assert finding.evidence["correlation"] < -0.3


def test_signal_does_not_count(toy):
    dataset, scores = toy
    only_in_signal = np.where(dataset.signal, scores.value, dataset.observables["mass"])
    result = observable_correlations(replace(dataset, observables={"mass": only_in_signal}), scores)
    assert not score_follows_observable([result])


def test_a_constant_observable_has_no_correlation(toy):
    dataset, scores = toy
    result = observable_correlations(replace(dataset, observables={"mass": np.ones(len(dataset))}), scores)
    assert result.coefficients == {"mass": None}


def test_observables_may_be_among_the_features_and_names_are_checked(toy):
    dataset, _ = toy
    signal, background, _ = correlations(dataset, features=["useful", "follower"])
    assert signal.features == ("useful", "follower")
    mask = dataset.background
    expected = np.corrcoef(dataset.X[mask, 0], dataset.observables["follower"][mask])[0, 1]
    assert_allclose(background.matrix[0][1], expected, rtol=1e-4)
    with pytest.raises(FivesigmaError, match="no input or observable 'folower'; did you mean follower"):
        correlations(dataset, features=["folower"])


def test_an_observable_that_is_missing_in_some_events_is_correlated_in_the_others(toy):
    dataset, scores = toy
    holes = np.where(np.arange(len(dataset)) % 3 == 0, np.nan, dataset.observables["follower"])
    changed = replace(dataset, observables={"follower": holes, "nothing": np.full(len(dataset), np.nan)})
    found = observable_correlations(changed, scores).coefficients
    mask = dataset.background & np.isfinite(holes)
    assert_allclose(found["follower"].value, np.corrcoef(scores.value[mask], holes[mask])[0, 1])
    assert found["nothing"] is None


def test_the_difference_of_the_classes_is_that_of_their_matrices(toy):
    dataset, _ = toy
    signal, background, difference = correlations(dataset, features=["useful", "follower", "mass"])
    assert difference.name == "signal − background"
    assert_allclose(difference.matrix, np.array(signal.matrix) - np.array(background.matrix))
    assert difference.matrix[1][1] == 0


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


@pytest.mark.parametrize(
    ("shape", "what"), [(lambda mass: -np.exp(mass), "rank"), (lambda mass: np.abs(mass - 0.02), "none")]
)
def test_an_input_that_is_nearly_the_observable_is_a_finding(toy, shape, what):
    dataset, _ = toy
    nearly = dataset.X.copy()
    generator = np.random.default_rng(1)
    nearly[:, 1] = shape(dataset.observables["mass"] + 0.1 * generator.normal(size=len(dataset)))
    findings = input_follows_observable(input_correlations(replace(dataset, X=nearly)))
    if what == "none":  # the size of the mass is half of what it is
        assert findings == ()
        return
    (finding,) = findings
    assert (finding.code, finding.severity, finding.subject) == (
        "input-follows-observable",
        "warning",
        "flat and mass",
    )
    assert finding.evidence[what] < -0.98
    assert "flat is nearly mass in background" in finding.message


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
