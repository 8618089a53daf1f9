"""Which events are signal and which background, for every judgement of this room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.scores import Scores

__all__ = ["Labelled", "label", "require_classes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """The simulated events of a judgement.

    Attributes
    ----------
    chosen
        Which events of the dataset they are, shape (n of the dataset,).
    is_signal
        Which of them are signal, shape (n,).
    weight
        Expected events, shape (n,).
    signal, background
        Names of the samples.
    """

    chosen: Bools
    is_signal: Bools
    weight: Floats
    signal: tuple[str, ...]
    background: tuple[str, ...]


def label(
    dataset: Dataset,
    scores: Scores | None = None,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
) -> Labelled:
    """Return the signal and background events of a dataset.

    Parameters
    ----------
    dataset
        Where they are.
    scores
        Of the same events, if the judgement has any; only their number is checked.
    signal, background
        Names of samples; all of that kind if None.

    Raises
    ------
    FivesigmaError
        If there is no sample of such a name.
    DataError
        If a class has no events or weights that sum to nothing positive, or a sample is named in both classes.
    """
    if scores is not None and len(scores) != len(dataset):
        raise DataError(f"{len(scores)} scores of {scores.model} for {len(dataset)} events")
    signal = tuple(dataset.names("signal") if signal is None else signal)
    background = tuple(dataset.names("background") if background is None else background)
    if both := set(signal) & set(background):
        raise DataError(f"{', '.join(sorted(both))} can't be signal and background at once")
    is_signal, is_background = dataset.of(*signal), dataset.of(*background)
    chosen = is_signal | is_background
    labelled = Labelled(
        chosen=chosen,
        is_signal=is_signal[chosen],
        weight=dataset.weight[chosen],
        signal=signal,
        background=background,
    )
    require_classes(labelled.is_signal, labelled.weight)
    return labelled


def require_classes(is_signal: Bools, weight: Floats, **others: NDArray[np.generic]) -> None:
    """Raise DataError unless both classes have events whose weights sum to something positive.

    Raises
    ------
    ValueError
        If ``weight`` or one of the ``others`` has another length than ``is_signal``.
    """
    require_length(len(is_signal), weight=weight, **others)
    for name, mask in (("signal", is_signal), ("background", ~is_signal)):
        if not mask.any():
            raise DataError(f"there are no {name} events")
        if not weight[mask].sum() > 0:
            raise DataError(f"the weights of {mask.sum()} {name} events sum to {weight[mask].sum():g}, not above 0")
