import numpy as np
import pytest
from numpy.testing import assert_allclose

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.single_cuts import single_cuts
from fivesigma.statistics.significance import asimov_significance


def test_the_useful_input_comes_first_and_beats_no_cut(toy):
    results = single_cuts(toy[0])
    assert results[0].feature == "useful"
    assert {result.feature for result in results} == {"useful", "flat", "type"}
    best = results[0].best_asimov_z
    assert best.direction == ">="
    assert best.value.low > results[0].no_cut_asimov_z
    assert_allclose(results[0].no_cut_asimov_z, asimov_significance(20, 80, 8))


def test_a_score_beats_the_best_single_cut(toy):
    score = next(figure for figure in figures_of_merit(*toy).figures if figure.name == "asimov_z")
    assert score.best.value.low > single_cuts(toy[0])[0].best_asimov_z.value.high


def test_signal_below_is_found_below(make):
    dataset, _ = make()
    dataset.X[:, 0] *= -1
    assert single_cuts(dataset, features=["useful"])[0].best_asimov_z.direction == "<"


def test_both_directions_together_hold_all_events(toy):
    dataset, _ = toy
    above, below = single_cuts(dataset, features=["useful"])[0].scans
    assert (above.direction, below.direction) == (">=", "<")
    assert_allclose(above.signal + below.signal, 20)
    values = dataset.matrix(["useful"])[:, 0]
    cut = above.cuts[20]
    expected = dataset.weight[dataset.background & (values >= cut)].sum()
    assert_allclose(above.background[20], expected)
    assert_allclose(above.s_over_b[20], above.signal[20] / expected)
    assert below.s_over_b[0] is None


def test_on_noise_the_honest_cut_gains_nothing(make):
    gains, naive = [], []
    for seed in range(30):
        dataset, _ = make(n=500, seed=seed, separation=0.0)
        result = single_cuts(dataset, features=["flat"], folds=2, seed=seed)[0]
        gains.append(result.best_asimov_z.value.value - result.no_cut_asimov_z)
        naive.append(result.best_asimov_z.naive_value - result.no_cut_asimov_z)
    assert np.mean(gains) < np.mean(naive)
    assert np.mean(gains) < 2 * np.std(gains) / np.sqrt(len(gains))
    assert min(naive) >= -1e-9


def test_an_unknown_input_is_an_error(toy):
    with pytest.raises(FivesigmaError, match="did you mean useful"):
        single_cuts(toy[0], features=["usefull"])
