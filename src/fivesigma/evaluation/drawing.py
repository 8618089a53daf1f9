"""A few of the events, signal and background alike, where scoring all of them many times over would take too long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import ticket_of
from fivesigma.evaluation.classes import label

__all__ = ["drawn_evenly"]


def drawn_evenly(
    dataset: Dataset,
    *,
    events: int,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    seed: int = 0,
) -> tuple[Dataset, Bools]:
    """Return at most so many events of both classes, and which are signal, shape (n,).

    Each class gets half of ``events``, or what it has if that is less, the other then more. Which ones goes by their identifiers alone.
    Weights stay as they are: inside a class every event has the same chance.

    Raises
    ------
    FivesigmaError
        If there is no such sample, or fewer than two events are asked for.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    if events < 2:
        raise FivesigmaError(f"two events or more are drawn, not {events}")
    chosen = label(dataset, signal=signal, background=background)
    numbers = {kind: int(np.count_nonzero(chosen.is_signal == kind)) for kind in (True, False)}
    ticket = ticket_of(dataset.id[chosen.chosen], seed=seed, draw="importance")
    keep = np.zeros(len(ticket), dtype=np.bool_)
    for kind, there in numbers.items():
        most = max(events // 2, events - numbers[not kind])
        mine = np.flatnonzero(chosen.is_signal == kind)
        if there > most:
            mine = mine[np.argsort(ticket[mine], kind="stable")[:most]]
        keep[mine] = True
    return dataset.where(chosen.within(keep)), chosen.is_signal[keep]
