"""Which features follow a mass: planted dependences are found, chance is not, and the threshold sorts them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.evaluation.mass_correlation import mass_correlations
from fivesigma.statistics.conditional_quantiles import ConditionalQuantiles

NAMES = ("free", "shifted", "against", "bent", "constant")


@pytest.fixture(scope="module")
def events():
    random = np.random.default_rng(1)
    mass = 2500 + random.exponential(700, 8000)
    free, noise, more, width = random.normal(size=(4, 8000))
    bent = width * (mass - 2000) / 700  # wider at higher masses, and no line sees it
    return np.stack([free, noise + mass / 1000, 5 * more - mass / 1000, bent, np.ones(8000)], axis=1), mass


def test_planted_dependences_are_found_and_chance_is_not(events):
    X, mass = events
    found = mass_correlations(X, NAMES, mass, threshold=0.1, replicas=100)
    linear = {name: dependence.pearson for name, dependence in found.inputs.dependences.items()}
    assert linear["constant"] is None
    for place, name in enumerate(NAMES[:-1]):
        assert_allclose(linear[name].value, np.corrcoef(X[:, place], mass)[0, 1])
    # of noise of width one and five added to a spread of 0.7
    assert linear["shifted"].value == pytest.approx(0.7 / np.hypot(1, 0.7), abs=0.05)
    assert linear["against"].value == pytest.approx(-0.7 / np.hypot(5, 0.7), abs=0.05)
    assert linear["free"].low < 0 < linear["free"].high
    distance = {name: dependence.distance for name, dependence in found.inputs.dependences.items()}
    assert distance["free"].value < 1.5 * distance["free"].independence
    assert distance["bent"].value > 2 * distance["bent"].independence
    assert abs(linear["bent"].value) < 0.1
    assert found.kept == ("free", "bent", "constant")
    assert found.dropped == ("shifted", "against")


def test_the_matrix_has_the_mass_last(events):
    X, mass = events
    found = mass_correlations(X, NAMES, mass, observable="m", replicas=10)
    assert found.matrix.features == (*NAMES, "m")
    assert [row[-1] for row in found.matrix.matrix[:4]] == pytest.approx(
        [found.inputs.dependences[name].pearson.value for name in NAMES[:4]]
    )
    assert found.matrix.matrix[4] == (None,) * 6
    assert found.matrix.matrix[0][1] == pytest.approx(np.corrcoef(X[:, 0], X[:, 1])[0, 1])


def test_without_a_threshold_all_are_kept(events):
    found = mass_correlations(events[0], NAMES, events[1], replicas=10)
    assert found.kept == NAMES
    assert found.dropped == ()


def test_after_the_decorrelating_transform_none_is_dropped(events):
    X, mass = events
    u = ConditionalQuantiles.fit(X, mass).quantile(X, mass)
    found = mass_correlations(u, NAMES, mass, threshold=3 / np.sqrt(len(mass)), replicas=10)
    assert found.dropped == ()
    for dependence in list(found.inputs.dependences.values())[:-1]:
        assert dependence.distance.value < dependence.distance.independence


def test_weights_and_missing_values_count(events):
    X, mass = events
    random = np.random.default_rng(2)
    holes, weight = X.copy(), random.poisson(1.0, len(mass)).astype(float)
    holes[::3, 1] = np.nan
    masses = np.where(np.arange(len(mass)) % 7 == 0, np.nan, mass)
    found = mass_correlations(holes, NAMES, masses, weight=weight, replicas=10)
    there = np.isfinite(masses) & np.isfinite(holes[:, 1])
    repeated = np.repeat(np.flatnonzero(there), weight[there].astype(int))
    expected = np.corrcoef(X[repeated, 1], mass[repeated])[0, 1]
    assert found.inputs.dependences["shifted"].pearson.value == pytest.approx(expected)
    assert found.matrix.matrix[1][-1] == pytest.approx(expected)
    assert found.events == np.isfinite(masses).sum()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"threshold": 0.0}, FivesigmaError, "above 0 and up to 1, not at 0"),
        ({"names": ("a",)}, DataError, "1 names are given for 2 features"),
        ({"names": ("a", "a")}, FivesigmaError, "a is the name of several"),
        ({"names": ("a", "m_jj")}, FivesigmaError, "m_jj is the name of several"),
        ({"mass": np.full(50, np.nan)}, DataError, "the weights of 0 events with m_jj sum to 0"),
    ],
)
def test_refused(change, error, says):
    given = {"X": np.zeros((50, 2)), "names": ("a", "b"), "mass": np.arange(50.0)} | change
    with pytest.raises(error, match=says):
        mass_correlations(**given)
