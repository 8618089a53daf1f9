from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose

from fivesigma.evaluation.correlation import (
    correlations,
    observable_correlations,
    score_follows_observable,
    weighted_correlation,
)


def test_weighted_correlations_are_numpys():
    generator = np.random.default_rng(1)
    columns = generator.normal(size=(200, 4)) @ generator.normal(size=(4, 4))
    counts = generator.integers(1, 5, size=200)
    expected = np.corrcoef(np.repeat(columns, counts, axis=0), rowvar=False)
    assert_allclose(weighted_correlation(columns, counts.astype(float)), expected, atol=1e-12)


def test_each_class_has_its_matrix_and_what_does_not_vary_has_none(make):
    dataset, _ = make()
    constant = dataset.X.copy()
    constant[:, 2] = 11
    signal, background = correlations(replace(dataset, X=constant))
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
