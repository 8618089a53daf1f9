from dataclasses import replace

import numpy as np
import pytest

from fivesigma.analysis.model_inputs import looked_at, score_of
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.evaluation.importance import permutation_importance
from fivesigma.evaluation.partial_dependence import partial_dependence
from fivesigma.learning.cross_fit import cross_fit


@pytest.fixture(scope="module")
def dataset():
    """Events with an input that tells the classes apart, one that does not, and one that is not given to models."""
    generator = np.random.default_rng(1)
    sample = np.repeat([0, 1], 1500).astype(np.int16)
    X = generator.normal(size=(3000, 3))
    X[:, 0] += 1.5 * (sample == 0)
    return Dataset(
        X=X.astype(np.float32),
        inputs=("useful", "useless", "kept"),
        observables={},
        weight=np.ones(3000),
        id=generator.integers(0, 2**62, size=3000).astype(np.uint64),
        sample=sample,
        samples=(SampleInfo(name="higgs", kind="signal"), SampleInfo(name="zz", kind="background")),
    )


@pytest.fixture(scope="module")
def model(dataset):
    """Trees that see two of the three inputs."""
    return cross_fit("hist_gradient_boosting", dataset, inputs=["useful", "useless"], folds=3, max_iter=30)


def test_a_fitted_model_is_asked_what_it_looks_at(dataset, model):
    assert looked_at(model, dataset) == ("useful", "useless")
    found = permutation_importance(dataset, score_of(model), inputs=looked_at(model, dataset))
    assert found.model == model.name
    # without the one that tells, there is nothing left
    assert found.of("useful").value == pytest.approx(found.auc.value - 0.5, abs=0.02)
    assert abs(found.of("useless").value) < 0.01


def test_events_keep_their_fold_whatever_their_inputs(dataset, model):
    changed = replace(dataset, X=dataset.X[::-1].copy())
    assert np.array_equal(score_of(model)(changed).fold, score_of(model)(dataset).fold)


def test_its_score_rises_with_what_tells(dataset, model):
    found = partial_dependence(dataset, score_of(model), "useful", grid=10)
    assert found.value[-1] - found.value[0] > 0.3
    flat = partial_dependence(dataset, score_of(model), "useless", grid=10)
    assert np.ptp(flat.value) < 0.15


def test_a_ready_made_score_looks_at_itself_alone(dataset):
    ready = cross_fit("column", dataset, inputs=["useful"], folds=3)
    assert looked_at(ready, dataset) == ()


def test_a_point_that_the_model_does_not_know_is_refused(dataset, model):
    with pytest.raises(FivesigmaError, match="point"):
        score_of(model, (1.0,))(dataset)
