"""Quantiles given the mass: uniform at every mass, back again, not bent by a resonance, spikes and missing values in order."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, kstest, norm

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.expressions import Expression
from fivesigma.statistics.conditional_quantiles import ConditionalQuantiles
from fivesigma.statistics.dependence import distance_correlation

LHCO = Path(__file__).parents[2].parent / "shared/data/lhco/lhco_rnd_dev.h5"


def spectrum(n, seed=1):
    """A falling spectrum from 2.5 TeV and one feature that follows it in place, width and shape, in closed form."""
    random = np.random.default_rng(seed)
    mass = 2500 + random.exponential(700, n)
    u = random.uniform(size=n)
    return feature(u, mass), mass, u


def feature(u, mass):
    return 40 + 0.02 * mass + gamma.ppf(u, 2 + mass / 2000) * (20 + 0.01 * mass)


@pytest.fixture(scope="module")
def plain():
    x, mass, u = spectrum(20_000)
    return x, mass, u, ConditionalQuantiles.fit(x[:, None], mass)


def test_quantiles_are_those_of_the_distribution_the_events_are_of(plain):
    """Four coefficients from 20,000 events: errors of a hundredth where events are, of a few at the end of the spectrum."""
    x, mass, u, conditional = plain
    found = conditional.quantile(x[:, None], mass)[:, 0]
    inside = mass < np.quantile(mass, 0.98)
    assert np.abs(found - u)[inside].max() < 0.04
    assert np.abs(found - u).mean() < 0.007
    places = np.array([0.002, 0.05, 0.5, 0.95, 0.998])
    for at in (2600.0, 3200.0, 4500.0):
        back = conditional.value(places[:, None], np.full(5, at))[:, 0]
        spread = feature(0.841, np.array([at]))[0] - feature(0.159, np.array([at]))[0]
        assert (np.abs(back - feature(places, at)) < np.array([0.05, 0.05, 0.05, 0.05, 0.25]) * spread).all()


def test_uniform_in_every_slice_of_mass(plain):
    x, mass, _, conditional = plain
    found = conditional.quantile(x[:, None], mass)[:, 0]
    edges = np.quantile(mass, [0, 0.25, 0.5, 0.75, 0.95, 1])
    for low, high in pairwise(edges):
        chosen = found[(mass >= low) & (mass <= high)]
        assert kstest(chosen, "uniform").pvalue > 0.01


def no_correlation_is_left(u, mass):
    for column in u.T:
        assert abs(np.corrcoef(column, mass)[0, 1]) < 3 / np.sqrt(len(mass))
        found = distance_correlation(column, mass, events=20_000)
        assert found.value < found.independence


def test_a_shift_with_the_mass_is_taken_away_whole(plain):
    """x + a m has the very quantiles of x, for any a."""
    x, mass, _, conditional = plain
    shifted = x + 0.1 * mass
    assert np.corrcoef(shifted, mass)[0, 1] > 0.7
    found = ConditionalQuantiles.fit(shifted[:, None], mass).quantile(shifted[:, None], mass)
    np.testing.assert_allclose(found, conditional.quantile(x[:, None], mass), atol=1e-6)
    no_correlation_is_left(found, mass)


def test_without_polynomials_the_correlation_stays():
    """The measure can fail: order 0 still takes away what is linear in the mass, not that the spread follows it."""
    x, mass, _ = spectrum(20_000)
    found = ConditionalQuantiles.fit(x[:, None], mass, order=0).quantile(x[:, None], mass)[:, 0]
    left = distance_correlation(np.abs(found - 0.5), mass, events=20_000)
    assert left.value > 2 * left.independence


@pytest.mark.skipif(not LHCO.is_file(), reason="the folder of open data is not beside the checkout")
def test_features_of_simulated_dijets_keep_nothing_of_the_mass():
    pd = pytest.importorskip("pandas")
    events = pd.read_hdf(LHCO, stop=40_000)
    columns = {name: events[name].to_numpy() for name in events if name != "label"}
    qcd = events["label"].to_numpy() == 0
    mass = Expression("dijet_mass(pxj1, pyj1, pzj1, mj1, pxj2, pyj2, pzj2, mj2)").values(columns)
    texts = ("min(mj1, mj2)", "abs(mj1 - mj2)", "of_lighter(mj1, mj2, ratio(tau2j1, tau1j1), ratio(tau2j2, tau1j2))")
    X = np.stack([Expression(text).values(columns) for text in texts], axis=1)
    used = qcd & (mass > 2600)
    X, mass = np.hstack([X, X + 0.1 * mass[:, None]])[used], mass[used]
    assert all(abs(np.corrcoef(column, mass)[0, 1]) > 10 / np.sqrt(len(mass)) for column in X.T[[0, 1, 3, 4, 5]])
    conditional = ConditionalQuantiles.fit(X, mass)
    found = conditional.quantile(X, mass)
    no_correlation_is_left(found, mass)
    np.testing.assert_allclose(conditional.value(found, mass), X, atol=1e-6)


def test_a_resonance_hardly_bends_the_quantiles():
    """One per cent of the events in a peak of 5 %, all near the feature's 90 % quantile: that stays visible."""
    x, mass, _ = spectrum(20_000)
    random = np.random.default_rng(2)
    bump = random.normal(3500, 100, 200)
    peak = feature(np.clip(random.normal(0.9, 0.02, 200), 0, 0.99), bump)
    alone = ConditionalQuantiles.fit(x[:, None], mass)
    both = ConditionalQuantiles.fit(np.r_[x, peak][:, None], np.r_[mass, bump])
    near = np.abs(mass - 3500) < 200
    moved = both.quantile(x[near, None], mass[near]) - alone.quantile(x[near, None], mass[near])
    assert np.abs(moved).max() < 0.035  # of 0.07, the share of the peak where it is
    assert np.median(both.quantile(peak[:, None], bump)) > 0.88


