"""The expected limit against the cut: its numbers are those of counting, and the choice of a cut does not flatter."""

import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.merits import asimov_merit, expected_limit_merit
from fivesigma.searches.limit_working_point import working_point_curve
from fivesigma.searches.working_point import count_above_working_point
from fivesigma.statistics.asymptotic_limits import asymptotic_expected_upper_limits

FOLDS = 3


def events(seed=0, signal=1500, background=4000, power=8.0, totals=(30.0, 500.0)):
    generator = np.random.default_rng(seed)
    sample = np.repeat(np.arange(2, dtype=np.int16), [signal, background])
    score = generator.random(len(sample))
    score[:signal] **= 1 / power
    weight = generator.uniform(0.5, 1.5, len(sample))
    for index, total in enumerate(totals):
        weight[sample == index] *= total / weight[sample == index].sum()
    dataset = Dataset(
        X=np.zeros((len(sample), 1), dtype=np.float32),
        inputs=("x",),
        observables={},
        weight=weight,
        id=np.arange(len(sample), dtype=np.uint64),
        sample=sample,
        samples=(SampleInfo(name="sig", kind="signal"), SampleInfo(name="bkg", kind="background")),
    )
    fold = generator.integers(0, FOLDS, len(sample)).astype(np.int8)
    return dataset, Scores(model="net", raw=score, value=score, fold=fold, folds=FOLDS), np.ones(len(sample), np.bool_)


def test_the_curve_is_the_expected_limit_above_each_cut():
    dataset, scores, mask = events()
    curve = working_point_curve(dataset, scores, mask, background_uncertainty=0.1)
    assert np.all(np.diff(curve.limit_expected, axis=0) > 0)
    place = int(np.searchsorted(curve.cuts, 0.5))
    above = scores.value >= curve.cuts[place]
    signal = dataset.weight[above & dataset.signal].sum()
    weight = dataset.weight[above & dataset.background]
    assert curve.signal[place] == pytest.approx(signal)
    assert curve.background[place] == pytest.approx(weight.sum())
    assert curve.background_effective[place] == pytest.approx(weight.sum() ** 2 / np.square(weight).sum())
    error = np.hypot(0.1 * weight.sum(), np.sqrt(np.square(weight).sum()))
    limits = asymptotic_expected_upper_limits(weight.sum(), error) / signal
    assert curve.limit_expected[:, place] == pytest.approx(limits, rel=1e-9)


def test_what_is_quoted_is_what_counting_quotes():
    dataset, scores, mask = events()
    merit = expected_limit_merit(0.1)
    counted = count_above_working_point(dataset, scores, mask, background_uncertainty=0.1, merit=merit)
    curve = working_point_curve(dataset, scores, mask, background_uncertainty=0.1)
    assert (curve.fold_cuts, curve.cut) == (counted.cuts, counted.cut)
    assert curve.limit_exact == pytest.approx(counted.limit_expected)
    assert curve.limit[2] == pytest.approx(curve.limit_exact[2], rel=0.05)


def test_another_merit_may_choose_the_cut():
    dataset, scores, mask = events()
    by_z = working_point_curve(dataset, scores, mask, background_uncertainty=0.5, merit=asimov_merit(0.5))
    by_limit = working_point_curve(dataset, scores, mask, background_uncertainty=0.5)
    assert by_z.cut > by_limit.cut
    assert by_z.limit[2] > by_limit.limit[2]


def test_the_naive_choice_is_the_least_limit_of_the_curve():
    dataset, scores, mask = events(1)
    curve = working_point_curve(dataset, scores, mask)
    assert curve.naive_limit == curve.limit_expected[2].min()
    assert curve.cuts[np.argmin(curve.limit_expected[2])] == curve.naive_cut


def test_the_naive_choice_flatters_and_the_honest_one_does_not():
    honest, naive = [], []
    for seed in range(20):
        dataset, scores, mask = events(seed, signal=60, background=300, power=1.0, totals=(30.0, 60.0))
        curve = working_point_curve(dataset, scores, mask, background_uncertainty=0.5)
        nothing_cut = curve.limit_expected[2, 0]  # of a score that tells nothing apart the best that can be had
        naive.append(curve.naive_limit / nothing_cut)
        honest.append(curve.limit[2] / nothing_cut)
    assert np.mean(naive) < 0.99
    assert np.mean(honest) > 0.995


def test_too_little_background_and_no_signal_left_are_refused():
    dataset, scores, mask = events(background=50)
    with pytest.raises(DataError, match="'sr': no cut on net leaves 60 effective background events in every fold"):
        working_point_curve(dataset, scores, mask, floor=60, region="sr")
    away = dataclasses.replace(scores, value=np.where(dataset.signal, 0.01, scores.value))
    with pytest.raises(DataError, match="'sr': above the cuts on net"):
        working_point_curve(dataset, away, mask, floor=5, merit=lambda yields: 1 / yields.background, region="sr")
