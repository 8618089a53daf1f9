"""Networks that step together: their parameters, their events and random numbers, and an epoch of their training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fivesigma.core.arrays import Floats
from fivesigma.learning.classifiers import Job, Part
from fivesigma.learning.engine.architecture import Architecture
from fivesigma.learning.engine.batches import Batches, Feed, Order, Table
from fivesigma.learning.engine.computation import Buffers, Computation
from fivesigma.learning.engine.dropout import Dropout
from fivesigma.learning.engine.losses import Loss
from fivesigma.learning.engine.optimisers import OPTIMISERS, Optimiser
from fivesigma.learning.engine.schedules import SCHEDULES
from fivesigma.learning.engine.settings import Settings

__all__ = ["Plan", "Stack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all networks of a stack have in common; ``batch`` is the rows of a batch, the settings' number or fewer."""

    settings: Settings
    architecture: Architecture
    loss: type[Loss]
    batch: int
    device: torch.device


@dataclass(frozen=True, slots=True)
class _Events:
    """A part of each network: where it begins in the table, how many events it has, and the sum of their weights."""

    table: Table
    starts: tuple[int, ...]
    counts: tuple[int, ...]
    weights: Floats

    @classmethod
    def of(cls, parts: Sequence[Part], plan: Plan) -> _Events:
        table = Table.of(parts, plan.loss, plan.device)
        weights = np.array([part.weight.sum() for part in parts])
        return cls(table, table.starts, tuple(len(part.X) for part in parts), weights)

    def only(self, chosen: Sequence[int]) -> _Events:
        starts, counts = (tuple(values[i] for i in chosen) for values in (self.starts, self.counts))
        return _Events(self.table, starts, counts, self.weights[list(chosen)])

    def order(self, events: Sequence[torch.Tensor], batch: int) -> Order:
        """Return batches of the events that each network sees one after the other, counted from the first of its part."""
        rows = [one + start for one, start in zip(events, self.starts, strict=True)]
        return Order.of(rows, batch, nothing=len(self.table.rows) - 1)


