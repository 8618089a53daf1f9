"""The network as a classifier: what it says of itself, its files, and many of it at once."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.parallel import Workers
from fivesigma.evaluation.roc import auc
from fivesigma.learning.adapters.network import Network
from fivesigma.learning.classifiers import Job, Part, Stackable
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fold_task import task_jobs

SMALL = {"hidden": [8, 4], "epochs": 3, "batch_size": 128}


def part(n, seed):
    random = np.random.default_rng(seed)
    is_signal = random.random(n) < 0.5
    X = random.normal(size=(n, 3)).astype(np.float32)
    X[is_signal, 0] += 1
    return Part(X, is_signal, np.ones(n))


@pytest.fixture(scope="module")
def network():
    made = Network(**SMALL, activation="tanh", schedule="one_cycle")
    made.fit(part(500, 1), part(200, 2), seed=3)
    return made


def test_it_says_how_it_was_built(network):
    described = network.describe()
    assert described["layers"] == "3 → 8 → 4 → 1"
    assert described["parameters"] == 4 * 8 + 9 * 4 + 5
    assert described["learning rate"] == "0.004, one-cycle"
    assert described["epochs"] == len(network.history()["training"]) == 3
    assert 1 <= described["best epoch"] <= 3
    assert {"activation": "tanh", "optimiser": "adam", "batch size": 128, "dropout": 0.0}.items() <= described.items()


def test_its_layers_give_its_scores(network):
    X = part(50, 4).X
    value = X.astype(np.float64)
    for number, (weight, bias) in enumerate(network.network.layers):
        value = (np.tanh(value) if number else value) @ weight.T.astype(np.float64) + bias
    np.testing.assert_allclose(network.score(X), value[:, 0], atol=1e-6)


def test_many_events_are_scored_as_few_are(network):
    X = part(10_000, 5).X
    some = [0, 4095, 4096, 9999]
    np.testing.assert_allclose(network.score(X)[some], network.score(X[some]), atol=1e-6)


def test_a_single_output_needs_no_single_row(network):
    assert network.score(part(1, 1).X).shape == (1,)
    assert network.score(part(1, 1).X[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda arrays: arrays | {"0.weight": np.zeros((9, 3), np.float32)}, "do not make layers of 3 → 8 → 4 → 1"),
        (lambda arrays: {name: a for name, a in arrays.items() if name[0] != "2"}, "holds layers 3 → 8 → 4, the model"),
        (lambda arrays: {name: a for name, a in arrays.items() if name != "1.bias"}, "where 0.weight, .* should be"),
        (lambda _: {}, "nothing where 0.weight"),
    ],
)
def test_a_file_of_other_layers_is_refused(network, tmp_path, change, says):
    network.save(tmp_path / "one.safetensors")
    save_file(change(load_file(tmp_path / "one.safetensors")), tmp_path / "other.safetensors")
    with pytest.raises(DataError, match=says):
        Network.load(tmp_path / "other.safetensors", SMALL)


def test_it_is_trained_with_others():
    assert issubclass(Network, Stackable)
    # as many as step together: small ones by the ten, large ones each in a task of its own
    assert Network.stack_size({"hidden": [32, 32, 32], "batch_size": 256}) == 10
    assert Network.stack_size({"hidden": [512, 128, 64, 8]}) == 1


def test_variants_that_differ_are_trained_each_as_it_is():
    jobs = [Job(part(300, seed), part(100, seed + 9), seed) for seed in range(3)]
    variants = [{"epochs": 2}, {"hidden": [5]}, {"learning_rate": 0.1}]
    together = [Network(**{**SMALL, **variant}) for variant in variants]
    Network.fit_together(together, jobs)
    for network, variant, job in zip(together, variants, jobs, strict=True):
        alone = Network(**{**SMALL, **variant})
        alone.fit(job.train, job.validation, seed=job.seed)
        np.testing.assert_allclose(network.score(job.train.X), alone.score(job.train.X), atol=1e-5)
        assert network.describe() == alone.describe()


@pytest.mark.slow  # two processes that import PyTorch
def test_scores_do_not_depend_on_the_number_of_workers(dataset):
    spec = {"folds": 4, "seeds": 3, "seed": 7, **SMALL}
    one = cross_fit("network", dataset, **spec)
    assert len(task_jobs(one.spec, 4)) > 1  # there is something for each of them
    with Workers(2) as workers:
        two = cross_fit("network", dataset, workers=workers, **spec)
    np.testing.assert_array_equal(one.score(dataset).raw, two.score(dataset).raw)


def test_out_of_fold_scores_are_as_good_as_the_events_allow(dataset):
    model = cross_fit("network", dataset, folds=3, seed=1, hidden=[16], epochs=6, batch_size=256, learning_rate=0.01)
    scores = model.score(dataset)
    classes = ~dataset.data
    found = auc(scores.raw[classes], dataset.signal[classes], dataset.weight[classes])
    # two unit gaussians one apart: AUC of the likelihood ratio is Φ(1/√2) = 0.760
    assert found == pytest.approx(0.76, abs=0.015)


def test_a_network_that_diverges_is_named_with_its_model_and_folds(dataset):
    with pytest.raises(FivesigmaError, match=r"model 'wild', fold 0, 1: network . of 2 trained together diverges"):
        cross_fit("network", dataset, name="wild", folds=2, learning_rate=1e30, epochs=3)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_with_dropout_it_is_stopped_by_what_it_gives_without(activation):
    """Validation leaves nothing out; the loss at the epoch that is kept is that of the scores."""
    train, validation = part(1500, 1), part(800, 2)
    made = Network(hidden=[16], epochs=8, batch_size=128, dropout=0.3, activation=activation)
    made.fit(train, validation, seed=3)
    logit = made.score(validation.X)
    loss = np.mean(np.logaddexp(0, np.where(validation.is_signal, -logit, logit)))
    assert loss == pytest.approx(min(made.history()["validation"]), rel=1e-5)
