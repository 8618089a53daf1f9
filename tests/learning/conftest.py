"""Two classes that overlap, and data."""

from __future__ import annotations

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import entry_ids
from fivesigma.core.sample import SampleInfo


def overlapping(n=3000, shift=1.0, seed=5, negative=0.0, inputs=3):
    """Return a dataset of gaussians, signal shifted in the first input, with weights and a few data events."""
    generator = np.random.default_rng(seed)
    sample = np.repeat([0, 1, 2], [n, n, 100]).astype(np.int16)
    X = generator.normal(size=(len(sample), inputs)).astype(np.float32)
    X[sample == 0, 0] += shift
    weight = np.where(sample == 2, 1.0, generator.uniform(0.5, 1.5, len(sample)))
    weight[sample == 0] *= 0.01
    flipped = (generator.uniform(size=len(sample)) < negative) & (sample != 2)
    return Dataset(
        X=X,
        inputs=tuple("abcdefgh"[:inputs]),
        observables={},
        weight=np.where(flipped, -weight, weight),
        id=entry_ids("test", np.arange(len(sample))),
        sample=sample,
        samples=(
            SampleInfo(name="signal", kind="signal"),
            SampleInfo(name="background", kind="background"),
            SampleInfo(name="data", kind="data"),
        ),
    )


@pytest.fixture(scope="session")
def make_dataset():
    return overlapping


@pytest.fixture(scope="session")
def dataset():
    return overlapping()


SMALL = {
    "adaboost": {"n_estimators": 12, "estimator__max_depth": 2},
    "autoencoder": {"hidden": [8, 2], "epochs": 4, "batch_size": 128},
    "gradient_boosting": {"n_estimators": 20},
    "random_forest": {"n_estimators": 8, "max_depth": 5},
    "hist_gradient_boosting": {"max_iter": 20},
    "keras": {"hidden": [8], "epochs": 4, "learning_rate": 0.01},
    "lightgbm": {"n_estimators": 20},
    "logistic": {"C": 0.5},
    "network": {"hidden": [8], "epochs": 4, "learning_rate": 0.01},
    "xgboost": {"n_estimators": 20, "max_depth": 3},
}


@pytest.fixture(scope="session")
def small():
    return SMALL
