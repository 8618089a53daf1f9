"""The events on the device, and batches of them."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.learning.classifiers import Part
from fivesigma.learning.engine.batches import Feed, Order, Table
from fivesigma.learning.engine.losses import CrossEntropy, SquaredError

CPU = torch.device("cpu")


def part(n, first=0.0):
    X = np.arange(2 * n, dtype=np.float32).reshape(n, 2) + np.float32(first)
    return Part(X, np.arange(n) % 2 == 0, np.linspace(0.5, 1.5, n))


class TestTable:
    def test_a_part_that_several_networks_share_is_there_once(self):
        one, two = part(4), part(3, first=100)
        table = Table.of([one, two, one], CrossEntropy, CPU)
        assert table.starts == (0, 4, 0)
        assert table.rows.shape == (8, 4)
        np.testing.assert_array_equal(table.rows[4:7, :2], two.X)
        np.testing.assert_array_equal(table.rows[:4, 2], one.is_signal)
        np.testing.assert_allclose(table.rows[:4, 3], one.weight)
        assert (table.rows[-1] == 0).all()

    def test_inputs_that_are_their_own_targets_are_there_once(self):
        assert Table.of([part(4)], SquaredError, CPU).rows.shape == (5, 3)


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    batch=st.integers(1, 16),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_event_is_in_one_batch_of_its_network(counts, batch, seed):
    counts = sorted(counts, reverse=True)
    generator = torch.Generator().manual_seed(seed)
    events = [torch.randperm(count, generator=generator, dtype=torch.int32) for count in counts]
    order = Order.of(events, batch, nothing=1000)
    share = order.share[..., 0, 0]
    for network, (count, one) in enumerate(zip(counts, events, strict=True)):
        seen = order.rows[:, network].ravel()
        np.testing.assert_array_equal(seen[seen != 1000], one)  # each once, in its order
        steps = -(-count // batch)
        for step in range(len(order.rows)):
            assert (order.active[step] > network) == (step < steps)
        sizes = [min(batch, count - step * batch) for step in range(steps)]
        np.testing.assert_allclose(1 / share[:steps, network], sizes, rtol=1e-6)


def test_batches_are_what_the_order_says():
    table = Table.of([part(50), part(45, first=7)], CrossEntropy, CPU)
    generator = torch.Generator().manual_seed(1)
    events = [torch.randperm(count, generator=generator, dtype=torch.int32) for count in (50, 45)]
    order = Order.of([events[0], events[1] + 50], 2, nothing=95)
    feed = Feed(table, 2, 2, 1)
    seen, weights = [], []
    for start, batches in feed(order):
        assert start == len(seen)
        seen += [batch.x.clone() for batch in batches]
        weights += [batch.weight.clone() for batch in batches]
    assert len(seen) == 25
    np.testing.assert_array_equal(torch.stack(seen)[:, 0].reshape(-1, 2), table.rows[:50][events[0].long(), :2])
    assert float(weights[22][1, :, 0].sum()) == float(
        table.rows[50 + int(events[1][44]), 3]
    )  # one event, counted whole
    assert (weights[23][1] == 0).all()  # that network has seen all its events


def test_losses_count_events_by_their_weights_and_nothing_else():
    table = Table.of([part(5)], CrossEntropy, CPU)
    order = Order.of([torch.arange(5, dtype=torch.int32)], 4, nothing=5)
    feed = Feed(table, 1, 4, 1)
    total = 0.0
    for _, batches in feed(order):
        for batch in batches:
            batch.output.fill_(0.3)
        total += float(feed.losses(len(batches), CrossEntropy).sum())
    rows = table.rows[:5]
    loss = np.log1p(np.exp(0.3)) - 0.3 * rows[:, 2].numpy()
    np.testing.assert_allclose(total, (loss * rows[:, 3].numpy()).sum(), rtol=1e-6)
