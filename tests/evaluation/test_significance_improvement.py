import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm

from fivesigma.core.errors import DataError
from fivesigma.core.identity import derive_seed, fold_of
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.merits import improvement
from fivesigma.evaluation.roc import roc
from fivesigma.evaluation.significance_improvement import significance_improvement, significance_improvement_curve
from fivesigma.evaluation.yields import Yields
from fivesigma.statistics.bootstrap import multiplicities
from fivesigma.statistics.weighted import effective_events


def _events(seed, n=3000, shift=1.5, negative=0.0):
    generator = np.random.default_rng(seed)
    is_signal = generator.random(n) < 0.4
    score = generator.normal(size=n) + shift * is_signal
    weight = generator.exponential(size=n) * np.where(generator.random(n) < negative, -1, 1)
    return score, is_signal, weight


def test_two_normal_classes_have_the_improvement_of_the_closed_form():
    score, is_signal, _ = _events(1, 200_000)
    curve = significance_improvement_curve(score, is_signal, replicas=20)
    for place in (0, 30, 80, 120):
        signal, background = norm.sf(curve.cuts[place] - 1.5), norm.sf(curve.cuts[place])
        assert_allclose(curve.values[place], signal / np.sqrt(background), rtol=0.03)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1]), st.sampled_from([1, 15]))
def test_each_value_is_the_brute_force_one_or_none_below_the_floor(seed, negative, digits):
    score, is_signal, weight = _events(seed, 400, negative=negative)
    score = score.round(digits)
    curve = significance_improvement_curve(score, is_signal, weight, replicas=5)
    for cut, value, events in zip(curve.cuts, curve.values, curve.background_effective, strict=True):
        signal, background = (weight[kind & (score >= cut)].sum() for kind in (is_signal, ~is_signal))
        effective = effective_events(weight[~is_signal & (score >= cut)])
        assert_allclose(events, effective, atol=1e-9)
        if value is None:
            assert effective < 25 * (1 + 1e-9) or background <= 0 or signal + background < 0
        else:
            signal, background = signal / weight[is_signal].sum(), background / weight[~is_signal].sum()
            assert_allclose(value, signal / np.sqrt(background), rtol=1e-9)
    assert_allclose([curve.values[0], curve.signal_efficiency[0], curve.background_efficiency[0]], 1)


def test_the_yields_of_classes_do_not_matter():
    score, is_signal, weight = _events(2)
    scaled = weight * np.where(is_signal, 1e-3, 50)
    first, second = (significance_improvement_curve(score, is_signal, each) for each in (weight, scaled))
    np.testing.assert_array_equal(first.cuts, second.cuts)
    assert first.best.cuts == second.best.cuts
    assert_allclose(first.best.value.low, second.best.value.low, rtol=1e-9)


def test_the_cut_of_each_half_is_chosen_on_the_other_and_read_on_its_own():
    score, is_signal, weight = _events(3)
    half = (np.arange(len(score)) % 2).astype(np.int8)
    curve = significance_improvement_curve(score, is_signal, weight, half=half)
    kept = []
    for kind in (is_signal, ~is_signal):
        passing = [weight[kind & (half == j) & (score >= curve.best.cuts[j])].sum() for j in (0, 1)]
        kept.append(sum(passing) / weight[kind].sum())
    assert_allclose([curve.best_signal_efficiency, curve.best_background_efficiency], kept)
    assert_allclose(curve.best.value.value, kept[0] / np.sqrt(kept[1]))
    for j in (0, 1):
        other = half != j
        values = []
        for cut in curve.cuts:
            passing = other & (score >= cut)
            signal = weight[passing & is_signal].sum() / weight[other & is_signal].sum()
            background = weight[passing & ~is_signal].sum() / weight[other & ~is_signal].sum()
            enough = effective_events(weight[passing & ~is_signal]) >= 25
            values.append(signal / np.sqrt(background) if enough else -np.inf)
        assert curve.best.cuts[j] == curve.cuts[np.argmax(values)]
    place = np.flatnonzero(curve.cuts == curve.best.naive_cut)[0]
    assert curve.best.naive_value == max(value for value in curve.values if value is not None)
    assert curve.naive_signal_efficiency == curve.signal_efficiency[place]


