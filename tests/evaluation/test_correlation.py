from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import FivesigmaError
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


def test_where_values_are_missing_each_pair_has_its_own_events():
    generator = np.random.default_rng(3)
    columns = generator.normal(1e4, 1, size=(400, 3)) @ generator.normal(size=(3, 3))
    weight = generator.uniform(-0.2, 1, 400)
    columns[generator.random(400) < 0.3, 0] = np.nan
    columns[generator.random(400) < 0.5, 2] = np.nan
    found = weighted_correlation(columns, weight)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = np.isfinite(columns[:, i]) & np.isfinite(columns[:, j])
        x, y = columns[both][:, [i, j]].T - np.average(columns[both][:, [i, j]], axis=0, weights=weight[both])[:, None]
        w = weight[both]
        expected = (w * x * y).sum() / np.sqrt((w * x * x).sum() * (w * y * y).sum())
        assert_allclose([found[i, j], found[j, i]], expected, rtol=1e-6)
    assert_allclose(np.diag(found), 1)


def test_a_column_that_is_constant_or_never_there_has_no_correlation_beside_missing_values():
    columns = np.array([[1.0, 5.0, np.nan, 0.1], [2.0, 5.0, np.nan, np.nan], [4.0, 5.0, np.nan, 0.1]])
    found = weighted_correlation(columns, np.ones(3))
    assert_allclose(found[0, 0], 1)
    assert np.isnan(found[1:]).all()
    assert np.isnan(found[0, 1:]).all()


def test_observables_may_be_among_the_features_and_names_are_checked(toy):
    dataset, _ = toy
    signal, background = correlations(dataset, features=["useful", "follower"])
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
