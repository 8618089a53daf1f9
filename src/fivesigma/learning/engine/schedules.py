"""The learning rate at each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Floats

__all__ = ["SCHEDULES", "constant", "exponential", "one_cycle"]

_WARM_UP, _BEGINS, _ENDS = 0.3, 1 / 25, 1 / 25e4
_Whole = NDArray[np.integer[Any]]


def constant(step: _Whole, steps: _Whole, *, epochs: int, decay: float) -> Floats:  # noqa: ARG001 - schedules are called alike
    """Return 1 for all steps; arguments as for `exponential`."""
    return np.ones(np.broadcast(step, steps).shape)


def exponential(step: _Whole, steps: _Whole, *, epochs: int, decay: float) -> Floats:  # noqa: ARG001 - schedules are called alike
    """Return decay^e for all steps of epoch e, which counts from 0.

    Parameters
    ----------
    step
        Steps taken before.
    steps
        How many make an epoch.
    epochs
        How many epochs are planned.
    decay
        What the learning rate is multiplied by after each.

    Returns
    -------
    Floats
        What to multiply the learning rate by, of the shape that the arguments have together.
    """
    return np.asarray(decay ** (step // steps), dtype=np.float64)


def one_cycle(step: _Whole, steps: _Whole, *, epochs: int, decay: float) -> Floats:  # noqa: ARG001 - schedules are called alike
    """Return a rise from 1/25 to 1 over the first 30 % of all steps, then a fall to 1/250000, each half a cosine.

    Arguments as for `exponential`. After Smith and Topin, arXiv:1708.07120, in the form of PyTorch's ``OneCycleLR``, which these
    numbers are the defaults of; momentum stays as it is.
    """
    last = epochs * steps - 1
    summit = np.maximum(_WARM_UP * epochs * steps - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = np.where(summit > 0, step / summit, 1.0)
        falling = np.where(last > summit, (step - summit) / (last - summit), 1.0)
    up = _cosine(_BEGINS, 1.0, np.clip(rising, 0, 1))
    return np.where(step <= summit, up, _cosine(1.0, _ENDS, np.clip(falling, 0, 1)))


def _cosine(start: float, end: float, done: Floats) -> Floats:
    return end + (start - end) / 2 * (1 + np.cos(np.pi * done))


SCHEDULES: Final[Mapping[str, Callable[..., Floats]]] = {
    "constant": constant,
    "exponential": exponential,
    "one_cycle": one_cycle,
}
"""By name: functions of the steps taken, the steps of an epoch, the epochs planned, and the decay."""
