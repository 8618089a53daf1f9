import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.roc import auc, roc, roc_curve
from fivesigma.statistics.bootstrap import multiplicities


def _brute_force(score, is_signal, weight):
    s, b = score[is_signal], score[~is_signal]
    pairs = np.outer(weight[is_signal], weight[~is_signal])
    wins = (s[:, None] > b) + 0.5 * (s[:, None] == b)
    return float((pairs * wins).sum() / pairs.sum())


def _events(seed, n=300, shift=1.0, negative=0.0):
    generator = np.random.default_rng(seed)
    is_signal = generator.random(n) < 0.4
    score = generator.normal(size=n) + shift * is_signal
    weight = generator.exponential(size=n) * np.where(generator.random(n) < negative, -1, 1)
    return score, is_signal, weight


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(-2, 6)), min_size=2, max_size=40).filter(
        lambda rows: all(sum(w for _, kind, w in rows if kind == k) > 0 for k in (True, False))
    )
)
def test_auc_is_the_brute_force_one_with_ties_and_negative_weights(rows):
    score, is_signal, weight = (np.array(column) for column in zip(*rows, strict=True))
    is_signal = is_signal.astype(bool)
    assert_allclose(auc(score * 1.0, is_signal, weight * 1.0), _brute_force(score, is_signal, weight), atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_a_perfect_model_has_an_area_of_one_and_no_more(seed, upside_down):
    score, is_signal, weight = _events(seed, 200)
    score += 100 * is_signal
    curve = roc_curve(-score if upside_down else score, is_signal, weight, replicas=5)
    assert 0 <= curve.auc.low <= curve.auc.high <= 1
    assert curve.auc.value == pytest.approx(0 if upside_down else 1, abs=1e-12)
    assert 0 <= curve.auc.value <= 1


@pytest.mark.parametrize("digits", [1, 15])
def test_auc_agrees_with_scikit_learn_for_positive_weights(digits):
    score, is_signal, weight = _events(1, 3000)
    score = score.round(digits)
    assert_allclose(auc(score, is_signal, weight), roc_auc_score(is_signal, score, sample_weight=weight), rtol=1e-12)


def test_the_area_under_the_drawn_curve_is_the_auc():
    score, is_signal, weight = _events(2, 400, negative=0.1)
    curve = roc_curve(score.round(1), is_signal, weight, replicas=10)
    area = np.trapezoid(curve.signal_efficiency, curve.background_efficiency)
    assert_allclose(area, curve.auc.value, rtol=1e-12)
    assert 0.05 < curve.negative_weight < 0.15


def test_a_curve_that_runs_backwards_says_how_far():
    score = np.array([5.0, 4, 3, 2, 1, 0])
    is_signal = np.array([True, True, True, False, False, False])
    # of the signal 3/4, then 1/4, then all; of the background 1/2, then 0, then all
    curve = roc_curve(np.tile(score, 9), np.tile(is_signal, 9), np.tile([3.0, -2, 3, 1, -1, 2], 9), replicas=50, seed=1)
    assert not curve.monotone
    assert_allclose(curve.largest_fall, 0.5)
    assert_allclose(curve.signal_efficiency, [0, 0.75, 0.25, 1, 1, 1, 1])
    # read where it first reaches half of the signal, not where it comes back to it
    assert curve.rejections[1].background_efficiency.value == 0
    assert roc_curve(score, is_signal, replicas=50, efficiencies=()).monotone


@pytest.mark.parametrize("digits", [1, 15])
@pytest.mark.parametrize("negative", [0.0, 0.1])
def test_many_replicas_at_once_are_each_the_brute_force_one(digits, negative):
    score, is_signal, weight = _events(12, 200, negative=negative)
    score = score.round(digits)
    curve = roc_curve(score, is_signal, weight, efficiencies=(), replicas=30, seed=3)
    (counts,) = multiplicities(200, 30, 3)
    expected = [_brute_force(score, is_signal, weight * row) for row in counts]
    assert_allclose([curve.auc.low, curve.auc.high], np.quantile(expected, norm.cdf([-1, 1])), rtol=1e-12)


def test_two_normal_classes_have_the_auc_of_the_closed_form():
    score, is_signal, _ = _events(3, 200_000, shift=1.0)
    curve = roc_curve(score, is_signal, replicas=100, seed=1)
    expected = 0.7602499389065233  # Φ(1/√2)
    assert abs(curve.auc.value - expected) < 4 * curve.auc.error
    # the error of Hanley and McNeil (1982), eqs. 1 and 2, which takes the classes for exponential: the right size
    first, second = expected / (2 - expected), 2 * expected**2 / (1 + expected)
    squared = (first - expected**2) / (~is_signal).sum() + (second - expected**2) / is_signal.sum()
    assert_allclose(curve.auc.error, np.sqrt(squared), rtol=0.3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_a_monotone_map_changes_nothing(seed):
    score, is_signal, weight = _events(seed, 100, negative=0.1)
    before, after = (roc_curve(values, is_signal, weight, replicas=10) for values in (score, np.exp(3 * score) - 7))
    assert before.auc == after.auc
    assert before.rejections == after.rejections
    assert_allclose(before.signal_efficiency, after.signal_efficiency)


def test_the_order_of_events_and_the_yields_of_classes_do_not_matter():
    score, is_signal, weight = _events(4)
    order = np.random.default_rng(0).permutation(len(score))
    assert_allclose(auc(score, is_signal, weight), auc(score[order], is_signal[order], weight[order]), rtol=1e-12)
    scaled = weight * np.where(is_signal, 1e-3, 50)
    first, second = (roc_curve(score, is_signal, each, seed=5) for each in (weight, scaled))
    assert_allclose([first.auc.value, first.auc.low], [second.auc.value, second.auc.low], rtol=1e-9)


def test_background_rejection_is_read_where_the_curve_reaches_the_signal_efficiency():
    score = np.array([0.9, 0.8, 0.8, 0.3, 0.85, 0.8, 0.2, 0.1])
    is_signal = np.array([True, True, True, True, False, False, False, False])
    curve = roc_curve(
        np.tile(score, 20), np.tile(is_signal, 20), efficiencies=(0.25, 0.5, 0.75, 1.0), replicas=50, seed=1
    )
    # above 0.9 nothing; the tie at 0.8 holds two signal and one background event; 0.3 lets no more background in
    kept = [point.background_efficiency.value for point in curve.rejections]
    assert_allclose(kept, [0, 0.375, 0.5, 0.5])
    assert curve.rejections[0].rejection is None
    assert_allclose(curve.rejections[3].rejection.value, 2)


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    score, is_signal, weight = _events(6, 20_000)
    curve = roc_curve(score, is_signal, weight, replicas=5)
    ends = [curve.signal_efficiency[[0, -1]], curve.background_efficiency[[0, -1]]]
    assert 300 < len(curve.signal_efficiency) <= 500
    assert_allclose(ends, [[0, 1], [0, 1]])
    area = np.trapezoid(curve.signal_efficiency, curve.background_efficiency)
    assert_allclose(area, curve.auc.value, atol=1e-4)


def test_the_same_seed_gives_models_the_same_replicas():
    score, is_signal, weight = _events(7)
    noise = np.random.default_rng(1).normal(size=len(score))
    one, other = (roc_curve(score + scale * noise, is_signal, weight, seed=9) for scale in (0, 1e-9))
    assert one.auc == other.auc


def test_a_class_without_events_or_scores_without_a_value_are_errors():
    score, is_signal, weight = _events(8)
    with pytest.raises(DataError, match="no background events"):
        roc_curve(score, np.ones(len(score), dtype=bool), weight)
    with pytest.raises(DataError, match="signal events sum to"):
        roc_curve(score, is_signal, -weight)
    with pytest.raises(DataError, match="1 of 300 scores are not finite"):
        roc_curve(np.where(np.arange(300) == 5, np.nan, score), is_signal, weight)


def _dataset():
    score, is_signal, weight = _events(9)
    sample = np.where(is_signal, 0, np.where(np.arange(300) % 2, 1, 2)).astype(np.int16)
    infos = (("higgs", "signal"), ("zz", "background"), ("data", "data"))
    dataset = Dataset(
        X=score[:, None].astype(np.float32),
        inputs=("x",),
        observables={},
        weight=weight,
        id=np.arange(300, dtype=np.uint64),
        sample=sample,
        samples=tuple(SampleInfo(name=name, kind=kind) for name, kind in infos),
    )
    scores = Scores(model="trees", raw=score, value=score, fold=np.zeros(300, dtype=np.int8), folds=1)
    return dataset, scores


def test_a_dataset_is_judged_without_its_data():
    dataset, scores = _dataset()
    curve = roc(dataset, scores, replicas=20, seed=2)
    simulated = ~dataset.data
    expected = roc_curve(
        scores.value[simulated], dataset.signal[simulated], dataset.weight[simulated], replicas=20, seed=2
    )
    assert curve.model == "trees"
    assert curve.auc == expected.auc


def test_classes_can_be_named_and_wrong_names_are_errors():
    dataset, scores = _dataset()
    turned = roc(dataset, scores, signal=["zz"], background=["higgs"], replicas=5)
    assert_allclose(turned.auc.value, 1 - roc(dataset, scores, replicas=5).auc.value)
    with pytest.raises(FivesigmaError, match="did you mean higgs"):
        roc(dataset, scores, signal=["higs"])
    with pytest.raises(DataError, match="zz can't be signal and background"):
        roc(dataset, scores, signal=["zz"])
    with pytest.raises(DataError, match="299 scores of trees for 300 events"):
        roc(dataset, scores.where(np.arange(300) > 0))


def _coverage(experiments, n, shift=1.0, negative=0.0):
    """Return how often the interval holds the true AUC of two normal classes, Φ(shift/√2), weights and all."""
    held, truth = 0, norm.cdf(shift / np.sqrt(2))
    for seed in range(experiments):
        score, is_signal, weight = _events(seed, n, shift, negative)
        estimate = roc_curve(score, is_signal, weight, efficiencies=(), replicas=200, seed=seed).auc
        held += estimate.low <= truth <= estimate.high
    return held / experiments


def test_the_interval_covers_roughly():
    assert 0.58 < _coverage(200, 200) < 0.78


@pytest.mark.slow
@pytest.mark.parametrize(("n", "shift", "negative"), [(400, 1.0, 0.0), (2000, 2.0, 0.0), (1000, 0.5, 0.15)])
def test_the_interval_covers_68_percent(n, shift, negative):
    assert abs(_coverage(1000, n, shift, negative) - 0.683) < 0.03
