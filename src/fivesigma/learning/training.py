"""Training weights: what events count in training, which is not what they weigh in a yield."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import DataError
from fivesigma.learning.classifiers import NegativeWeights

__all__ = ["Balance", "equalising_factor", "training_weight"]

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

    Raises
    ------
    DataError
        If negative weights that are kept outweigh the others of a class.
    """
    used = {"absolute": np.abs(weight), "drop": np.maximum(weight, 0.0), "keep": weight.copy()}[negative]
    if balance != "yields":
        for name, one in (("signal", is_signal), ("background", ~is_signal)):
            if not (total := float(used[one].sum())) > 0:
                raise DataError(f"the training weights of {name} sum to {total:.6g}, which is not above zero")
            used[one] *= len(weight) / 2 / total
    return np.asarray(used * (len(weight) / used.sum()))


def equalising_factor(weight: Floats, sample: NDArray[np.integer], groups: Sequence[Sequence[int]]) -> Floats:
    """Return what multiplies weights, shape (n,), so that the samples of each group have equal totals of |w|, their sum as before.

    Parameters
    ----------
    weight, sample
        Weights, which may be negative, and the index of each event's sample, each of shape (n,).
    groups
        Indices of the samples of each group.
    """
    factor = np.ones(len(weight))
    for group in groups:
        masks = [mask for one in group if (mask := sample == one).any()]
        totals = [float(np.abs(weight[mask]).sum()) for mask in masks]
        for mask, total in zip(masks, totals, strict=True):
            factor[mask] = sum(totals) / len(totals) / total
    return factor