def test_a_spike_is_mapped_to_the_middle_of_its_step_and_back():
    """Zeros whose share falls with the mass, as of τ21, within a continuous feature that is also negative."""
    random = np.random.default_rng(3)
    mass = 2500 + random.exponential(700, 20_000)
    x = random.normal(size=len(mass))
    share = 0.3 * 2500 / mass
    zero = random.uniform(size=len(mass)) < share
    x[zero] = 0.0
    conditional = ConditionalQuantiles.fit(x[:, None], mass)
    assert conditional.features[0].spikes.tolist() == [0.0]
    u = conditional.quantile(x[:, None], mass)[:, 0]
    inside = mass < np.quantile(mass, 0.98)
    np.testing.assert_allclose(u[zero & inside], 0.5, atol=0.03)  # half of what is negative, half of the step
    expected = (1 - share) * norm.cdf(x) + np.where(x > 0, share, 0)
    np.testing.assert_allclose(u[~zero & inside], expected[~zero & inside], atol=0.03)
    np.testing.assert_allclose(conditional.value(u[:, None], mass)[:, 0], x, atol=1e-9)
    step = np.linspace(0.5 - 0.1, 0.5 + 0.1, 9)  # at 2.6 TeV the step is 0.29 wide
    assert not conditional.value(step[:, None], np.full(9, 2600.0)).any()


def test_whole_numbers_are_all_spikes():
    random = np.random.default_rng(4)
    mass = 2500 + random.exponential(700, 5000)
    x = random.binomial(4, 0.5, size=len(mass)).astype(np.float32)
    conditional = ConditionalQuantiles.fit(x[:, None], mass)
    u = conditional.quantile(x[:, None], mass)
    np.testing.assert_array_equal(conditional.value(u, mass)[:, 0], x)
    drawn = conditional.value(random.uniform(size=(5000, 1)), mass)
    assert set(np.unique(drawn)) == {0, 1, 2, 3, 4}
    # five sixteenths and so on, each within four of its statistical errors
    np.testing.assert_allclose(np.bincount(drawn[:, 0].astype(int)) / 5000, np.array([1, 4, 6, 4, 1]) / 16, atol=0.04)


def test_a_feature_that_is_constant():
    mass = np.linspace(2000, 5000, 500)
    conditional = ConditionalQuantiles.fit(np.full((500, 1), 7.0), mass)
    assert (conditional.quantile(np.full((500, 1), 7.0), mass) == 0.5).all()
    assert (conditional.value(np.linspace(0, 1, 500)[:, None], mass) == 7).all()


