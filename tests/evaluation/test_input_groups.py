from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.evaluation.input_groups import input_groups


def with_columns(dataset, **columns):
    """Return the dataset with other inputs."""
    X = np.stack([np.asarray(values, dtype=np.float32) for values in columns.values()], axis=1)
    return replace(dataset, X=X, inputs=tuple(columns))


@pytest.fixture
def noise(toy):
    """Independent normal numbers, three for each event."""
    return np.random.default_rng(1).normal(size=(3, len(toy[0])))


def test_a_copy_its_opposite_and_a_monotone_map_of_it_are_one_group(toy, noise):
    a, b, _ = noise
    dataset = with_columns(toy[0], a=a, b=b, exponential=np.exp(a), opposite=-a)
    assert input_groups(dataset) == (("a", "exponential", "opposite"), ("b",))


def test_what_only_separates_is_not_one_group(toy, noise):
    a, b, _ = noise
    shift = 6 * toy[0].signal
    dataset = with_columns(toy[0], a=a + shift, b=b + shift)
    assert np.corrcoef(dataset.X[~dataset.data].T)[0, 1] > 0.8
    assert input_groups(dataset) == (("a",), ("b",))


def test_the_stronger_of_the_classes_counts(toy, noise):
    a, b, _ = noise
    assert input_groups(with_columns(toy[0], a=a, b=np.where(toy[0].signal, a, b))) == (("a", "b"),)


def test_average_linkage_by_hand(toy, noise):
    a, b, c = noise
    dataset = with_columns(toy[0], a=a, near=a + 0.5 * b, far=a + 1.4 * c)
    # rank correlations are about 0.88, 0.56 and 0.50: at 0.7 two are joined; the third at a mean of 0.53
    assert input_groups(dataset, threshold=0.7) == (("a", "near"), ("far",))
    assert input_groups(dataset, threshold=0.5) == (("a", "near", "far"),)
    assert input_groups(dataset, threshold=0.56) == (("a", "near"), ("far",))


def test_weights_are_heard(toy, noise):
    a, b, _ = noise
    heavy = np.arange(len(a)) % 10 == 0
    dataset = with_columns(toy[0], a=a, b=np.where(heavy, a, b))
    assert input_groups(dataset) == (("a",), ("b",))
    assert input_groups(replace(dataset, weight=np.where(heavy, 1e4, 1.0))) == (("a", "b"),)


def test_missing_and_constant_values(toy, noise):
    a, b, _ = noise
    gaps = np.where(np.arange(len(a)) % 3 == 0, np.nan, a)
    dataset = with_columns(toy[0], a=a, gaps=gaps, same=np.ones_like(a), never=np.full_like(a, np.nan), b=b)
    assert input_groups(dataset) == (("a", "gaps"), ("same",), ("never",), ("b",))


def test_negative_weights_do_no_harm(make):
    dataset, _ = make(negative=0.3)
    assert input_groups(dataset) == (("useful",), ("flat", "type"))


def test_one_input_is_one_group(toy):
    assert input_groups(toy[0], features=["flat"]) == (("flat",),)
    assert input_groups(toy[0], features=[]) == ()


def test_a_threshold_of_nothing_is_refused(toy):
    with pytest.raises(FivesigmaError, match="not at 0"):
        input_groups(toy[0], threshold=0)
