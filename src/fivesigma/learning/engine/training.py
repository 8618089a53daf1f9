"""Training many networks at once, each stopped by its own validation part and brought back to its best epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fivesigma.core.errors import DataError
from fivesigma.learning.classifiers import Job, Part
from fivesigma.learning.engine.architecture import Architecture
from fivesigma.learning.engine.dense_network import DenseNetwork
from fivesigma.learning.engine.devices import networks_at_once, one_thread
from fivesigma.learning.engine.losses import Loss
from fivesigma.learning.engine.record import Record
from fivesigma.learning.engine.settings import Settings
from fivesigma.learning.engine.stack import Plan, Stack

__all__ = ["Trained", "train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A network at its best epoch, and how its losses went."""

    network: DenseNetwork
    record: Record


def train(
    jobs: Sequence[Job], settings: Settings, architecture: Architecture, loss: type[Loss], device: torch.device
) -> list[Trained]:
    """Train a network for each job.

    Parameters
    ----------
    jobs
        The events and the seed of each; events that several share are on the device once.
    settings, architecture, loss
        Of all of them.
    device
        Where to compute.

    Raises
    ------
    DataError
        If inputs are not finite, a part has no events or weights that do not sum to something above zero, or one class is missing
        to a loss that tells two apart.
    FivesigmaError
        If the loss of a network is no longer a number.
    """
    for kind in ("train", "validation"):
        for part in {id(part): part for part in (getattr(job, kind) for job in jobs)}.values():
            _check(part, loss, {"train": "train on", "validation": "validate with"}[kind])
    trained: dict[int, Trained] = {}
    with one_thread(), torch.inference_mode():
        for batch, places in _together(jobs, settings, architecture, device):
            plan = Plan(settings=settings, architecture=architecture, loss=loss, batch=batch, device=device)
            names = [_name(place, len(jobs)) for place in places]
            trained |= zip(places, _train_stack(plan, [jobs[place] for place in places], names), strict=True)
    return [trained[place] for place in range(len(jobs))]


def _train_stack(plan: Plan, jobs: Sequence[Job], names: Sequence[str]) -> Iterator[Trained]:
    """Yield the networks of one stack, in descending order of their steps in an epoch."""
    stack = Stack.start(plan, jobs)
    records = [Record() for _ in jobs]
    best = stack.parameters.clone()
    members = list(range(len(jobs)))
    for epoch in range(plan.settings.epochs):
        losses = zip(members, stack.epoch(epoch), stack.validate(), strict=True)
        better = [records[member].add(*both, name=names[member]) for member, *both in losses]
        improved = [place for place, is_better in enumerate(better) if is_better]
        if improved:
            best[[members[place] for place in improved]] = stack.parameters[improved]
        going = [place for place, member in enumerate(members) if records[member].goes_on(plan.settings.patience)]
        if not going:
            break
        if len(going) < len(members):
            members = [members[place] for place in going]
            stack = stack.only(going)
    for parameters, record in zip(best.cpu().numpy(), records, strict=True):
        yield Trained(network=DenseNetwork(plan.architecture, parameters.copy()), record=record)


def _together(
    jobs: Sequence[Job], settings: Settings, architecture: Architecture, device: torch.device
) -> Iterator[tuple[int, list[int]]]:
    """Yield the rows of a batch and the places of the jobs that step together.

    A stack is as large as the device does it quickly. Each network's batches are those that it would have alone.
    """
    batches = [_batch(len(job.train.X), settings.batch_size) for job in jobs]
    for batch in sorted(set(batches)):
        places = [place for place, its in enumerate(batches) if its == batch]
        places.sort(key=lambda place: -(-len(jobs[place].train.X) // batch), reverse=True)
        events = max(len(jobs[place].train.X) for place in places)
        resident = 4 * (events + 8 * architecture.parameters)
        limit = networks_at_once(device, batch=8 * batch * sum(architecture.widths), resident=resident)
        for stack in np.array_split(places, -(-len(places) // limit)):
            yield batch, [int(place) for place in stack]


def _batch(events: int, asked: int) -> int:
    """Return the rows of a batch: as asked, but no more than the next power of two above the number of events.

    This is nothing of a network's neighbours, and folds of nearly equal size mostly agree in it.
    """
    return int(min(asked, 1 << (events - 1).bit_length()))


def _check(part: Part, loss: type[Loss], purpose: str) -> None:
    if not len(part.X):
        raise DataError(f"there are no events to {purpose}")
    if wrong := int((~np.isfinite(part.X)).any(axis=1).sum()):
        raise DataError(f"{wrong} of {len(part.X)} events to {purpose} have an input that is not finite")
    if not part.weight.sum() > 0:
        raise DataError(
            f"the weights of the events to {purpose} sum to {part.weight.sum():.6g}, which is not above zero"
        )
    if loss.needs_both_classes and part.is_signal.all() == part.is_signal.any():
        raise DataError(f"all events to {purpose} are {'signal' if part.is_signal.all() else 'background'}")


def _name(place: int, count: int) -> str:
    return "the network" if count == 1 else f"network {place + 1} of {count} trained together"