def test_missing_values_stay_missing_and_do_not_count(plain):
    x, mass, _, conditional = plain
    gaps = np.stack([x, x], axis=1).astype(np.float32)
    gaps = np.vstack([gaps, np.full((50, 2), np.nan), [[1.0, 1.0]]])
    masses = np.r_[mass, mass[:50], np.nan]
    fitted = ConditionalQuantiles.fit(gaps, masses)
    found = fitted.quantile(gaps, masses)
    assert np.isnan(found[-51:]).all()
    np.testing.assert_allclose(found[:-51, 0], conditional.quantile(x[:, None], mass)[:, 0], atol=1e-4)
    assert np.isnan(fitted.value(found, masses)[-51:]).all()


def test_weights_count(plain):
    """Weights undo a selection that they are the inverse of."""
    x, mass, u, _ = plain
    keep = np.random.default_rng(5).uniform(size=len(x)) < 0.25 + 0.75 * u
    weighted = ConditionalQuantiles.fit(x[keep, None], mass[keep], weight=1 / (0.25 + 0.75 * u[keep]))
    assert np.abs(weighted.quantile(x[:, None], mass)[:, 0] - u).mean() < 0.012
    unweighted = ConditionalQuantiles.fit(x[keep, None], mass[keep])
    assert np.abs(unweighted.quantile(x[:, None], mass)[:, 0] - u).mean() > 0.08


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.floats(-500, 5000), min_size=2, max_size=20),
    probabilities=st.lists(st.floats(0, 1), min_size=2, max_size=20),
    at=st.floats(100, 20_000),
)
def test_monotone_both_ways_and_within_bounds_at_any_mass(plain, values, probabilities, at):
    x, _, _, conditional = plain
    ascending = np.sort(values)[:, None]
    found = conditional.quantile(ascending, np.full(len(values), at))[:, 0]
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()
    u = np.sort(probabilities)
    back = conditional.value(u[:, None], np.full(len(u), at))
    assert (np.diff(back[:, 0]) >= 0).all()
    assert ((back >= x.min()) & (back <= x.max())).all()
    inner = (back[:, 0] > x.min()) & (back[:, 0] < x.max())
    np.testing.assert_allclose(conditional.quantile(back, np.full(len(u), at))[inner, 0], u[inner], atol=1e-9)


def test_one_mass_only_gives_plain_quantiles():
    x = np.random.default_rng(6).normal(size=2000)
    found = ConditionalQuantiles.fit(x[:, None], np.full(2000, 3000.0)).quantile(x[:, None], np.full(2000, 3000.0))
    np.testing.assert_allclose(found[:, 0], (np.argsort(np.argsort(x)) + 0.5) / 2000, atol=0.015)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"order": 7}, FivesigmaError, "order 0 to 6, not 7"),
        ({"mass": np.r_[-1.0, np.full(199, 3000.0)]}, DataError, "masses are above zero"),
        ({"X": np.c_[np.zeros(200), np.r_[np.inf, np.zeros(199)]]}, DataError, "feature 1 .* is infinite"),
        ({"X": np.c_[np.zeros(200), np.full(200, np.nan)]}, DataError, r"0 events have feature 1 \(counted from 0\)"),
        ({"mass": np.full(200, np.nan)}, DataError, "0 events have a mass; .* 100 or more"),
        ({"weight": np.full(200, -1.0)}, DataError, "sum to -200"),
    ],
)
def test_refused(change, error, says):
    given = {"X": np.zeros((200, 2)), "mass": np.linspace(2000, 3000, 200)} | change
    with pytest.raises(error, match=says):
        ConditionalQuantiles.fit(**given)


def test_refused_of_what_was_not_fitted(plain):
    conditional = plain[-1]
    with pytest.raises(DataError, match="2 features are given, and 1 were fitted"):
        conditional.quantile(np.zeros((3, 2)), np.full(3, 3000.0))
    with pytest.raises(DataError, match=r"quantiles lie in \[0, 1\]"):
        conditional.value(np.full((3, 1), 1.1), np.full(3, 3000.0))
