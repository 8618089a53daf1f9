import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.searches.working_point import count_above_working_point, count_in_region
from fivesigma.statistics.significance import asimov_significance

FOLDS = 3
SAMPLES = (
    SampleInfo(name="sig", kind="signal"),
    SampleInfo(name="bkg", kind="background"),
    SampleInfo(name="data", kind="data"),
)


def events(seed=0, signal=600, background=1500, data=100, separation=1.5, totals=(20.0, 200.0)):
    """Return a dataset and scores on the common scale: background is uniform, signal crowds towards one."""
    generator = np.random.default_rng(seed)
    sample = np.repeat(np.arange(3, dtype=np.int16), [signal, background, data])
    score = generator.random(len(sample))
    score[:signal] **= 1 / (1 + separation)
    weight = generator.uniform(0.5, 1.5, len(sample))
    for index, total in enumerate(totals):
        weight[sample == index] *= total / weight[sample == index].sum()
    weight[sample == 2] = 1
    dataset = Dataset(
        X=np.zeros((len(sample), 1), dtype=np.float32),
        inputs=("x",),
        observables={},
        weight=weight,
        id=np.arange(len(sample), dtype=np.uint64),
        sample=sample,
        samples=SAMPLES,
    )
    fold = generator.integers(0, FOLDS, len(sample)).astype(np.int8)
    return dataset, Scores(model="net", raw=score, value=score, fold=fold, folds=FOLDS)


def everywhere(dataset):
    return np.ones(len(dataset), dtype=np.bool_)


@given(fold=st.integers(0, FOLDS - 1), seed=st.integers(0, 1000), power=st.floats(0.1, 10), scale=st.floats(0.5, 2))
@settings(max_examples=25, deadline=None)
def test_the_cut_of_a_fold_does_not_depend_on_its_events(fold, seed, power, scale):
    dataset, scores = events()
    cuts = count_above_working_point(dataset, scores, everywhere(dataset), background_uncertainty=0.1).cuts
    mine = (scores.fold == fold) & ~dataset.data
    generator = np.random.default_rng(seed)
    value = np.where(mine, generator.permutation(scores.value) ** power, scores.value)
    weight = np.where(mine, dataset.weight * generator.uniform(0.5, scale + 0.5, len(dataset)), dataset.weight)
    other = count_above_working_point(
        dataclasses.replace(dataset, weight=weight),
        dataclasses.replace(scores, value=value),
        everywhere(dataset),
        background_uncertainty=0.1,
    )
    assert other.cuts[fold] == cuts[fold]


def test_the_cut_of_a_fold_does_depend_on_the_events_of_others():
    dataset, scores = events()
    cuts = count_above_working_point(dataset, scores, everywhere(dataset)).cuts
    value = np.where((scores.fold == 0) & dataset.signal, 0.4 + 0.1 * scores.value, scores.value)
    other = count_above_working_point(dataset, dataclasses.replace(scores, value=value), everywhere(dataset)).cuts
    assert other[0] == cuts[0]
    assert other[1] != cuts[1]
    assert other[2] != cuts[2]


def test_data_have_no_part_in_the_choice():
    dataset, scores = events()
    cuts = count_above_working_point(dataset, scores, everywhere(dataset), show_data=True).cuts
    value = np.where(dataset.data, 0.999, scores.value)
    other = count_above_working_point(
        dataset, dataclasses.replace(scores, value=value), everywhere(dataset), show_data=True
    )
    assert other.cuts == cuts
    assert other.observed == 100


def test_yields_are_those_of_the_events_above_the_cuts():
    dataset, scores = events()
    region = dataset.id % 2 == 0
    result = count_above_working_point(dataset, scores, region, show_data=True, region="even")
    signal = background = 0.0
    observed = 0
    for event in range(len(dataset)):
        if region[event] and scores.value[event] >= result.cuts[scores.fold[event]]:
            signal += dataset.weight[event] * dataset.signal[event]
            background += dataset.weight[event] * dataset.background[event]
            observed += int(dataset.data[event])
    assert result.signal == pytest.approx(signal, rel=1e-12)
    assert result.background == pytest.approx(background, rel=1e-12)
    assert result.observed == observed > 0
    assert result.model == "net"
    assert result.cut == np.median(result.cuts)
    assert result.region == "even"


