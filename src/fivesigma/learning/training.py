"""Training weights: what events count in training, which is not what they weigh in a yield."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.learning.classifiers import NegativeWeights

__all__ = ["Balance", "say_of", "training_weight"]

Balance = Literal["equal", "yields", "halves"]
"""How the classes are balanced: equal totals of weight, totals as expected, or as many events of either with equal totals."""


def training_weight(
    weight: Floats, is_signal: Bools, *, balance: Balance = "equal", negative: NegativeWeights = "absolute"
) -> Floats:
    """Return training weights, shape (n,), of mean 1; 0 for an event that does not train.

    Parameters
    ----------
    weight, is_signal
        Weights, which may be negative, and classes, each of shape (n,).
    balance
        Whether both classes have equal totals; of ``yields`` they have the totals of the weights.
    negative
        What is made of negative weights: most classifiers maximise a likelihood and cannot use them.
    """
    used = {"absolute": np.abs(weight), "drop": np.maximum(weight, 0.0), "keep": weight.copy()}[negative]
    if balance != "yields":
        for one in (is_signal, ~is_signal):
            used[one] *= len(weight) / 2 / used[one].sum()
    return np.asarray(used * (len(weight) / used.sum()))


def say_of(dataset: Dataset, equal: Sequence[Sequence[str]]) -> Floats:
    """Return what training multiplies each event's weight by, shape (n,), so that samples of a group have equal totals of |w|."""
    say = np.ones(len(dataset))
    for group in equal:
        masks = [mask for name in group if (mask := dataset.of(name)).any()]
        totals = [float(np.abs(dataset.weight[mask]).sum()) for mask in masks]
        for mask, total in zip(masks, totals, strict=True):
            say[mask] = sum(totals) / len(totals) / total
    return say
