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

__all__ = ["Labelled", "class_totals", "label", "require_classes", "require_scores"]


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

    def within(self, keep: Bools) -> Bools:
        """Return which events of the dataset are those of these that a mask of shape (n,) keeps."""
        mask = self.chosen.copy()
        mask[mask] = keep
        return mask


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
    if scores is not None:
        require_scores(scores, len(dataset))
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


def require_scores(scores: Scores, events: int) -> None:
    """Raise DataError unless there is one score for each of so many events."""
    if len(scores) != events:
        raise DataError(f"{len(scores)} scores of {scores.model} for {events} events")


def require_classes(
    is_signal: Bools, weight: Floats, score: Floats | None = None, **others: NDArray[np.generic]
) -> None:
    """Raise DataError unless both classes have events whose weights sum to something positive, and scores are finite.

    A sum that rounding alone may have left of weights of both signs is nothing.

    Raises
    ------
    ValueError
        If ``weight``, ``score`` or one of the ``others`` has another length than ``is_signal``.
    """
    if score is not None:
        others["score"] = score
    require_length(len(is_signal), weight=weight, **others)
    for name, mask in (("signal", is_signal), ("background", ~is_signal)):
        if not mask.any():
            raise DataError(f"there are no {name} events")
        mine = weight[mask]
        rounding = np.finfo(np.float64).eps * np.sqrt(len(mine)) * np.abs(mine[mine < 0]).sum()
        if not mine.sum() > rounding:
            raise DataError(f"the weights of {len(mine)} {name} events sum to {mine.sum():g}, not above 0")
    if score is not None and not np.isfinite(score).all():
        raise DataError(f"{np.count_nonzero(~np.isfinite(score))} of {len(score)} scores are not finite")


def class_totals(is_signal: Bools, weight: Floats) -> Floats:
    """Return the sum of the weights of the class that each event is of, shape (n,)."""
    totals: Floats = np.where(is_signal, weight[is_signal].sum(), weight[~is_signal].sum())
    return totals
