"""Labels that are permuted cannot be learnt: out of fold every classifier is left with a coin, though it learns by heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.evaluation.roc import roc
from fivesigma.learning.catalogue import available, classifier
from fivesigma.learning.cross_fit import cross_fit

LEARNING = [name for name in available() if name not in ("column", "onnx")]
OPTIONS = {
    "autoencoder": {"epochs": 10, "hidden": [16, 2]},
    "gradient_boosting": {"n_estimators": 50},
    "keras": {"epochs": 10},
    "network": {"epochs": 15},
    "random_forest": {"n_estimators": 50},
}
"""What makes them quicker, and no better."""


def permuted(dataset, seed):
    """Return the dataset with the classes of its events drawn anew, each class as large as before."""
    simulated = np.flatnonzero(~dataset.data)
    sample = dataset.sample.copy()
    sample[simulated] = np.random.default_rng(seed).permutation(sample[simulated])
    return replace(dataset, sample=sample)


@pytest.mark.slow
def test_all_that_learn_are_here():
    assert {name for name in available() if classifier(name).trains_on == "nothing"} == {"column", "onnx"}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNING)
def test_what_cannot_be_learnt_is_not(name, make_dataset):
    dataset = make_dataset(1500, inputs=5)
    areas = [_auc(name, permuted(dataset, seed)) for seed in range(4)]
    # of one such training √((m + n + 1) / 12mn) = 0.0105, and out of fold up to 1.4 times that; of the mean of four half of it
    assert np.mean(areas) == pytest.approx(0.5, abs=4 * 1.4 * 0.0105 / 2)
    assert max(abs(area - 0.5) for area in areas) < 5 * 1.4 * 0.0105


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in LEARNING if name != "autoencoder"])
def test_what_can_be_learnt_is(name, make_dataset):
    """The same with the labels as they are: the test above can fail."""
    # two unit gaussians one apart: AUC of the likelihood ratio is Φ(1/√2) = 0.760
    assert _auc(name, make_dataset(1500, inputs=5)) > 0.7


def _auc(name, dataset):
    return roc(dataset, cross_fit(name, dataset, folds=3, **OPTIONS.get(name, {})).score(dataset)).auc.value
