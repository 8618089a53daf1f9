"""What is odd about a scan is told, and what is not is not."""

import numpy as np
import pytest

from fivesigma.searches.anomaly.scan_checks import scan_findings


def codes(mass, X):
    names = [f"x{place}" for place in range(X.shape[1])]
    return [(finding.code, finding.subject) for finding in scan_findings([], [], mass, X.astype(np.float32), names)]


@pytest.mark.parametrize("sign", [-1, 1])
def test_features_that_follow_the_mass_are_told(sign):
    random = np.random.default_rng(1)
    mass, noise = random.normal(3000, 500, 5000), random.normal(size=(5000, 2))
    noise[:, 1] += sign * 0.3 * (mass - 3000) / 500
    assert codes(mass, noise) == [("feature-follows-mass", "x1")]


def test_a_feature_that_follows_it_in_width_alone_is_told():
    random = np.random.default_rng(1)
    mass, X = random.uniform(2000, 4000, 5000), random.normal(size=(5000, 2))
    X[:, 0] *= mass / 2000 - 0.5
    assert abs(np.corrcoef(X[:, 0], mass)[0, 1]) < 0.03
    assert codes(mass, X) == [("feature-follows-mass", "x0")]


def test_few_events_that_follow_it_by_chance_are_not():
    random = np.random.default_rng(1)
    mass, X = random.normal(3000, 500, 40), random.normal(size=(40, 20))
    largest = np.abs(np.corrcoef(np.column_stack([X, mass]), rowvar=False)[-1, :-1]).max()
    assert largest > 0.1
    assert codes(mass, X) == []


def test_missing_values_do_not_count_and_constants_follow_nothing():
    random = np.random.default_rng(1)
    mass = random.normal(3000, 500, 5000)
    X = np.column_stack([np.where(random.random(5000) < 0.5, np.nan, mass), np.ones(5000)])
    assert codes(mass, X) == [("feature-follows-mass", "x0")]
