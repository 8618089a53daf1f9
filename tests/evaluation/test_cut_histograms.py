import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from fivesigma.evaluation.cut_histograms import CutHistograms, cut_histograms


def test_histograms_are_those_of_the_events_that_pass():
    generator = np.random.default_rng(2)
    values, score, weight = generator.random(500), generator.random(500), generator.uniform(-0.5, 1, 500)
    group, edges = generator.integers(0, 2, 500), np.linspace(0.2, 0.9, 6)
    found = cut_histograms(values, score, weight, group, edges, (0.5, 0.1), replicas=3, seed=1)
    for place, cut in enumerate((0.0, 0.5, 0.9)):
        for number in (0, 1):
            mask = (score >= cut) & (group == number)
            expected = np.histogram(values[mask], edges, weights=weight[mask])[0]
            assert_allclose(found.total[number, place], expected, atol=1e-12)
            squares = np.histogram(values[mask], edges, weights=weight[mask] ** 2)[0]
            assert_allclose(found.squares[number, place], squares)
    assert found.replicas.shape == (3, 2, 3, 5)


def test_replicas_spread_as_the_weights_tell():
    generator = np.random.default_rng(2)
    values, score, weight = generator.random(2000), generator.random(2000), generator.uniform(-0.5, 1, 2000)
    edges, group = np.linspace(0, 1, 4), np.zeros(2000, dtype=np.int64)
    found = cut_histograms(values, score, weight, group, edges, (0.3,), replicas=800, seed=1)
    assert_allclose(found.replicas.std(axis=0), np.sqrt(found.squares), rtol=0.1)
    assert_allclose(found.replicas.mean(axis=0), found.total, atol=4 * np.sqrt(found.squares.max() / 800))


def test_bins_hold_ten_events_after_a_cut_that_shapes_nothing_and_one_holds_all_of_too_few():
    total = np.array([[[30.0, 20.0, 5.0, 45.0]]])
    filled = CutHistograms(total=total, squares=total, replicas=total[None])
    assert_array_equal(filled.bins_for(0.5), [0, 1, 2])  # 20 events are asked for
    assert_array_equal(filled.bins_for(0.2), [0, 2])  # 50: the last group of two, and what is left joins none
    assert_array_equal(filled.bins_for(0.01), [0])