class Stack:
    """Networks that step together, in descending order of their steps in an epoch; `start` makes one."""

    def __init__(
        self,
        plan: Plan,
        parameters: torch.Tensor,
        optimiser: Optimiser,
        generators: Sequence[torch.Generator],
        train: _Events,
        validation: _Events,
    ) -> None:
        self._plan = plan
        self.parameters = parameters
        self._gradient = torch.zeros_like(parameters)
        self._optimiser = optimiser
        self._generators = generators
        self._train, self._validation = train, validation
        networks, widths = len(parameters), plan.architecture.widths
        fraction = plan.settings.dropout
        self._buffers = Buffers.of(plan.architecture, networks, plan.batch, plan.device, drops=fraction > 0)
        self._first = {networks: self._computation(networks)}
        self._feed, self._validation_feed = (
            Feed(part.table, networks, plan.batch, widths[-1]) for part in (train, validation)
        )
        self._dropout: Dropout | None = None
        if fraction:
            self._dropout = Dropout(
                widths[1:-1],
                fraction,
                networks=networks,
                batch=plan.batch,
                device=plan.device,
            )
        in_order = [torch.arange(count, dtype=torch.int32, device=plan.device) for count in validation.counts]
        self._validation_order = validation.order(in_order, plan.batch)

    @classmethod
    def start(cls, plan: Plan, jobs: Sequence[Job]) -> Stack:
        """Return networks before their first step: their parameters, shuffles and dropout come of their seeds alone."""
        draws = [torch.Generator().manual_seed(job.seed) for job in jobs]
        initial = torch.stack([plan.architecture.initial(draw) for draw in draws]).to(plan.device)
        if plan.device.type != "cpu":
            draws = [torch.Generator(plan.device).manual_seed(job.seed) for job in jobs]
        settings = plan.settings
        make = OPTIMISERS[settings.optimiser]
        optimiser = make(initial, momentum=settings.momentum, weight_decay=settings.weight_decay)
        parts = (_Events.of([job.train for job in jobs], plan), _Events.of([job.validation for job in jobs], plan))
        return cls(plan, initial, optimiser, draws, *parts)

    def only(self, chosen: Sequence[int]) -> Stack:
        """Return some of the networks, in the order in which they are."""
        rows = torch.tensor(chosen, device=self._plan.device)
        generators = [self._generators[i] for i in chosen]
        parts = (self._train.only(chosen), self._validation.only(chosen))
        return Stack(self._plan, self.parameters[rows], self._optimiser.only(rows), generators, *parts)

    def epoch(self, number: int) -> list[float]:
        """Take one pass over the shuffled training events and return the weighted mean losses; epochs count from 0."""
        order = self._shuffled()
        factors = self._factors(number, len(order.rows))
        losses = []
        for start, batches in self._feed(order):
            for step, batch in enumerate(batches, start):
                active = order.active[step]
                self._step(active, batch, self._masks(step, active), factors[step])
            losses.append(self._feed.losses(len(batches), self._plan.loss))
        return _means(losses, self._train.weights)

    def validate(self) -> list[float]:
        """Return the weighted mean losses on the validation parts."""
        losses = []
        forward = self._first[len(self.parameters)].forward
        for _, batches in self._validation_feed(self._validation_order):
            for batch in batches:
                forward(batch.x, batch.output)
            losses.append(self._validation_feed.losses(len(batches), self._plan.loss))
        return _means(losses, self._validation.weights)

    def _step(self, active: int, batch: Batches, masks: Sequence[torch.Tensor], factors: torch.Tensor) -> None:
        """Take one step with the first networks; the others have had all their events, and nothing of theirs changes."""
        parameters, gradient = self.parameters, self._gradient
        if active < len(parameters):
            parameters, gradient, factors = parameters[:active], gradient[:active], factors[:, :active]
            batch, masks = batch.first(active), [mask[:active] for mask in masks]
        computation = self._first.get(active) or self._computation(active)
        computation.forward(batch.x, batch.output, masks)
        self._plan.loss.gradient(batch.output, batch.target, batch.weight, computation.delta)
        computation.backward(batch.x, masks)
        self._optimiser.step(parameters, gradient, factors)

    def _computation(self, networks: int) -> Computation:
        parameters, gradient = self.parameters[:networks], self._gradient[:networks]
        return Computation(self._plan.architecture, parameters, gradient, self._buffers.first(networks))

    def _masks(self, step: int, active: int) -> Sequence[torch.Tensor]:
        """Return what is left out in a step; only networks that take it draw."""
        return () if self._dropout is None else self._dropout.masks(step, self._generators[:active])

    def _shuffled(self) -> Order:
        draw = zip(self._train.counts, self._generators, strict=True)
        events = [
            torch.randperm(count, generator=generator, dtype=torch.int32, device=self._plan.device)
            for count, generator in draw
        ]
        return self._train.order(events, self._plan.batch)

    def _factors(self, number: int, steps: int) -> torch.Tensor:
        """Return what the optimiser is told at each step of an epoch, shape (steps, factors, m, 1)."""
        settings = self._plan.settings
        own = -(-np.array(self._train.counts) // self._plan.batch)
        step = number * own + np.arange(steps)[:, np.newaxis]
        scale = SCHEDULES[settings.schedule](step, own, epochs=settings.epochs, decay=settings.decay)
        factors = self._optimiser.plan((step + 1).astype(np.float64), settings.learning_rate * scale)
        return torch.from_numpy(factors.astype(np.float32)[..., np.newaxis]).to(self._plan.device)


def _means(losses: Sequence[torch.Tensor], weights: Floats) -> list[float]:
    """Return means of what batches sum to, (steps, m) each; summed one by one, so that nothing depends on what came in one piece."""
    return [float(mean) for mean in torch.cat([*losses]).cpu().numpy().sum(axis=0, dtype=np.float64) / weights]
