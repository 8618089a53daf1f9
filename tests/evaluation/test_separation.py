from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.evaluation.separation import separation


def of(dataset, values, **options):
    """Return the separation of an input of given values."""
    column = np.asarray(values, dtype=np.float32)[:, None]
    return separation(replace(dataset, X=column, inputs=("x",)), **options)[0]


def gaussians(shift, width=1.0):
    """Return ⟨S²⟩ of two normal distributions by numerical integration."""

    def squared(x):
        s, b = norm.pdf(x, shift, width), norm.pdf(x)
        return (s - b) ** 2 / (s + b) / 2

    return quad(squared, -10, 12, limit=200)[0]


@pytest.mark.parametrize(("shift", "width"), [(0.5, 1.0), (1.5, 1.0), (3.0, 1.0), (0.0, 2.0)])
def test_two_gaussians_agree_with_the_integral(make, shift, width):
    dataset, _ = make(n=30_000)
    normal = np.random.default_rng(3).normal(size=len(dataset))
    found = of(dataset, np.where(dataset.signal, width * normal + shift, normal))
    assert found.value.value == pytest.approx(gaussians(shift, width), abs=0.003 + 2 * found.value.error)
    area = norm.cdf(shift / np.hypot(1, width))
    assert found.auc.value == pytest.approx(area, abs=3 * found.auc.error)
    assert found.rises or not shift


def test_equal_shapes_give_zero_and_disjoint_ones_one(make):
    dataset, _ = make()
    noise = np.random.default_rng(1).normal(size=len(dataset))
    same = of(dataset, noise)
    assert abs(same.value.value) < 3 * same.value.error
    assert same.auc.low < 0.5 + 2 * same.auc.error
    apart = of(dataset, noise + 100 * dataset.background)
    assert apart.value.value == pytest.approx(1)
    assert apart.auc.value == 1
    assert not apart.rises


def test_the_bias_is_that_of_a_chi_square_over_its_bins(make):
    dataset, _ = make(n=4000)
    found = of(dataset, np.random.default_rng(1).normal(size=len(dataset)))
    # with the same shapes 2 Σ (s - b)² / (s + b) / (1/n_s + 1/n_b) is a χ² of m - 1 degrees of freedom
    assert found.bins == 50
    assert found.bias == pytest.approx(49 / 4 * (2 / 4000), rel=0.03)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_the_interval_is_as_wide_as_the_spread(make, shift):
    generator = np.random.default_rng(7)
    dataset, _ = make(n=500)
    truth, found = gaussians(shift), []
    for seed in range(150):
        values = generator.normal(size=len(dataset)) + shift * dataset.signal
        found.append(of(dataset, values, bins=20, replicas=100, seed=seed).value)
    values = np.array([estimate.value for estimate in found])
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / np.sqrt(len(values)))
    assert np.mean([estimate.error for estimate in found]) == pytest.approx(values.std(), rel=0.25)
    assert 0.55 < np.mean([estimate.low <= truth <= estimate.high for estimate in found]) < 0.8


def test_missing_values_are_a_bin_of_their_own(make):
    dataset, _ = make()
    noise = np.random.default_rng(2).normal(size=len(dataset))
    gone = of(dataset, np.where(dataset.signal & (np.arange(len(dataset)) % 2 == 0), np.nan, noise))
    assert gone.missing_signal == pytest.approx(0.5)
    assert gone.missing_background == 0
    # half of the signal is where no background is, the other half shaped like it: (1/2 - 1)² / (3/2) / 2 + 1/2 / 2
    assert gone.value.value == pytest.approx(1 / 12 + 1 / 4, abs=0.02)
    assert gone.auc.value == pytest.approx(0.5, abs=0.02)


def test_an_event_without_the_value_is_told_from_no_other(make):
    dataset, _ = make(n=200)
    generator = np.random.default_rng(4)
    values = generator.normal(size=len(dataset)) + dataset.signal
    values[generator.random(len(values)) < 0.3] = np.nan
    found = of(dataset, values)
    s, b = values[dataset.signal], values[dataset.background]
    pairs = (s[:, None] > b) + 0.5 * (np.isnan(s)[:, None] | np.isnan(b))
    assert found.auc.value == pytest.approx(pairs.mean())