def test_the_interval_is_that_of_replicas_with_the_cuts_held():
    score, is_signal, weight = _events(4, 500)
    half = (np.arange(500) % 2).astype(np.int8)
    curve = significance_improvement_curve(score, is_signal, weight, half=half, replicas=40, seed=7)
    passes = score >= np.asarray(curve.best.cuts)[half]
    (counts,) = multiplicities(500, 40, 7)
    values = []
    for row in counts * weight:
        signal, background = (row[kind & passes].sum() / row[kind].sum() for kind in (is_signal, ~is_signal))
        values.append(signal / np.sqrt(background))
    assert_allclose([curve.best.value.low, curve.best.value.high], np.quantile(values, norm.cdf([-1, 1])), rtol=1e-9)
    assert "retraining is left out" in curve.best.value.method


def test_on_pure_noise_the_naive_maximum_flatters_and_the_honest_one_does_not():
    curves = [significance_improvement_curve(*_events(seed, 1000, shift=0.0)[:2], replicas=5) for seed in range(100)]
    naive = np.array([curve.best.naive_value for curve in curves])
    honest = np.array([curve.best.value.value for curve in curves])
    assert honest.mean() < 1 + 3 * honest.std() / np.sqrt(len(honest))
    assert naive.mean() > 1 + 5 * naive.std() / np.sqrt(len(naive))


def test_a_dataset_is_parted_by_its_identifiers_and_judged_without_its_data(toy):
    dataset, scores = toy
    curve = significance_improvement(dataset, scores, seed=5, replicas=20)
    keep = ~dataset.data
    half = fold_of(dataset.id[keep], seed=derive_seed(5, "halves"), folds=2)
    arrays = (scores.value[keep], dataset.signal[keep], dataset.weight[keep])
    assert curve.best == significance_improvement_curve(*arrays, half=half, seed=5, replicas=20).best
    assert curve.model == "trees"
    order = np.random.default_rng(0).permutation(len(dataset))
    shuffled = significance_improvement(dataset.where(order), scores.where(order), seed=5, replicas=20)
    assert shuffled.best.cuts == curve.best.cuts
    # the curve is another reading of the ROC curve
    other = roc(dataset, scores, replicas=5)
    expected = np.interp(0.5, other.signal_efficiency, other.background_efficiency)
    place = int(np.argmin(np.abs(curve.signal_efficiency - 0.5)))
    assert_allclose(curve.values[place], 0.5 / np.sqrt(expected), rtol=0.05)


def test_too_little_background_has_no_maximum_and_bad_arrays_are_errors():
    score, is_signal, weight = _events(6, 300)
    curve = significance_improvement_curve(score, is_signal, weight, floor=1e6)
    assert (curve.best, curve.best_signal_efficiency, curve.naive_signal_efficiency) == (None, None, None)
    assert set(curve.values) == {None}
    with pytest.raises(DataError, match="no background events"):
        significance_improvement_curve(score, np.ones(300, dtype=bool), weight)
    with pytest.raises(DataError, match="1 of 300 scores are not finite"):
        significance_improvement_curve(np.where(np.arange(300) == 5, np.nan, score), is_signal, weight)


def test_negative_weights_end_the_curve_at_looser_cuts_and_leave_its_values_in_place():
    (score, is_signal, weight), (_, _, mixed) = _events(8, 20_000), _events(8, 20_000, negative=0.2)
    clean, spoilt = (significance_improvement_curve(score, is_signal, each, replicas=5) for each in (weight, mixed))
    last = [
        max(cut for cut, value in zip(curve.cuts, curve.values, strict=True) if value is not None)
        for curve in (clean, spoilt)
    ]
    assert last[1] < last[0]
    places = [int(np.argmin(np.abs(curve.signal_efficiency - 0.5))) for curve in (clean, spoilt)]
    assert_allclose(spoilt.values[places[1]], clean.values[places[0]], rtol=0.1)


def test_the_improvement_is_what_s_over_root_b_is_multiplied_by(toy):
    scan = figures_of_merit(*toy, floor=25)
    values = next(figure.values for figure in scan.figures if figure.name == "s_over_sqrt_b")
    expected = np.array([value for value in values if value is not None]) / values[0]
    numbers = improvement(
        Yields(
            signal=scan.signal[: len(expected)],
            background=scan.background[: len(expected)],
            signal_squares=np.zeros(len(expected)),
            background_squares=np.zeros(len(expected)),
            all_signal=float(scan.signal[0]),
            all_background=float(scan.background[0]),
        )
    )
    assert_allclose(numbers, expected)