def test_data_are_counted_only_if_asked():
    dataset, scores = events()
    mask = everywhere(dataset)
    for result in (count_in_region(dataset, mask), count_above_working_point(dataset, scores, mask)):
        assert (result.observed, result.z_observed, result.limit_observed) == (None, None, None)
    assert count_in_region(dataset, mask, show_data=True).observed == 100


def test_expected_numbers_do_not_depend_on_data():
    dataset, scores = events()
    without = dataset.where(~dataset.data)
    for shows in (False, True):
        one = count_above_working_point(dataset, scores, everywhere(dataset), show_data=shows)
        other = count_above_working_point(without, scores.where(~dataset.data), everywhere(without))
        assert one.limit_expected == other.limit_expected
        assert one.z_expected == other.z_expected
        assert one.cuts == other.cuts


def test_a_region_counts_what_it_holds():
    dataset, _ = events()
    region = dataset.id % 3 == 0
    result = count_in_region(dataset, region, background_uncertainty=0.2, show_data=True, region="third")
    background = dataset.weight[region & dataset.background]
    assert result.signal == pytest.approx(dataset.weight[region & dataset.signal].sum(), rel=1e-12)
    assert result.background == pytest.approx(background.sum(), rel=1e-12)
    assert result.background_error == pytest.approx(
        np.hypot(0.2 * background.sum(), np.sqrt(np.square(background).sum())), rel=1e-12
    )
    assert result.observed == np.count_nonzero(region & dataset.data)
    assert result.model is None
    assert result.cuts == ()


def test_no_cut_that_leaves_enough_background_is_an_error():
    dataset, scores = events(background=50)
    with pytest.raises(DataError, match="'even': no cut on net leaves 60 effective background events in every fold"):
        count_above_working_point(dataset, scores, everywhere(dataset), floor=60, region="even")


def test_every_cut_leaves_enough_background_where_it_is_chosen():
    dataset, scores = events()
    result = count_above_working_point(dataset, scores, everywhere(dataset), floor=100)
    for fold, cut in enumerate(result.cuts):
        left = dataset.weight[dataset.background & (scores.fold != fold) & (scores.value >= cut)]
        assert left.sum() ** 2 / np.square(left).sum() >= 100


@pytest.mark.parametrize("mask", ["signal", "background"])
def test_a_region_without_one_of_the_classes_is_an_error(mask):
    dataset, scores = events()
    with pytest.raises(FivesigmaError):
        count_above_working_point(dataset, scores, getattr(dataset, mask))


def test_a_region_without_signal_is_an_error():
    dataset, _ = events()
    with pytest.raises(DataError, match="'none': the expected signal is 0; there is nothing to search for"):
        count_in_region(dataset, ~dataset.signal, region="none")


def test_a_background_below_zero_is_an_error():
    dataset, _ = events()
    harmed = dataclasses.replace(dataset, weight=np.where(dataset.background, -dataset.weight, dataset.weight))
    with pytest.raises(DataError, match="'all': the weights of the background sum to -200, below zero"):
        count_in_region(harmed, everywhere(dataset), region="all")


def significance(signal, background):
    return float(asimov_significance(signal, background, 0.5 * background))


def naive(dataset, scores):
    """Return the largest expected significance over all cuts, chosen and read on the same events."""
    best = 0.0
    for cut in np.arange(0, 1, 0.01):
        above = scores.value >= cut
        signal, background = (dataset.weight[above & kind] for kind in (dataset.signal, dataset.background))
        if len(background) and background.sum() ** 2 / np.square(background).sum() >= 10:
            best = max(best, significance(signal.sum(), background.sum()))
    return best


def test_on_pure_noise_the_naive_choice_flatters_and_ours_does_not():
    """With 50 % on the background the significance is that of s / b, which no cut on noise changes but by chance."""
    honest, flattered = [], []
    for seed in range(40):
        dataset, scores = events(seed=seed, signal=150, background=300, data=0, separation=0.0, totals=(100.0, 1000.0))
        counted = count_above_working_point(dataset, scores, everywhere(dataset), background_uncertainty=0.5)
        honest.append(significance(counted.signal, counted.background))
        flattered.append(naive(dataset, scores))
    truth = significance(100.0, 1000.0)
    spread = np.std(honest) / np.sqrt(len(honest))
    assert np.mean(flattered) > 1.3 * truth
    assert np.mean(honest) < truth + 3 * spread
    assert np.mean(honest) < np.mean(flattered) - 3 * spread
