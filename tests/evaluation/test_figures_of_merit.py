from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.evaluation.choice import honest_maximum, score_cuts
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.merits import ams_of_rates, asimov_merit
from fivesigma.evaluation.working_points import maximised
from fivesigma.evaluation.yields import Yields, yields_by_fold
from fivesigma.statistics.weighted import effective_events


def _figure(scan, name):
    return next(figure for figure in scan.figures if figure.name == name)


def test_yields_at_a_cut_are_sums_of_weights(make):
    dataset, scores = make(negative=0.1)
    scan = figures_of_merit(dataset, scores)
    place = 37
    passing = (scores.value >= scan.cuts[place]) & dataset.background
    assert_allclose(scan.background[place], dataset.weight[passing].sum())
    assert_allclose(scan.background_error[place], np.sqrt(np.square(dataset.weight[passing]).sum()))
    assert_allclose(scan.background_effective[place], effective_events(dataset.weight[passing]))
    assert_allclose(scan.signal[0], dataset.weight[dataset.signal].sum())
    assert_allclose([scan.signal_efficiency[0], scan.background_efficiency[0]], 1)


def test_figures_of_merit_without_a_cut_are_the_textbook_numbers(make):
    # asimov_significance s = 10, b = 100 of the golden numbers (arXiv:1007.1727); ams_breg10 s = 100, b = 1000
    dataset, scores = make(yields=(10.0, 100.0))
    scan = figures_of_merit(dataset, scores, background_uncertainty=0.1)
    assert_allclose(_figure(scan, "asimov_z").values[0], 0.690196063297, rtol=1e-9)
    assert_allclose(_figure(scan, "s_over_b").values[0], 0.1)
    assert_allclose(_figure(scan, "s_over_sqrt_b").values[0], 1)
    assert_allclose(_figure(scan, "purity").values[0], 1 / 11)
    dataset, scores = make(yields=(100.0, 1000.0))
    assert_allclose(_figure(figures_of_merit(dataset, scores), "ams_yields_10").values[0], 3.09669170661, rtol=1e-9)


def test_the_ams_of_rates_knows_no_yields_and_that_of_yields_does(make):
    scans = [figures_of_merit(*make(yields=yields)) for yields in ((1.0, 10.0), (100.0, 1000.0))]
    small, large = (_figure(scan, "ams_rates_0.001").values[40] for scan in scans)
    assert_allclose(small, large)
    small, large = (_figure(scan, "ams_yields_10").values[40] for scan in scans)
    assert large > 5 * small


def test_regulators_can_be_varied(toy):
    scan = figures_of_merit(*toy, regulators=(1, 10, 25), rate_regulators=(0.01, 0.001))
    names = [figure.name for figure in scan.figures]
    assert names[-5:] == ["ams_yields_1", "ams_yields_10", "ams_yields_25", "ams_rates_0.01", "ams_rates_0.001"]
    values = [_figure(scan, f"ams_yields_{regulator}").best.value.value for regulator in (1, 10, 25)]
    assert values == sorted(values, reverse=True)


def test_regulators_that_are_nearly_the_same_are_told_apart(toy):
    scan = figures_of_merit(*toy, regulators=(10, 10.0000001), rate_regulators=(0.001, 1e-7))
    names = [figure.name for figure in scan.figures]
    assert names[-4:] == ["ams_yields_10", "ams_yields_10.0000001", "ams_rates_0.001", "ams_rates_1e-07"]
    for regulator in (10, 10.0000001):
        assert maximised(scan, "ams", regulator).name == f"ams_yields_{regulator}"


def test_a_signal_below_nothing_is_a_bad_cut_and_no_error(make):
    dataset, scores = make()
    tight = dataset.signal & (scores.value > 0.9)
    generator = np.random.default_rng(1)
    signs = np.where(generator.random(len(dataset)) < 0.7, -1, 1)
    weight = np.where(tight, signs, 1) * dataset.weight
    scan = figures_of_merit(replace(dataset, weight=weight), scores)
    # efficiencies weigh the classes alike: their sum is negative where that of the yields is not
    wrong = scan.signal_efficiency + scan.background_efficiency + 0.001 < 0
    wrong &= scan.signal + scan.background > 0
    assert wrong.any()
    figure = _figure(scan, "ams_rates_0.001")
    values = [value for value, bad in zip(figure.values, wrong, strict=True) if bad and value is not None]
    assert values
    assert max(values) < 0 < figure.best.value.value
    assert np.isfinite(figure.best.value.low)


