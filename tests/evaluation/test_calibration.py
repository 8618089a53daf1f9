import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.calibration import calibration_curve as calibration_curve_of_scikit_learn
from sklearn.metrics import brier_score_loss

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.scores import Scores
from fivesigma.evaluation.calibration import calibration, calibration_curve
from fivesigma.statistics.bootstrap import multiplicities
from fivesigma.statistics.weighted import weighted_efficiency


def _events(seed, n=2000, negative=0.0):
    """Return exactly calibrated scores, classes and weights that know nothing of either."""
    generator = np.random.default_rng(seed)
    score = generator.beta(0.8, 0.8, size=n)
    is_signal = generator.random(n) < score
    return score, is_signal, generator.exponential(size=n) * np.where(generator.random(n) < negative, -1, 1)


def _sharpened(score):
    """Return scores that are too sure of themselves."""
    return 1 / (1 + ((1 - score) / score) ** 2)


def test_the_interval_of_the_error_holds_it_where_noise_is_all_there_is():
    # replicas of calibrated scores are all further off than the scores, so that none reflected about the value reaches it
    found = calibration_curve(*_events(3), replicas=50).calibration_error
    assert found.low <= found.value == found.high
    assert "widened to hold the value" in found.method


@pytest.mark.parametrize("bins", [5, 10])
def test_bins_and_brier_score_are_those_of_scikit_learn_without_weights(bins):
    score, is_signal, _ = _events(1)
    found = calibration_curve(score, is_signal, bins=bins, balance="yields", replicas=5)
    fraction, mean = calibration_curve_of_scikit_learn(is_signal, score, n_bins=bins, strategy="quantile")
    assert_allclose([part.score for part in found.bins], mean)
    assert_allclose([part.fraction.value for part in found.bins], fraction)
    assert_allclose(found.brier.value, brier_score_loss(is_signal, score))
    assert_allclose(found.calibration_error.value, np.abs(fraction - mean).mean())


def test_the_brier_score_is_that_of_scikit_learn_with_weights_of_either_balance():
    score, is_signal, weight = _events(2)
    equal = weight / np.where(is_signal, weight[is_signal].sum(), weight[~is_signal].sum())
    for balance, used in (("yields", weight), ("equal", equal)):
        found = calibration_curve(score, is_signal, weight, balance=balance, replicas=5)
        assert_allclose(found.brier.value, brier_score_loss(is_signal, score, sample_weight=used))
        assert found.balance == balance


def test_bins_hold_equal_weight_and_their_fractions_the_usual_interval():
    score, is_signal, weight = _events(3)
    found = calibration_curve(score, is_signal, weight, bins=8, balance="yields", replicas=5)
    assert_allclose([part.share for part in found.bins], 1 / 8, atol=0.005)
    part = found.bins[3]
    inside = (score >= part.low) & (score <= part.high)
    assert_allclose(part.share, weight[inside].sum() / weight.sum())
    assert part.fraction == weighted_efficiency(is_signal[inside], weight[inside])
    assert all(one.high < other.low for one, other in zip(found.bins, found.bins[1:], strict=False))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1]), st.sampled_from(["equal", "yields"]))
def test_every_replica_is_the_brute_force_one(seed, negative, balance):
    score, is_signal, weight = _events(seed, 300, negative)
    score = score.round(1)
    found = calibration_curve(score, is_signal, weight, bins=4, balance=balance, replicas=30, seed=seed)
    (counts,) = multiplicities(300, 30, seed)
    edges = [part.low for part in found.bins]
    place = np.searchsorted(edges, score, side="right") - 1

    def measure(counted):
        if balance == "equal":
            counted = counted / np.where(is_signal, counted[is_signal].sum(), counted[~is_signal].sum())
        brier = (counted * (score - is_signal) ** 2).sum() / counted.sum()
        parts = [counted[place == i] @ (score - is_signal)[place == i] for i in range(len(edges))]
        return np.abs(parts).sum() / counted.sum(), brier

    value, replicas = measure(weight), np.array([measure(weight * row) for row in counts])
    assert_allclose([found.calibration_error.value, found.brier.value], value, rtol=1e-9)
    ends = norm.cdf([-1, 1])
    assert_allclose([found.brier.low, found.brier.high], np.quantile(replicas[:, 1], ends), rtol=1e-9)
    reflected = np.quantile(np.maximum(2 * value[0] - replicas[:, 0], 0), ends)
    held = [min(reflected[0], value[0]), max(reflected[1], value[0])]
    assert_allclose([found.calibration_error.low, found.calibration_error.high], held, atol=1e-12)


