"""What of each sample passes a cut on a score, for cuts anywhere: sums from which figures of merit are computed anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import Kind
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import score_cuts
from fivesigma.evaluation.classes import require_scores

__all__ = ["SampleAbove", "ThresholdYields", "threshold_yields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAbove:
    """What of a sample passes each of m cuts.

    Attributes
    ----------
    name, title, kind
        Of the sample.
    total, error
        Expected events Σw and √Σw², shape (m,).
    events
        Raw events, shape (m,).
    """

    name: str
    title: str
    kind: Kind
    total: Floats
    error: Floats
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdYields:
    """What of each sample scores at and above each cut, shape (m,), on a model's common scale."""

    model: str
    cuts: Floats
    samples: tuple[SampleAbove, ...]


def threshold_yields(dataset: Dataset, scores: Scores, *, show_data: bool = False) -> ThresholdYields:
    """Return what of each sample passes each of the cuts that figures of merit are scanned at.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each; events without a score pass no cut.
    show_data
        Whether samples of data are among them; not while they are blind.

    Raises
    ------
    DataError
        If there is not one score for each event.
    """
    require_scores(scores, len(dataset))
    cuts = score_cuts()
    return ThresholdYields(
        model=scores.model,
        cuts=cuts,
        samples=tuple(
            _above(dataset, scores, cuts, info.name, info.title, info.kind)
            for info in dataset.samples
            if show_data or info.kind != "data"
        ),
    )


def _above(dataset: Dataset, scores: Scores, cuts: Floats, name: str, title: str, kind: Kind) -> SampleAbove:
    mine: Bools = dataset.of(name) & ~np.isnan(scores.value)
    place, weight = np.searchsorted(cuts, scores.value[mine], side="right"), dataset.weight[mine]
    return SampleAbove(
        name=name,
        title=title,
        kind=kind,
        total=_passing(np.bincount(place, weight, minlength=len(cuts) + 1)),
        error=np.sqrt(_passing(np.bincount(place, np.square(weight), minlength=len(cuts) + 1))),
        events=tuple(_passing(np.bincount(place, minlength=len(cuts) + 1)).astype(int).tolist()),
    )


def _passing(exclusive: NDArray[np.number]) -> Floats:
    """Return the sums at and above each cut of what lies between cuts, shape (m,) of (m + 1,)."""
    above: Floats = np.cumsum(exclusive[::-1])[::-1][1:].astype(np.float64)
    return above
