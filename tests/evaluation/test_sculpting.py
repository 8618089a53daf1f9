from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.evaluation.sculpting import sculpting
from fivesigma.statistics.histograms import jensen_shannon


def test_a_score_that_follows_the_observable_diverges_and_one_that_does_not_stays_within_chance(toy):
    dataset, scores = toy
    follower, mass = (sculpting(dataset, scores, name, replicas=50) for name in ("follower", "mass"))
    assert [cut.efficiency for cut in mass.cuts] == [0.5, 0.1, 0.02]
    for cut in follower.cuts:
        assert cut.divergence.low > 10 * cut.by_chance
    for cut in mass.cuts:
        assert cut.divergence.low <= cut.divergence.value <= cut.divergence.high
        assert cut.divergence.value < 1.5 * cut.by_chance
        assert_allclose(cut.kept, cut.efficiency, rtol=0.01)
        assert_allclose(cut.events, 3000 * cut.kept)
        assert_allclose([cut.before.sum(), cut.after.sum()], 1)
        assert len(cut.edges) == len(cut.after) + 1
    assert len(mass.cuts[2].after) < len(mass.cuts[0].after) <= 30
    assert follower.model == "trees"


def test_what_chance_adds_is_taken_off_a_clean_model_and_changes_little_of_one_that_sculpts(make):
    values, beyond = [], 0
    for seed in range(12):
        dataset, scores = make(n=2000, seed=seed)
        clean, follower = (
            sculpting(dataset, scores, name, efficiencies=[0.2], replicas=50, seed=seed).cuts[0]
            for name in ("mass", "follower")
        )
        values.append(clean.divergence.value)
        beyond += clean.divergence.value > clean.by_chance
        plain = jensen_shannon(follower.before, follower.after)
        assert follower.divergence.low < follower.divergence.value < plain < follower.divergence.high
        assert plain - follower.divergence.value < follower.divergence.error
    assert beyond <= 3  # in 5 % of cases, 0.6 of 12
    assert np.mean(np.array(values) == 0) >= 0.25  # half of them, but for the skewness of what scatters
    assert np.mean(values) < 0.5 * clean.by_chance


def test_shapes_and_their_errors_are_those_of_the_events(toy):
    dataset, scores = toy
    result = sculpting(dataset, scores, "mass", efficiencies=[0.4], bins=8, replicas=400)
    mask, values = dataset.background, dataset.observables["mass"]
    passing = mask & (scores.value >= 0.6)
    (cut,) = result.cuts
    counts, kept = (np.histogram(values[chosen], cut.edges)[0] for chosen in (mask, passing))
    assert_allclose(cut.before, counts / counts.sum())
    assert_allclose(cut.after, kept / kept.sum())
    assert_allclose(cut.ratio, cut.after / cut.before)
    binomial = np.sqrt(cut.after * (1 - cut.after) / kept.sum())
    assert_allclose(cut.after_error, binomial, rtol=0.2)
    efficiency = kept / counts
    passing_error = np.sqrt(efficiency * (1 - efficiency) / counts) / (kept.sum() / counts.sum())
    assert_allclose(cut.ratio_error, passing_error, rtol=0.25)  # but for the sum of all bins, which shares events
    assert_allclose(result.outside, 1 - counts.sum() / mask.sum())
    assert_allclose(result.signal.sum(), 1)


def test_weights_count_and_negative_ones_are_borne(make):
    dataset, scores = make(negative=0.2)
    result = sculpting(dataset, scores, "mass", replicas=50)
    for cut in result.cuts:
        assert (cut.before > 0).all()
        assert cut.divergence.value < 2 * cut.by_chance
    heavy = replace(dataset, weight=dataset.weight * np.where(dataset.observables["mass"] > 0, 10, 1))
    assert sculpting(heavy, scores, "mass", replicas=5).before[-8:].sum() > result.before[-8:].sum()


def test_what_is_missing_does_not_count_and_what_does_not_vary_does_not_diverge(toy):
    dataset, scores = toy
    holes = np.where(np.arange(len(dataset)) % 2 == 0, np.nan, dataset.observables["mass"])
    changed = replace(dataset, observables={"holes": holes, "one": np.ones(len(dataset))})
    with_holes = sculpting(changed, scores, "holes", replicas=5)
    half = np.isfinite(holes)
    without = sculpting(changed.where(half), scores.where(half), "holes", replicas=5)
    assert_allclose(with_holes.cuts[0].after, without.cuts[0].after)
    cut = sculpting(changed, scores, "one", replicas=5).cuts[0]
    assert cut.divergence is None or cut.divergence.value == 0


def test_too_few_events_leave_one_bin_and_no_divergence(make):
    dataset, scores = make(n=100)
    cut = sculpting(dataset, scores, "mass", efficiencies=[0.05], replicas=5).cuts[0]
    assert cut.divergence is None
    assert cut.by_chance is None
    assert len(cut.after) == 1


def test_mistakes_are_told(toy):
    dataset, scores = toy
    with pytest.raises(FivesigmaError, match="no observable 'mas'; did you mean mass"):
        sculpting(dataset, scores, "mas")
    with pytest.raises(FivesigmaError, match=r"a fraction between 0 and 1 of the background, not 1\.5"):
        sculpting(dataset, scores, "mass", efficiencies=[0.5, 1.5])
    with pytest.raises(DataError, match="scores of trees for"):
        sculpting(dataset, scores.where(dataset.background), "mass")


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [1.0, 8.0])
def test_random_cuts_lie_beyond_chance_one_time_in_twenty(make, heavy):
    """Also where the weights depend on the observable."""
    beyond = np.zeros(3)
    for seed in range(300):
        dataset, scores = make(n=2000, seed=seed)
        dataset = replace(dataset, weight=dataset.weight * np.where(dataset.observables["mass"] < -0.5, heavy, 1))
        result = sculpting(dataset, scores, "mass", replicas=2, seed=seed)
        beyond += [cut.divergence.value > cut.by_chance for cut in result.cuts]
    assert ((beyond >= 5) & (beyond <= 28)).all()  # 15 ± 4 are expected


@pytest.mark.slow
def test_intervals_of_the_divergence_hold_the_truth(make):
    inside = 0
    dataset, scores = make(n=1_000_000, seed=1000)
    truth = sculpting(dataset, scores, "follower", efficiencies=[0.2], bins=10, replicas=2).cuts[0]
    for seed in range(200):
        dataset, scores = make(n=2000, seed=seed)
        found = sculpting(dataset, scores, "follower", efficiencies=[0.2], bins=10, replicas=100, seed=seed).cuts[0]
        inside += found.divergence.low <= truth.divergence.value <= found.divergence.high
    assert 100 <= inside <= 170  # 137 ± 7 for the exact interval; bins differ a little from sample to sample


def test_the_interval_of_a_divergence_holds_it_whatever_is_left(make):
    # of so few replicas one of these 30 intervals, mirrored and no more, lies to one side of its value
    for seed in range(10):
        dataset, scores = make(n=100, seed=seed)
        cuts = sculpting(dataset, scores, "mass", efficiencies=(0.9, 0.8, 0.7), replicas=10, seed=seed).cuts
        for divergence in (cut.divergence for cut in cuts if cut.divergence is not None):
            assert divergence.low <= divergence.value <= divergence.high
