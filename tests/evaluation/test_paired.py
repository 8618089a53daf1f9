import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import norm

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import honest_maximum, score_cuts
from fivesigma.evaluation.classes import Labelled
from fivesigma.evaluation.comparison import compare
from fivesigma.evaluation.merits import asimov_merit, improvement
from fivesigma.evaluation.paired import Contender, influenced_auc, measured_at_choice
from fivesigma.evaluation.roc import auc, roc_curve
from fivesigma.evaluation.yields import yields_by_fold
from fivesigma.statistics.bootstrap import multiplicities, poisson_bootstrap


def _events(seed, n=300, negative=0.0):
    generator = np.random.default_rng(seed)
    is_signal = np.arange(n) % 3 == 0
    score = (generator.normal(size=n) + is_signal).round(1)
    weight = generator.exponential(size=n) * np.where(generator.random(n) < negative, -1, 1)
    return score, is_signal, weight


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_the_influence_on_the_auc_is_its_derivative_by_the_weight(seed):
    score, is_signal, weight = _events(seed, 60, negative=0.1)
    assume(weight[is_signal].sum() > 0 and weight[~is_signal].sum() > 0)
    number = influenced_auc(score, is_signal, weight)
    assert_allclose(number.value, auc(score, is_signal, weight), rtol=1e-12)
    for event in range(0, 60, 7):
        share = np.where(np.arange(60) == event, 1e-5, 0.0)
        up, down = (auc(score, is_signal, weight * (1 + sign * share)) for sign in (1, -1))
        assert_allclose(number.influence[event], (up - down) / 2e-5, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("negative", [0.0, 0.1])
def test_the_error_is_that_of_the_bootstrap(negative):
    score, is_signal, weight = _events(5, 2000, negative)
    other = score + np.random.default_rng(0).normal(size=len(score)).round(1)
    first, second = (influenced_auc(values, is_signal, weight) for values in (score, other))
    replicas = [
        poisson_bootstrap(
            lambda counts, values=values: np.array([auc(values, is_signal, weight * row) for row in counts]),
            len(score),
            replicas=300,
            seed=1,
        )
        for values in (score, other)
    ]
    for influence, values in (
        (first.influence, replicas[0]),
        (first.influence - second.influence, replicas[0] - replicas[1]),
    ):
        assert_allclose(np.sqrt(np.square(influence).sum()), values.std(), rtol=0.13)  # 300 replicas: 4 % at one sigma
    curve = roc_curve(score, is_signal, weight, replicas=300, seed=1)
    assert_allclose(np.sqrt(np.square(first.influence).sum()), curve.auc.error, rtol=0.15)


def test_differences_of_auc_are_normal_far_enough_out():
    """What Bonferroni asks for: 3.3 standard deviations at 45 pairs; of no more than 300 events."""
    score, is_signal, weight = _events(7)
    other = score + np.random.default_rng(1).normal(size=len(score))
    generator = np.random.default_rng(2)
    values = np.empty(4000)
    for replica in range(len(values)):
        counted = weight * generator.poisson(1.0, size=len(weight))
        values[replica] = np.subtract(*(influenced_auc(s, is_signal, counted).value for s in (score, other)))
    pulls = (values - values.mean()) / values.std()
    assert np.mean(pulls**3) == pytest.approx(0, abs=0.2)
    assert np.mean(pulls**4) == pytest.approx(3, abs=0.35)
    beyond = np.mean(np.abs(pulls) > norm.ppf(1 - 0.05 / 2 / 45))
    assert beyond < 4 * 0.05 / 45  # 0.0011 is right, four times that would be no use


def test_the_area_of_a_perfect_model_is_one():
    for seed in range(20):
        _, is_signal, weight = _events(seed)
        assert influenced_auc(is_signal.astype(float), is_signal, weight).value == pytest.approx(1.0, abs=1e-12)
        assert influenced_auc(is_signal.astype(float), is_signal, weight).value <= 1.0


def _contender(score, is_signal, weight, part, members=()):
    everywhere = np.ones(len(score), dtype=bool)
    events = Labelled(chosen=everywhere, is_signal=is_signal, weight=weight, signal=("s",), background=("b",))
    return Contender("one", score, members, part, 5, events)


@pytest.mark.parametrize("halves", [None, "halves"])
def test_a_figure_of_merit_is_that_of_the_honest_choice_with_the_cut_chosen_again_in_each_replica(halves):
    """By brute force: events are given again as often as the replica says."""
    score, is_signal, weight = _events(4, 1500)
    score = 1 / (1 + np.exp(-score))
    generator = np.random.default_rng(1)
    fold, half = generator.integers(0, 5, 1500), generator.integers(0, 2, 1500)
    part, parts = (fold, 5) if halves is None else (half, 2)
    merit, cuts = asimov_merit(0.1), score_cuts()
    found = measured_at_choice(
        _contender(score, is_signal, weight, fold),
        merit,
        10,
        cuts,
        halves=None if halves is None else half,
        replicas=20,
        seed=3,
    )

    def chosen(counts):
        again = np.repeat(np.arange(1500), counts)
        yields = yields_by_fold(score[again], is_signal[again], weight[again], part[again], folds=parts, cuts=cuts)
        return honest_maximum(yields, merit, floor=10).value.value

    assert found.number.value == pytest.approx(chosen(np.ones(1500, dtype=int)), rel=1e-9)
    values = np.array([chosen(row) for counts in multiplicities(1500, 20, 3) for row in counts])
    assert_allclose(found.number.influence, (values - values.mean()) / np.sqrt(19), rtol=1e-6, atol=1e-9)


def test_where_no_cut_leaves_enough_background_there_is_no_number():
    score, is_signal, weight = _events(0)
    one = _contender(score, is_signal, weight, np.arange(len(score)) % 5)
    assert measured_at_choice(one, improvement, 1e6, score_cuts(), replicas=2).number is None


@pytest.mark.slow
def test_models_of_equal_worth_are_called_better_no_more_often_than_it_says():
    """Two noisy views of the same truth. With cuts that are held it would be 16 to 25 in a hundred for SIC, and 8 to 13 for Z."""
    verdicts = []
    for seed in range(300):
        generator = np.random.default_rng(seed)
        is_signal = generator.random(4000) < 0.4
        truth = is_signal + 0.5 * generator.normal(size=4000)
        weight = np.where(is_signal, 20 / is_signal.sum(), 1000 / (~is_signal).sum())
        dataset = Dataset(
            X=np.zeros((4000, 1), dtype=np.float32),
            inputs=("x",),
            observables={},
            weight=weight,
            id=generator.integers(0, 2**63, 4000).astype(np.uint64),
            sample=np.where(is_signal, 0, 1).astype(np.int16),
            samples=(SampleInfo(name="s", kind="signal"), SampleInfo(name="b", kind="background")),
        )
        fold = fold_of(dataset.id, seed=1, folds=5)
        scores = []
        for name in "ab":
            raw = truth + 0.8 * generator.normal(size=4000)
            value = np.searchsorted(np.sort(raw[~is_signal]), raw) / (~is_signal).sum()
            scores.append(Scores(model=name, raw=raw, value=value, fold=fold, folds=5))
        found = compare(dataset, scores, seed=seed)
        verdicts.append([one.differences[0].verdict is not None for one in found.quantities])
    assert (np.mean(verdicts, axis=0) <= 0.09).all(), np.mean(verdicts, axis=0)
