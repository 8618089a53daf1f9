"""Networks trained together are those that they would be alone, and those that plain PyTorch trains."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.adapters.network import Network
from fivesigma.learning.classifiers import Job, Part
from fivesigma.learning.engine.architecture import Architecture
from fivesigma.learning.engine.devices import training_device
from fivesigma.learning.engine.losses import CrossEntropy, SquaredError
from fivesigma.learning.engine.settings import Settings
from fivesigma.learning.engine.stack import Plan, Stack
from fivesigma.learning.engine.training import train

CPU = torch.device("cpu")
BATCH = 64
NET = Architecture(widths=(4, 16, 16, 1), activation="relu")


def part(n, seed, shift=1.0):
    random = np.random.default_rng(seed)
    is_signal = random.random(n) < 0.5
    X = random.normal(size=(n, 4)).astype(np.float32)
    X[is_signal, 0] += shift
    return Part(X, is_signal, random.gamma(4.0, 0.25, n))


def job(n, seed):
    return Job(part(n, seed), part(200, seed + 1000), seed)


def settings(**given):
    return Settings.of({**Network.defaults, "hidden": [16, 16], "batch_size": BATCH, "learning_rate": 0.01, **given})


def after(jobs, epochs, device=CPU, **given):
    """Return the parameters of each job's network after so many epochs."""
    asked = settings(epochs=epochs, **given)
    plan = Plan(settings=asked, architecture=NET, loss=CrossEntropy, batch=asked.batch_size, device=device)
    with torch.inference_mode():
        stack = Stack.start(plan, jobs)
        for epoch in range(epochs):
            stack.epoch(epoch)
        return stack.parameters.cpu().numpy().copy()


def trained(jobs, loss=CrossEntropy, net=NET, **given):
    return train(jobs, settings(**given), net, loss, CPU)


def plain_pytorch(job, epochs):
    """Return the parameters that a loop over batches arrives at which begins and shuffles alike."""
    X, target = torch.from_numpy(job.train.X), torch.from_numpy(job.train.is_signal.astype(np.float32))
    weight = torch.from_numpy(job.train.weight.astype(np.float32))
    with torch.random.fork_rng():
        torch.manual_seed(job.seed)
        layers = []
        for before, width in pairwise(NET.widths):
            layers += [torch.nn.Linear(before, width), torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1])
        optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(epochs):
            for batch in torch.split(torch.randperm(len(X)), BATCH):
                optimiser.zero_grad()
                loss = torch.nn.functional.binary_cross_entropy_with_logits
                loss(model(X[batch])[:, 0], target[batch], weight=weight[batch]).backward()
                optimiser.step()
    return torch.cat([parameter.detach().ravel() for parameter in model.parameters()]).numpy()


def auc(network, events):
    score = network(events.X)[:, 0]
    return np.mean(score[events.is_signal][:, None] > score[~events.is_signal][None, :])


def test_fifty_steps_are_those_of_plain_pytorch():
    jobs = [job(640, 3), job(630, 4)]  # ten steps each, the last of one with 54 events
    together = after(jobs, 5)
    for one, mine in zip(jobs, together, strict=True):
        np.testing.assert_allclose(mine, plain_pytorch(one, 5), atol=1e-5)


@pytest.mark.parametrize(
    "given",
    [
        {"optimiser": "sgd", "schedule": "exponential", "learning_rate": 0.1},
        {"optimiser": "adam", "dropout": 0.2, "activation": "tanh"},
        {"optimiser": "adamw", "weight_decay": 0.1, "schedule": "one_cycle", "dropout": 0.5},
    ],
)
def test_alone_is_as_in_a_stack(given):
    """Folds of other sizes have other steps in an epoch: 10, 10, 8, 11 and 1."""
    jobs = [job(n, seed) for seed, n in enumerate([640, 610, 500, 690, 40])]
    jobs.sort(key=lambda one: -len(one.train.X))
    together = after(jobs, 5, **given)
    for one, mine in zip(jobs, together, strict=True):
        np.testing.assert_allclose(mine, after([one], 5, **given)[0], atol=1e-5)


def test_again_is_the_same_to_the_last_bit():
    jobs = [job(300, 1), job(400, 2)]
    one, two = (trained(jobs, epochs=4, dropout=0.3) for _ in range(2))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.network.parameters, second.network.parameters)
        assert first.record == second.record


def test_a_full_training_is_as_good_alone():
    jobs = [job(2000, seed) for seed in range(3)]
    together = trained(jobs, epochs=15)
    events = part(4000, 99)
    for one, mine in zip(jobs, together, strict=True):
        (alone,) = trained([one], epochs=15)
        # two unit gaussians one apart: AUC of the likelihood ratio is Φ(1/√2) = 0.760
        assert auc(mine.network, events) == pytest.approx(0.76, abs=0.02)
        assert auc(mine.network, events) == pytest.approx(auc(alone.network, events), abs=0.005)