def test_replicas_whose_signal_is_below_nothing_have_a_value():
    # what scaled Poisson replicas of 1 ± 5 signal events are, by the normal that stands in below 0: cuts that take more than all
    ones = np.ones(3)
    yields = Yields(
        signal=np.array([1.0, -6.0, -30.0]),
        background=40 * ones,
        signal_squares=25 * ones,
        background_squares=40 * ones,
        all_signal=20.0,
        all_background=400.0,
    )
    first, second, third = ams_of_rates(0.001)(yields)
    # nothing left of the background and the regulator: ln λ of none seen where b is expected is -b, so Z = -√(2 b)
    assert first > 0
    assert second == third == pytest.approx(-((2 * 0.101) ** 0.5))


def test_cuts_that_leave_too_little_background_have_no_value(toy):
    scan = figures_of_merit(*toy, floor=30)
    values = _figure(scan, "s_over_b").values
    assert [value is None for value in values] == (scan.background_effective < 30).tolist()
    assert values[-1] is None
    best = _figure(scan, "s_over_b").best
    # chosen where 4/5 of the events have at least 30, so that a fifth more is left in all
    assert best.background_effective > 30


def test_no_cut_leaves_enough_background(toy):
    assert all(figure.best is None for figure in figures_of_merit(*toy, floor=1e6).figures)


def test_the_cut_of_a_fold_depends_on_the_other_folds_only(toy):
    dataset, scores = toy
    merit = asimov_merit(0.1)

    def chosen(weight):
        keep = ~dataset.data
        arrays = (scores.value[keep], dataset.signal[keep], weight[keep], scores.fold[keep])
        return honest_maximum(yields_by_fold(*arrays, folds=5, cuts=score_cuts()), merit, floor=10)

    # ruin fold 2: a thousand times the background where the signal is
    ruined = dataset.weight * np.where((scores.fold == 2) & dataset.background & (scores.value > 0.5), 1000, 1)
    before, after = chosen(dataset.weight), chosen(ruined)
    assert before.cuts[2] == after.cuts[2]
    assert before.cuts != after.cuts


def test_yields_of_the_other_folds_are_scaled_to_all_events(toy):
    dataset, scores = toy
    keep = ~dataset.data
    arrays = (scores.value[keep], dataset.signal[keep], dataset.weight[keep], scores.fold[keep])
    yields = yields_by_fold(*arrays, folds=5, cuts=np.array([0.0, 0.9]))
    others = yields.others(3)
    mask = keep & (scores.fold != 3) & dataset.background & (scores.value >= 0.9)
    assert_allclose(others.background[1], dataset.weight[mask].sum() * 5 / 4)
    assert_allclose(others.background_squares[1], np.square(dataset.weight[mask] * 5 / 4).sum())
    assert_allclose(others.background_effective[1], mask.sum())


def test_the_honest_maximum_is_the_sum_over_folds_read_with_their_own_cuts(toy):
    dataset, scores = toy
    best = _figure(figures_of_merit(dataset, scores), "asimov_z").best
    passes = scores.value >= np.array(best.cuts)[scores.fold]
    assert_allclose(best.signal, dataset.weight[passes & dataset.signal].sum())
    assert_allclose(best.background, dataset.weight[passes & dataset.background].sum())
    assert best.cut == np.median(best.cuts)
    assert best.value.low < best.value.value < best.value.high


def test_on_pure_noise_the_naive_maximum_flatters_and_the_honest_one_does_not(make):
    naive, honest = [], []
    for seed in range(60):
        best = _figure(figures_of_merit(*make(n=400, seed=seed, separation=0.0), floor=20), "s_over_b").best
        naive.append(best.naive_value)
        honest.append(best.value.value)
    gap = np.subtract(naive, honest)
    assert gap.mean() > 5 * gap.std() / np.sqrt(len(gap))
    # no cut gains anything on noise: S/B is 20/80, and a ratio of few events is biased by at most 1/20 of itself
    error = np.std(honest) / np.sqrt(len(honest))
    assert 0.25 - 3 * error < np.mean(honest) < 0.25 * 1.05 + 3 * error
    assert np.mean(naive) > 0.25 * 1.05 + 5 * error


def test_negative_weights_are_judged_without_fuss(make):
    best = _figure(figures_of_merit(*make(n=5000, negative=0.2)), "asimov_z").best
    clean = _figure(figures_of_merit(*make(n=5000)), "asimov_z").best
    assert_allclose(best.value.value, clean.value.value, rtol=0.15)
    assert best.value.error > clean.value.error


def test_one_fold_or_an_empty_class_is_an_error(toy):
    dataset, scores = toy
    arrays = (scores.value, dataset.signal, dataset.weight)
    with pytest.raises(FivesigmaError, match="two folds or more, not 1"):
        yields_by_fold(*arrays, np.zeros(len(dataset), dtype=np.int8), folds=1, cuts=score_cuts())
    with pytest.raises(DataError, match="no signal events"):
        figures_of_merit(dataset.where(~dataset.signal), scores.where(~dataset.signal))
