from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.evaluation.observable_dependence import input_correlations, observable_correlations
from fivesigma.evaluation.observable_findings import input_follows_observable, score_follows_observable


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
