"""The autoencoder: it gives back what is like its training events."""

from __future__ import annotations

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.adapters.autoencoder import Autoencoder
from fivesigma.learning.classifiers import Job, ModelSpec, Part
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.spec_checks import check_spec

SMALL = {"hidden": [16, 2], "epochs": 12, "batch_size": 128, "learning_rate": 0.01, "activation": "tanh"}


def plane(n, seed):
    """Return events on a plane in six dimensions, with a little noise."""
    random = np.random.default_rng(seed)
    axes = np.random.default_rng(0).normal(size=(2, 6))
    X = random.normal(size=(n, 2)) @ axes + 0.05 * random.normal(size=(n, 6))
    return (X / np.sqrt((axes**2).sum(axis=0))).astype(np.float32)


def part(n, seed):
    return Part(plane(n, seed), np.zeros(n, bool), np.ones(n))


@pytest.fixture(scope="module")
def trained():
    made = Autoencoder(**SMALL)
    made.fit(part(2000, 1), part(500, 2), seed=3)
    return made


def test_what_lies_elsewhere_comes_back_changed(trained):
    elsewhere = np.random.default_rng(9).normal(size=(1000, 6)).astype(np.float32)
    like, unlike = trained.score(plane(1000, 4)), trained.score(elsewhere)
    assert np.mean(unlike[:, None] > like[None, :]) > 0.95


def test_the_score_is_the_mean_squared_difference(trained):
    X = plane(20, 5)
    value = X.astype(np.float64)
    for number, (weight, bias) in enumerate(trained.network.layers):
        value = (np.tanh(value) if number else value) @ weight.T.astype(np.float64) + bias
    np.testing.assert_allclose(trained.score(X), ((value - X) ** 2).mean(axis=1), atol=1e-6)


def test_the_layers_lead_to_the_code_and_back():
    made = Autoencoder(epochs=1)
    made.fit(part(200, 1), part(100, 2), seed=1)
    assert made.describe()["layers"] == "6 → 128 → 64 → 36 → 18 → 8 → 18 → 36 → 64 → 128 → 6"
    assert len(made.network.layers) == 10


def test_a_code_alone_is_enough():
    made = Autoencoder(hidden=[2], epochs=1)
    made.fit(part(200, 1), part(100, 2), seed=1)
    assert made.describe()["layers"] == "6 → 2 → 6"


def test_the_kept_checkpoint_is_the_best_on_validation(trained):
    assert trained.score(plane(500, 2)).mean() == pytest.approx(min(trained.history()["validation"]), rel=1e-5)


def test_it_is_the_same_again_alone_and_with_others(trained):
    again = [Autoencoder(**SMALL) for _ in range(3)]
    jobs = [Job(part(n, seed), part(500, 2), 3) for n, seed in ((2000, 1), (1500, 2), (1999, 3))]
    Autoencoder.fit_together(again, jobs)
    X = plane(100, 6)
    np.testing.assert_allclose(again[0].score(X), trained.score(X), rtol=0.05)
    alone = Autoencoder(**SMALL)
    alone.fit(jobs[0].train, jobs[0].validation, seed=3)
    np.testing.assert_array_equal(alone.score(X), trained.score(X))


def test_weights_matter():
    """Events in one half count nothing: they come back worse."""
    X = plane(2000, 1)
    weight = np.where(X[:, 0] > 0, 1.0, 1e-6)
    made = Autoencoder(**SMALL)
    made.fit(Part(X, np.zeros(2000, bool), weight), Part(X, np.zeros(2000, bool), weight), seed=1)
    score = made.score(X)
    assert score[X[:, 0] > 0.5].mean() < 0.5 * score[X[:, 0] < -0.5].mean()


def test_it_comes_back_from_disk(trained, tmp_path):
    trained.save(tmp_path / "it.safetensors")
    again = Autoencoder.load(tmp_path / "it.safetensors", SMALL)
    np.testing.assert_array_equal(again.score(plane(50, 7)), trained.score(plane(50, 7)))
    assert again.describe()["layers"] == trained.describe()["layers"]


def test_it_learns_of_background_alone(dataset):
    model = cross_fit("autoencoder", dataset, folds=2, hidden=[4, 2], epochs=2)
    described = model.fits[0].description
    signal = dataset.signal.sum()
    assert described["training events"] + described["validation events"] < 0.6 * (len(dataset) - signal)
    assert set(model.fits[0].history) == {"training", "validation"}


def test_it_cannot_make_negative_weights_come_back_badly():
    spec = ModelSpec(name="it", use="autoencoder", inputs=("a",), parameters={}, negative_weights="keep")
    with pytest.raises(FivesigmaError, match="cannot train with negative weights"):
        check_spec(spec)
