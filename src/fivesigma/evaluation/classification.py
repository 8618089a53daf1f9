"""Accuracy, precision, recall and F1 at a working point, and how many data events pass it beside what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.methods import RETRAINING_LEFT_OUT
from fivesigma.statistics.bootstrap import percentile_interval, scaled_poisson

__all__ = ["Classification", "Measures", "classification"]

_REPLICAS = 1000
_METHOD = f"scaled Poisson sums of the simulated events; {RETRAINING_LEFT_OUT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What goes by these names at a working point; precision and F1 are None where nothing passes.

    Attributes
    ----------
    accuracy
        The fraction called rightly.
    precision
        The fraction signal of what is called signal.
    recall
        The fraction called signal of the signal.
    f1
        The harmonic mean of precision and recall.
    """

    accuracy: Estimate
    precision: Estimate | None
    recall: Estimate
    f1: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A model as a classifier at a working point.

    Attributes
    ----------
    model
        Its name.
    cuts
        Events at and above it on the common scale are called signal; one for each fold.
    physics
        Measures with each event weighted by its expected yield.
    balanced
        Measures with both classes given the same total weight.
    signal, background, expected
        Expected events called signal, and their sum, with the uncertainty from the number of simulated events.
    expected_below
        Expected events called background, signal among them, likewise.
    data
        (Pseudo-)data events called signal; None if not asked for.
    data_below
        (Pseudo-)data events called background; None if not asked for.
    data_total
        All (pseudo-)data events; None if not asked for.
    """

    model: str
    cuts: tuple[float, ...]
    physics: Measures
    balanced: Measures
    signal: Estimate
    background: Estimate
    expected: Estimate
    expected_below: Estimate
    data: int | None
    data_below: int | None
    data_total: int | None


def classification(
    dataset: Dataset,
    scores: Scores,
    cut: float | Sequence[float],
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    show_data: bool = False,
    seed: int = 0,
) -> Classification:
    """Return accuracy, precision, recall and F1 of a model at a working point.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each.
    cut
        The working point on the common scale: one, or one for each fold.
    signal, background
        Names of samples; all of that kind if None.
    show_data
        Whether data events are counted; not while they are blind.
    seed
        Of the intervals.

    Raises
    ------
    FivesigmaError
        If there is another number of cuts than one or one for each fold.
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, scores, signal=signal, background=background)
    cuts = np.atleast_1d(np.asarray(cut, dtype=np.float64))
    if len(cuts) not in {1, scores.folds}:
        raise FivesigmaError(f"{len(cuts)} cuts for {scores.folds} folds; give one, or one for each fold")
    passes = scores.value >= np.broadcast_to(cuts, scores.folds)[scores.fold]
    sums, replicas = _sums(passes[chosen.chosen], chosen.is_signal, chosen.weight, seed)
    data = dataset.data if show_data and dataset.names("data") else None
    return Classification(
        model=scores.model,
        cuts=tuple(cuts.tolist()),
        physics=_measures(sums, replicas),
        balanced=_measures(_balanced(sums), _balanced(replicas)),
        signal=_estimate(sums[0], replicas[0]),
        background=_estimate(sums[2], replicas[2]),
        expected=_estimate(sums[0] + sums[2], replicas[0] + replicas[2]),
        expected_below=_estimate(sums[1] + sums[3], replicas[1] + replicas[3]),
        data=None if data is None else int(np.count_nonzero(passes & data)),
        data_below=None if data is None else int(np.count_nonzero(~passes & data)),
        data_total=None if data is None else int(np.count_nonzero(data)),
    )


def _sums(passes: Bools, is_signal: Bools, weight: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return Σw of signal that passes and fails, then background that passes and fails: shape (4,), replicas (4, r)."""
    generator = np.random.default_rng(seed)
    parts = [weight[kind & way] for kind in (is_signal, ~is_signal) for way in (passes, ~passes)]
    sums = np.array([part.sum() for part in parts])
    squares = [float(np.square(part).sum()) for part in parts]
    replicas = [scaled_poisson(float(s), q, _REPLICAS, generator) for s, q in zip(sums, squares, strict=True)]
    return sums, np.array(replicas)


def _balanced(sums: Floats) -> Floats:
    classes = [part / np.where(part.sum(axis=0) > 0, part.sum(axis=0), np.nan) for part in (sums[:2], sums[2:])]
    return np.concatenate(classes)


def _measures(sums: Floats, replicas: Floats) -> Measures:
    return Measures(
        accuracy=_estimate(_accuracy(sums), _accuracy(replicas)),
        precision=_estimate(_precision(sums), _precision(replicas)) if sums[0] + sums[2] > 0 else None,
        recall=_estimate(_recall(sums), _recall(replicas)),
        f1=_estimate(_f1(sums), _f1(replicas)) if sums[0] + sums[2] > 0 else None,
    )


def _accuracy(sums: Floats) -> Floats:
    return _ratio(sums[0] + sums[3], sums.sum(axis=0))


def _precision(sums: Floats) -> Floats:
    return _ratio(sums[0], sums[0] + sums[2])


def _recall(sums: Floats) -> Floats:
    return _ratio(sums[0], sums[0] + sums[1])


def _f1(sums: Floats) -> Floats:
    """Return 2 P R / (P + R), which is 2 TP / (2 TP + FP + FN)."""
    return _ratio(2 * sums[0], 2 * sums[0] + sums[1] + sums[2])


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)
    return ratio


def _estimate(value: Floats | float, replicas: Floats) -> Estimate:
    return percentile_interval(float(value), replicas, method=_METHOD)
