"""Events are drawn by weight, the same for the same seed, and half of them are signal."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.scatter import scatter_matrix


def test_signal_and_background_get_half_each_and_data_nothing(toy):
    dataset, _ = toy
    found = scatter_matrix(dataset, ["useful", "mass"], events=500, seed=3)
    assert found.features == ("useful", "mass")
    assert [(s.name, s.title, s.kind, s.values.shape) for s in found.samples] == [
        ("higgs", "H(125)", "signal", (250, 2)),
        ("zz", "zz", "background", (250, 2)),
    ]
    assert [one.feature for one in found.distributions] == ["useful", "mass"]
    assert scatter_matrix(dataset).features == ("useful", "flat", "type", "mass", "follower")


def test_the_same_seed_draws_the_same_events(toy):
    dataset, _ = toy
    one, same, other = (scatter_matrix(dataset, events=100, seed=seed) for seed in (1, 1, 2))
    for left, right in zip(one.samples, same.samples, strict=True):
        assert_array_equal(left.values, right.values)
    assert not np.array_equal(one.samples[0].values, other.samples[0].values)


def test_dense_places_are_those_of_the_weights(toy):
    dataset, _ = toy
    positive = dataset.columns()["flat"] > 0
    heavy = replace(dataset, weight=np.where(positive, 9.0, 1.0) * dataset.weight)
    drawn = scatter_matrix(heavy, ["flat"], events=600, seed=1).samples[1].values[:, 0]
    expected = 0.9 * 300
    assert abs(np.count_nonzero(drawn > 0) - expected) < 5 * np.sqrt(0.1 * expected)


def test_no_event_is_drawn_twice_or_without_weight(toy):
    dataset, _ = toy
    useless = dataset.columns()["flat"] < 0
    weight = np.where(useless, 0.0, dataset.weight * np.where(np.arange(len(dataset)) % 2, 1, -0.5))
    drawn = scatter_matrix(replace(dataset, weight=weight), ["flat"], events=10**6, seed=1)
    for sample in drawn.samples:
        assert (sample.values > 0).all()
        assert len(np.unique(sample.values)) == len(sample.values)


def test_names_are_checked_and_too_many_refused(toy):
    dataset, _ = toy
    with pytest.raises(FivesigmaError, match="no input or observable 'mas'; did you mean mass"):
        scatter_matrix(dataset, ["mas"])
    with pytest.raises(FivesigmaError, match="9 columns cannot be read; name 8 at most"):
        scatter_matrix(dataset, ["mass"] * 9)