def test_calibrated_scores_show_the_error_of_noise_and_others_more():
    found = [calibration_curve(*_events(seed), balance="yields", replicas=5) for seed in range(60)]
    errors = np.array([each.calibration_error.value for each in found])
    noise = np.mean([each.calibration_error_of_noise for each in found])
    assert abs(errors.mean() - noise) < 4 * errors.std() / np.sqrt(len(errors))
    score, is_signal, weight = _events(0, 20_000)
    sure = calibration_curve(_sharpened(score), is_signal, weight, balance="yields", replicas=50)
    assert sure.calibration_error.low > 5 * sure.calibration_error_of_noise
    assert sure.bins[-2].score > sure.bins[-2].fraction.high
    assert sure.bins[1].score < sure.bins[1].fraction.low


def test_equal_balance_knows_no_yields():
    score, is_signal, weight = _events(4)
    scaled = weight * np.where(is_signal, 1e-3, 50)
    one, other = (calibration_curve(score, is_signal, each, replicas=20) for each in (weight, scaled))
    assert_allclose([part.fraction.low for part in one.bins], [part.fraction.low for part in other.bins])
    assert_allclose(one.calibration_error.low, other.calibration_error.low)
    by_yields = calibration_curve(score, is_signal, scaled, balance="yields", replicas=20)
    assert by_yields.calibration_error.value > 0.25


def test_tied_scores_make_fewer_bins():
    score, is_signal, weight = _events(5)
    found = calibration_curve(np.where(score > 0.5, 0.75, 0.25), is_signal, weight, replicas=5)
    assert [(part.low, part.high) for part in found.bins] == [(0.25, 0.25), (0.75, 0.75)]


def test_negative_weights_may_push_a_fraction_out_of_its_range():
    score = np.repeat([0.2, 0.8], 50)
    is_signal = np.tile([True, False, False, False, False], 20)
    weight = np.where(is_signal, np.where(score < 0.5, -1.0, 5.0), 2.0)
    found = calibration_curve(score, is_signal, weight, balance="yields", replicas=20)
    assert_allclose(found.bins[0].fraction.value, -10 / 70)
    assert found.bins[0].fraction.low < -10 / 70
    assert_allclose(found.negative_weight, 10 / 220)


def test_scores_that_can_be_no_probabilities_have_no_calibration():
    score, is_signal, weight = _events(6)
    for other in (score + 0.5, score - 0.5, np.full(len(score), 0.5), np.where(score > 0.9, np.nan, score)):
        assert calibration_curve(other, is_signal, weight) is None


def test_mistakes_are_told():
    score, is_signal, weight = _events(7)
    with pytest.raises(FivesigmaError, match="did you mean yields"):
        calibration_curve(score, is_signal, weight, balance="yield")
    with pytest.raises(FivesigmaError, match="one bin or more, not 0"):
        calibration_curve(score, is_signal, weight, bins=0)
    with pytest.raises(DataError, match="no background events"):
        calibration_curve(score, np.ones(len(score), dtype=bool), weight)


def test_a_dataset_is_judged_by_the_raw_scores_and_without_its_data(toy):
    dataset, scores = toy
    assert calibration(dataset, scores) is None
    raw = 1 / (1 + np.exp(-1.3 * (scores.raw - 0.65)))  # what two normal classes 1.3 apart are, mixed equally
    exact = Scores(model="exact", raw=raw, value=scores.value, fold=scores.fold, folds=5)
    found = calibration(dataset, exact, seed=3)
    keep = ~dataset.data
    arrays = (raw[keep], dataset.signal[keep], dataset.weight[keep])
    assert isinstance(dataset, Dataset)
    assert found == calibration_curve(*arrays, model="exact", seed=3)
    assert found.calibration_error.value < 2.5 * found.calibration_error_of_noise


@pytest.mark.slow
def test_the_interval_of_the_brier_score_covers_68_percent():
    generator = np.random.default_rng(0)
    truth = np.mean((many := generator.beta(0.8, 0.8, size=2_000_000)) * (1 - many))
    held = 0
    for seed in range(1000):
        brier = calibration_curve(*_events(seed, 1000, 0.1), balance="yields", seed=seed).brier
        held += brier.low <= truth <= brier.high
    assert abs(held / 1000 - 0.683) < 0.03
