"""The events on the device, and the order in which each network sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from fivesigma.learning.classifiers import Part
from fivesigma.learning.engine.devices import gathered_at_once
from fivesigma.learning.engine.losses import Loss

__all__ = ["Batches", "Feed", "Order", "Table"]

_MOST_STEPS = 16


@dataclass(frozen=True, slots=True)
class Table:
    """Events of several parts, one below the other: their inputs, targets and weights in one row, and a last row of zeros.

    Attributes
    ----------
    rows
        The events, shape (n + 1, inputs + targets + 1).
    inputs
        How many columns are inputs.
    starts
        The first row of each part that was asked for.
    """

    rows: torch.Tensor
    inputs: int
    starts: tuple[int, ...]

    @classmethod
    def of(cls, parts: Sequence[Part], loss: type[Loss], device: torch.device) -> Self:
        """Return the events of the parts; a part that occurs several times is there once."""
        starts: dict[int, int] = {}
        pieces, count = [], 0
        for part in parts:
            if id(part) not in starts:
                starts[id(part)] = count
                pieces.append(_rows(part, loss))
                count += len(part.X)
        rows = np.concatenate([*pieces, np.zeros((1, pieces[0].shape[1]), np.float32)])
        return cls(torch.from_numpy(rows).to(device), parts[0].X.shape[1], tuple(starts[id(part)] for part in parts))


def _rows(part: Part, loss: type[Loss]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    targets = loss.targets(part)
    weight = part.weight.astype(np.float32)[:, np.newaxis]
    return np.concatenate([part.X, weight] if targets is None else [part.X, targets, weight], axis=1)


@dataclass(frozen=True, slots=True)
class Order:
    """Which events each network sees at each step of an epoch.

    A network whose events are fewer is done before the others. The networks of a stack stand in descending order of their steps,
    so that those which step are always the first.

    Attributes
    ----------
    rows
        Rows of the table, shape (steps, m, batch); its last one where there is no event.
    share
        The inverse of the events in each network's batch, shape (steps, m, 1, 1).
    active
        How many networks step, for each step.
    """

    rows: torch.Tensor
    share: torch.Tensor
    active: tuple[int, ...]

    @classmethod
    def of(cls, events: Sequence[torch.Tensor], batch: int, nothing: int) -> Self:
        """Return batches of so many events for networks that see these rows of the table one after the other."""
        counts = np.array([len(one) for one in events])
        steps = -(-counts // batch)
        rows = events[0].new_full((int(steps.max()), len(events), batch), nothing)
        for network, (one, whole) in enumerate(zip(events, counts // batch, strict=True)):
            rows[:whole, network] = one[: whole * batch].view(-1, batch)
            if rest := len(one) - whole * batch:
                rows[whole, network, :rest] = one[whole * batch :]
        step = np.arange(len(rows))[:, np.newaxis]
        share = (1 / np.clip(counts - step * batch, 1, batch)).astype(np.float32)[..., np.newaxis, np.newaxis]
        return cls(
            rows, torch.from_numpy(share).to(rows.device), tuple(int(active) for active in (step < steps).sum(axis=1))
        )


@dataclass(frozen=True, slots=True)
class Batches:
    """A batch of each of m networks; what an event counts in the loss, and in the mean over its batch, are of shape (m, rows, 1)."""

    x: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor
    output: torch.Tensor

    def first(self, networks: int) -> Batches:
        """Return the batches of the first networks."""
        return Batches(self.x[:networks], self.target[:networks], self.weight[:networks], self.output[:networks])


class Feed:
    """Batches of m networks, gathered from the table a few steps at a time.

    Parameters
    ----------
    table
        The events.
    networks, batch
        How many networks there are, and how many events in a batch of each.
    outputs
        How many outputs a network has.
    """

    def __init__(self, table: Table, networks: int, batch: int, outputs: int) -> None:
        self._table = table
        columns, device = table.rows.shape[1], table.rows.device
        self.steps = max(1, min(_MOST_STEPS, gathered_at_once(device) // (4 * networks * batch * (columns + outputs))))
        shape = (self.steps, networks, batch)
        self._rows = torch.empty(*shape, columns, device=device)
        # zeros, for what has no events counts nothing times what stands here
        self._output = torch.zeros(*shape, outputs, device=device)
        self._mean = torch.empty(*shape, 1, device=device)
        x, target = self._rows[..., : table.inputs], self._rows[..., table.inputs : -1]
        self._weight = self._rows[..., -1:]
        self._target = target if target.shape[-1] else x
        self._batches = [Batches(*one) for one in zip(x, self._target, self._mean, self._output, strict=True)]

    def __call__(self, order: Order) -> Iterator[tuple[int, list[Batches]]]:
        """Yield the first step and the batches of the steps from there on, until all of the order have been."""
        for start in range(0, len(order.rows), self.steps):
            rows = order.rows[start : start + self.steps]
            steps = len(rows)
            torch.index_select(
                self._table.rows, 0, rows.reshape(-1), out=self._rows[:steps].view(-1, self._rows.shape[-1])
            )
            torch.mul(self._weight[:steps], order.share[start : start + steps], out=self._mean[:steps])
            yield start, self._batches[:steps]

    def losses(self, steps: int, loss: type[Loss]) -> torch.Tensor:
        """Return the weighted loss of each network, summed over its batch of each of so many steps, shape (steps, m)."""
        value = loss.value(self._output[:steps], self._target[:steps])
        return value.mul_(self._weight[:steps]).sum((2, 3))