def test_an_input_that_is_never_there_separates_nothing(make):
    dataset, _ = make(n=100)
    found = of(dataset, np.full(len(dataset), np.nan))
    assert (found.value.value, found.auc.value, found.bins) == (0, 0.5, 0)


def test_whole_values_have_a_bin_each(make):
    dataset, _ = make()
    share = np.where(dataset.signal, 0.8, 0.3)
    found = of(dataset, np.where(np.random.default_rng(5).random(len(dataset)) < share, 11, 13))
    assert found.bins == 2
    exact = (0.5**2 / 1.1 + 0.5**2 / 0.9) / 2
    assert found.value.value == pytest.approx(exact, abs=3 * found.value.error)
    assert not found.rises


def test_negative_weights_leave_it_where_it_is(make):
    generator = np.random.default_rng(6)
    dataset, _ = make(n=20_000, negative=0.2)
    assert (dataset.weight < 0).any()
    found = of(dataset, generator.normal(size=len(dataset)) + dataset.signal)
    assert found.value.value == pytest.approx(gaussians(1), abs=4 * found.value.error)
    assert found.auc.value == pytest.approx(norm.cdf(np.sqrt(0.5)), abs=4 * found.auc.error)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    negative=st.floats(0, 0.45),
    size=st.sampled_from([150, 500, 2000]),
    shift=st.sampled_from([0.0, 1.0, 4.0]),
    missing=st.sampled_from([0.0, 0.3]),
)
def test_any_share_of_negative_weights_leaves_it_sane_and_in_its_interval(make, seed, negative, size, shift, missing):
    generator = np.random.default_rng(seed)
    dataset, _ = make(n=size, seed=seed, negative=negative)
    assume(all(dataset.weight[dataset.of(name)].sum() > 1e-6 for name in ("higgs", "zz")))
    values = generator.normal(size=len(dataset)) + shift * dataset.signal
    found = of(dataset, np.where(generator.random(len(values)) < missing, np.nan, values), replicas=60)
    assert -0.2 <= found.value.value <= 1.2
    assert found.value.low - 0.05 <= found.value.value <= found.value.high + 0.05


def test_negative_weights_of_few_events_merge_bins_and_leave_no_bias(make):
    # 30 % negative weights leave (1 - 0.6)² of the events: about 80 of a class, a few in each of 50 bins
    found = []
    for seed in range(40):
        dataset, _ = make(n=500, seed=seed, negative=0.3)
        values = np.random.default_rng(seed).normal(size=len(dataset)) + dataset.signal
        found.append(of(dataset, values, replicas=60))
    assert all(2 < one.bins < 30 for one in found)
    values = np.array([one.value.value for one in found])
    assert values.mean() == pytest.approx(gaussians(1), abs=0.02 + 3 * values.std() / np.sqrt(len(values)))
    assert np.mean([one.value.error for one in found]) == pytest.approx(values.std(), rel=0.4)


def test_of_events_that_fill_one_bin_nothing_is_told(make):
    dataset, _ = make(n=20)
    simulated = np.flatnonzero(~dataset.data)
    # 11 times one and 9 times minus one in either class: (20 / 20)² / 5 effective events together
    weight = dataset.weight.copy()
    weight[simulated] = np.where(simulated % 20 < 11, 1, -1)
    found = of(replace(dataset, weight=weight), np.random.default_rng(1).normal(size=len(dataset)))
    assert found.bins == 1
    assert (found.value.value, found.value.low, found.value.high, found.bias) == (0, 0, 1, 0)
    assert "too few" in found.value.method


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_neither_yields_nor_monotone_maps_matter(make, seed, scale):
    dataset, _ = make(n=150, seed=seed)
    first = separation(dataset, features=["useful"], replicas=20)[0]
    scaled = replace(dataset, weight=np.where(dataset.signal, scale, 1.0) * dataset.weight)
    mapped = replace(scaled, X=np.exp2(scaled.X.clip(-20, 20)))
    second = separation(mapped, features=["useful"], replicas=20)[0]
    assert second.auc.value == pytest.approx(first.auc.value, abs=1e-3)
    assert second.value.value == pytest.approx(first.value.value, abs=0.02)


def test_who_is_asked_for_must_be_there(make):
    dataset, _ = make(n=50)
    with pytest.raises(FivesigmaError, match="did you mean useful"):
        separation(dataset, features=["usefull"])
    with pytest.raises(DataError, match="no signal events"):
        separation(dataset.where(~dataset.signal))
