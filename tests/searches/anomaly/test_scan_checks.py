"""What is odd about a scan is told, and what is not is not."""

import numpy as np
import pytest

from fivesigma.core.estimate import Estimate
from fivesigma.searches.anomaly.results import LocalExcess, NullExperiments, WindowScan
from fivesigma.searches.anomaly.scan_checks import null_findings, scan_findings
from fivesigma.searches.anomaly.windows import MassWindow


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


def windows_of(z_by_efficiency):
    """Return windows at 3000, 3500 ... GeV with these Z."""
    count = len(next(iter(z_by_efficiency.values())))
    for place in range(count):
        excesses = [
            LocalExcess(
                efficiency=efficiency,
                selected=100,
                observed=10,
                expected=10,
                expected_error=1,
                z=z[place],
                p_value=0.5,
                log_p=np.log(0.5),
                order=3,
                spectrum=None,
                fit=None,
            )
            for efficiency, z in z_by_efficiency.items()
        ]
        mass = 3000.0 + 500 * place
        window = MassWindow(mass=mass, low=mass - 200, high=mass + 200, lowest=mass - 600, highest=mass + 600)
        yield WindowScan(window=window, inside=1, below=1, above=1, auc=0.5, loss=0.7, excesses=tuple(excesses))


def deficits(z_by_efficiency):
    found = scan_findings(list(windows_of(z_by_efficiency)), [], np.arange(5.0), np.empty((5, 0)), [])
    return [(one.code, one.subject, one.evidence["mass"]) for one in found]


def test_a_deficit_that_chance_does_not_bring_is_told_for_its_selection():
    assert deficits({0.1: [0.0, -4.5, 1.0], 0.01: [2.0, -2.0, 8.0]}) == [("deep-deficit", "10 %", 3500.0)]
    assert deficits({0.1: [0.0, -np.inf, 1.0]}) == [("deep-deficit", "10 %", 3500.0)]


def test_deficits_that_chance_brings_and_excesses_of_any_size_are_not():
    assert deficits({0.1: [0.0, -2.5, 9.0], 0.01: [2.0, -2.0, 8.0]}) == []


def nulls(largest, observed):
    p = Estimate(value=0.5, low=0.4, high=0.6, method="counted")
    return NullExperiments(
        features="conditional",
        members=1,
        largest_z=np.array(largest),
        largest_absolute_z=np.array(largest),
        observed=observed,
        p_value=p,
        expected_absolute_z=1.5,
        trials=3,
        width=None,
    )


def test_experiments_of_which_none_reaches_the_excess_are_told_to_be_few():
    (found,) = null_findings([nulls([1.0, 1.5, 2.0], 5.0)])
    assert (found.code, found.evidence["experiments"]) == ("few-pseudo-experiments", 3)
    assert list(null_findings([nulls([1.0, 1.5, 2.0], 1.8)])) == []