def test_each_network_stops_by_itself_at_its_best_epoch():
    shared, wrong = part(100, 5), part(300, 6)
    jobs = [Job(shared, part(300, seed), seed) for seed in range(6)]
    # what this one learns makes its validation worse from the start, so that others get better without it
    jobs[1] = Job(shared, Part(wrong.X, ~wrong.is_signal, wrong.weight), 1)
    together = trained(jobs, epochs=40, patience=3, learning_rate=0.03)
    assert len({len(one.record.training) for one in together}) > 2  # they leave the stack one after the other
    for its, mine in zip(jobs, together, strict=True):
        (alone,) = trained([its], epochs=40, patience=3, learning_rate=0.03)
        assert len(alone.record.training) == len(mine.record.training)
        np.testing.assert_allclose(alone.record.validation, mine.record.validation, rtol=1e-3)
        assert len(mine.record.validation) == mine.record.best_epoch + 3
        logit = mine.network(its.validation.X)[:, 0].astype(float)
        losses = np.logaddexp(0, np.where(its.validation.is_signal, -logit, logit))
        kept = np.average(losses, weights=its.validation.weight)
        assert kept == pytest.approx(min(mine.record.validation), rel=1e-5)


def test_the_results_are_in_the_order_of_the_jobs():
    wide = Architecture(widths=(4, 700, 700, 1), activation="relu")  # so wide that each steps by itself
    jobs = [job(n, seed) for seed, n in enumerate([200, 900, 500])]
    together = trained(jobs, net=wide, epochs=1, batch_size=512)
    for one, mine in zip(jobs, together, strict=True):
        (alone,) = trained([one], net=wide, epochs=1, batch_size=512)
        np.testing.assert_allclose(mine.network.parameters, alone.network.parameters, atol=1e-5)


def test_weights_of_nothing_are_events_that_are_not_there():
    (one,) = (job(256, 7),)
    more = Part(
        np.concatenate([one.validation.X, np.full((9, 4), 3.0, np.float32)]),
        np.concatenate([one.validation.is_signal, np.ones(9, bool)]),
        np.concatenate([one.validation.weight, np.zeros(9)]),
    )
    (without,), (having,) = trained([one], epochs=2), trained([Job(one.train, more, 7)], epochs=2)
    np.testing.assert_allclose(without.record.validation, having.record.validation, rtol=1e-6)


@pytest.mark.parametrize("loss", [CrossEntropy, SquaredError])
def test_constant_inputs_and_few_events_are_no_hindrance(loss):
    X = np.zeros((3, 4), np.float32)
    few = Part(X, np.array([True, False, True]), np.ones(3))
    net = NET if loss is CrossEntropy else Architecture(widths=(4, 8, 4), activation="relu")
    (one,) = trained([Job(few, few, 1)], loss=loss, net=net, epochs=2, batch_size=1024)
    assert np.isfinite(one.network(X)).all()


def test_the_one_that_diverges_is_named():
    good, bad = job(200, 1), job(300, 2)
    wrong = Job(Part(np.sign(bad.train.X) * np.float32(3e38), bad.train.is_signal, bad.train.weight), bad.validation, 2)
    with pytest.raises(
        FivesigmaError, match=r"network 2 of 3 .* loss is (nan|inf) in epoch 1; try a smaller learning_r"
    ):
        trained([good, wrong, good])
    with pytest.raises(FivesigmaError, match=r"^the network diverges"):
        trained([wrong])


def spoilt(X=None, is_signal=None, weight=None):
    one = part(50, 1)
    return Part(
        one.X if X is None else X(one.X.copy()),
        one.is_signal if is_signal is None else is_signal,
        one.weight if weight is None else weight,
    )


def with_nan(X):
    X[3, 1] = np.nan
    return X


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (spoilt(X=with_nan), "1 of 50 events to {} have an input that is not finite"),
        (spoilt(weight=np.zeros(50)), "the weights of the events to {} sum to 0, which is not above zero"),
        (spoilt(weight=np.full(50, -1.0)), "the weights of the events to {} sum to -50"),
        (spoilt(is_signal=np.ones(50, bool)), "all events to {} are signal"),
        (spoilt(is_signal=np.zeros(50, bool)), "all events to {} are background"),
        (Part(np.empty((0, 4), np.float32), np.empty(0, bool), np.empty(0)), "there are no events to {}"),
    ],
)
def test_events_that_teach_nothing_are_refused(bad, says):
    good = part(50, 1)
    for asked, purpose in ((Job(bad, good, 1), "train on"), (Job(good, bad, 1), "validate with")):
        with pytest.raises(DataError, match=says.format(purpose)):
            trained([asked], epochs=1)


def test_one_class_is_enough_for_a_loss_that_tells_none_apart():
    background = spoilt(is_signal=np.zeros(50, bool))
    net = Architecture(widths=(4, 3, 4), activation="relu")
    (one,) = trained([Job(background, background, 1)], loss=SquaredError, net=net, epochs=3)
    assert one.record.validation[-1] < one.record.validation[0]


@pytest.mark.skipif(training_device().type == "cpu", reason="there is no accelerator here")
def test_an_accelerator_trains_what_the_processor_does():
    jobs = [job(n, seed) for seed, n in enumerate([60, 50])]  # one batch an epoch, so that shuffling changes nothing
    there, here = (after(jobs, 20, device=device) for device in (training_device(), CPU))
    np.testing.assert_allclose(there, here, atol=1e-4)
